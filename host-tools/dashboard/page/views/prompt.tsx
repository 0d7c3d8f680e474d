// A board's prompt in the browser: a line goes to the interpreter of the chosen board and its value comes back, both
// shown as text. The gateway asks for its token at every line. Part of the Boards view.
import { signal } from '@preact/signals';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { ReplAnswer, ReplTarget } from '../../../gateway/repl.ts';
import { ApiError, postJson } from '../fetch-json.ts';
import { visible } from '../format.ts';
import { Empty, Waiting } from '../parts/empty.tsx';
import { useResource } from '../parts/resource.ts';
import { Panel } from '../parts/table.tsx';
import { Refused, token, TokenField } from '../parts/token.tsx';

const PATH = '/api/v1/repl';
const EVERY_MS = 5000;
const KEPT = 60;
const LINE_CHARS_MAX = 1200;

interface Turn {
  key: number;
  name: string;
  line: string;
  answer: ReplAnswer;
}

/** Newest last, as at a prompt; kept while another view is looked at. */
const turns = signal<Turn[]>([]);
let lastKey = 0;

export function Prompt() {
  const { value, error } = useResource<ReplTarget[]>(PATH, EVERY_MS);
  return (
    <Panel title="Prompt" hint="a board's interpreter: a line in, its value out; it can do all that the board can">
      {value === null ? (
        <Waiting error={error} />
      ) : value.length === 0 ? (
        <Empty title="No board to talk to">
          Plug one in. The prompt of a virtual board is offered only by a gateway that listens on this computer
          alone.
        </Empty>
      ) : (
        <Talk targets={value} />
      )}
    </Panel>
  );
}

function Talk({ targets }: { targets: ReplTarget[] }) {
  const [wished, wish] = useState('');
  const [line, setLine] = useState('');
  const [isBusy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<ApiError | null>(null);
  const target = targets.find(({ where }) => where === wished) ?? targets[0]!;
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (line.trim() === '' || isBusy) return;
    setBusy(true);
    try {
      const answer = await postJson<ReplAnswer>(PATH, token.value, { where: target.where, line });
      turns.value = [...turns.value, { key: ++lastKey, name: target.name, line, answer }].slice(-KEPT);
      setRefusal(null);
      setLine('');
    } catch (error) {
      setRefusal(error as ApiError);
    }
    setBusy(false);
  };
  return (
    <>
      <Turns />
      <form class="form" onSubmit={(event) => void submit(event)}>
        <label>
          Board
          <select value={target.where} onChange={(event) => wish(event.currentTarget.value)}>
            {targets.map(({ where, name }) => (
              <option key={where} value={where}>
                {visible(name, 40)}
              </option>
            ))}
          </select>
        </label>
        <label class="wide">
          Line
          <input
            type="text"
            autocomplete="off"
            spellcheck={false}
            maxLength={LINE_CHARS_MAX}
            placeholder="process.memory().free"
            value={line}
            onInput={(event) => setLine(event.currentTarget.value)}
            onKeyDown={(event) => recall(event, setLine)}
          />
        </label>
        <TokenField />
        <button type="submit" class="main" disabled={isBusy}>
          {isBusy ? 'Asking …' : 'Send'}
        </button>
        {refusal !== null && <Refused why={refusal} />}
      </form>
    </>
  );
}

/** Arrow up fetches the line before, as at a terminal. */
function recall(event: KeyboardEvent, setLine: (line: string) => void): void {
  const last = turns.value.at(-1);
  if (event.key !== 'ArrowUp' || last === undefined) return;
  event.preventDefault();
  const typed = (event.currentTarget as HTMLInputElement).value;
  const at = turns.value.findLastIndex((turn) => turn.line === typed);
  setLine((turns.value[at > 0 ? at - 1 : turns.value.length - 1] ?? last).line);
}

function Turns() {
  const end = useRef<HTMLOListElement>(null);
  const now = turns.value;
  useEffect(() => {
    const region = end.current?.parentElement;
    region?.scrollTo(0, region.scrollHeight);
  }, [now]);
  if (now.length === 0) return null;
  return (
    <div class="console prompt scroll" tabIndex={0} role="log" aria-label="Lines and answers">
      <ol ref={end}>
        {now.map(({ key, name, line, answer }) => (
          <li key={key} data-turn={key}>
            <div>
              <b>{visible(name, 24)}</b> &gt; <bdi>{visible(line, LINE_CHARS_MAX)}</bdi>
            </div>
            {answer.printed.map((text, i) => (
              <div class="quiet" key={i}>
                <bdi>{visible(text, 400)}</bdi>
              </div>
            ))}
            <div class={answer.error === null ? 'value' : 'error'}>
              <bdi>{visible(answer.error ?? answer.value ?? '', 4000)}</bdi>
            </div>
          </li>
        ))}
      </ol>
    </div>
  );
}
