// Boards as hardware: the serial ports of the gateway's computer, their prompts, and what every board prints.
import { useEffect, useRef, useState } from 'preact/hooks';
import type { ConsoleLine, PortLine } from '../../../gateway/insight/insight-view.ts';
import { fetchJson } from '../fetch-json.ts';
import { boardName, clock, visible } from '../format.ts';
import { Empty, Waiting } from '../parts/empty.tsx';
import { useResource } from '../parts/resource.ts';
import { Panel, Table } from '../parts/table.tsx';
import { Prompt } from './prompt.tsx';

const PORTS_EVERY_MS = 5000;
const LINES_EVERY_MS = 1000;
const KEPT = 600;
const SHOWN = 250;

export function BoardsView() {
  return (
    <>
      <Ports />
      <Prompt />
      <Monitor />
    </>
  );
}

const PORTS = [{ name: 'Port' }, { name: 'Bridge' }, { name: 'Likely board' }, { name: 'State' }];

function Ports() {
  const { value, error } = useResource<PortLine[]>('/api/v1/ports', PORTS_EVERY_MS);
  return (
    <Panel title="Serial ports" hint="of the gateway's computer; nothing is opened by looking">
      {value === null ? (
        <Waiting error={error} />
      ) : value.length === 0 ? (
        <Empty title="No serial port">
          Plug a board in with a data cable; <code>npx fairhop doctor</code> finds out why one does not appear.
        </Empty>
      ) : (
        <Table caption="Ports of the gateway's computer" columns={PORTS}>
          {value.map((port) => (
            <tr key={port.path} data-port={port.path}>
              <td>
                <code title={visible(port.stableName ?? '', 200)}>{visible(port.path, 60)}</code>
              </td>
              <td>{bridgeOf(port)}</td>
              <td>
                {port.likelyBoards.length === 0 ? (
                  <span class="quiet">–</span>
                ) : (
                  visible(port.likelyBoards.join(', '), 80)
                )}
              </td>
              <td>{stateOf(port)}</td>
            </tr>
          ))}
        </Table>
      )}
    </Panel>
  );
}

function bridgeOf({ bridge, ours }: PortLine) {
  if (bridge !== null) return visible(bridge, 60);
  return <span class="quiet">{ours ? 'pseudo terminal' : '\u2013'}</span>;
}

function stateOf(port: PortLine) {
  if (port.ours) return <span class="mark good">the gateway's radio board</span>;
  if (port.accessible === false) return <span class="mark bad">no permission: npx fairhop doctor</span>;
  if (port.accessible === null) return <span class="mark bad">gone</span>;
  if (port.holders.length > 0) return `in use by ${port.holders.map((holder) => visible(holder, 40)).join(', ')}`;
  return 'free';
}

/** The newest lines, asked for by number: nothing is missed between two questions unless a thousand came. */
function useLines(isPaused: boolean): ConsoleLine[] | null {
  const [lines, setLines] = useState<ConsoleLine[] | null>(null);
  const last = useRef(0);
  useEffect(() => {
    if (isPaused) return;
    let over = false;
    let timer = 0;
    const ask = async (): Promise<void> => {
      try {
        const more = await fetchJson<ConsoleLine[]>(`/api/v1/lines?after=${last.current}&limit=400`);
        if (over) return;
        last.current = more.at(-1)?.number ?? last.current;
        setLines((before) =>
          before !== null && more.length === 0 ? before : [...(before ?? []), ...more].slice(-KEPT),
        );
      } catch {
        // The banner says that the gateway is away; one that restarted counts its lines anew.
        last.current = 0;
      }
      if (!over) timer = window.setTimeout(() => void ask(), LINES_EVERY_MS);
    };
    void ask();
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [isPaused]);
  return lines;
}

function Monitor() {
  const [isPaused, setPaused] = useState(false);
  const [board, setBoard] = useState('');
  const [text, setText] = useState('');
  const lines = useLines(isPaused);
  const names = new Map((lines ?? []).map((line) => [line.address, boardName(line, 24)]));
  const sought = text.trim().toLowerCase();
  const fits = (line: ConsoleLine): boolean =>
    (board === '' || line.address === board) && (sought === '' || line.text.toLowerCase().includes(sought));
  const shown = (lines ?? []).filter(fits).slice(-SHOWN).reverse();
  return (
    <Panel
      title="Monitor"
      kind="monitor"
      hint="what boards print, newest first"
      tools={
        <div class="tools">
          <input
            type="search"
            placeholder="Search"
            aria-label="Search in console lines"
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
          />
          <select
            aria-label="Of which board"
            value={board}
            onChange={(event) => setBoard(event.currentTarget.value)}
          >
            <option value="">All boards</option>
            {[...names].sort().map(([address, name]) => (
              <option key={address} value={address}>
                {name}
              </option>
            ))}
          </select>
          <button type="button" aria-pressed={isPaused} onClick={() => setPaused(!isPaused)}>
            {isPaused ? 'Go on' : 'Pause'}
          </button>
        </div>
      }
    >
      {shown.length === 0 ? (
        <Empty title={lines === null ? 'Asking the gateway …' : 'No line yet'}>
          Boards print a status line every ten seconds. For one that is not the gateway's, use{' '}
          <code>npx fairhop monitor</code>.
        </Empty>
      ) : (
        <div class="console scroll" tabIndex={0} role="region" aria-label="Console lines">
          <ol>
            {shown.map((line) => (
              <li key={line.number} class={line.level}>
                <time>{clock(line.at)}</time> <b>{boardName(line, 16)}</b> <bdi>{visible(line.text, 400)}</bdi>
              </li>
            ))}
          </ol>
        </div>
      )}
    </Panel>
  );
}
