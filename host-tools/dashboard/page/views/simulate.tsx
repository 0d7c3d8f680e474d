// A simulation beside the gateway: choose a scenario, run it, watch its mesh and its figures. Starting one needs the
// gateway's token, because it costs the gateway's computer something.
import { useEffect, useRef, useState } from 'preact/hooks';
import type { SimulationView } from '../../../gateway/insight/simulation-view.ts';
import { ApiError, postJson } from '../fetch-json.ts';
import { figure, percent, visible } from '../format.ts';
import { MeshCanvas } from '../graph/mesh-canvas.ts';
import { EconomyCharts } from '../parts/economy-charts.tsx';
import { Empty, Waiting } from '../parts/empty.tsx';
import { useResource } from '../parts/resource.ts';
import { Panel } from '../parts/table.tsx';
import { Refused, token, TokenField } from '../parts/token.tsx';

const EVERY_MS = 700;

export function SimulateView() {
  const { value, error } = useResource<SimulationView>('/api/v1/simulation', EVERY_MS);
  return (
    <>
      <Panel title="Simulate" hint="the real node code in virtual time, beside the gateway">
        <Form running={value?.state === 'running'} />
      </Panel>
      {value === null ? <Waiting error={error} /> : <Watch now={value} />}
    </>
  );
}

interface Wish {
  scenario: string;
  seed: number;
  nodes: number;
  hours: number;
}

function Form({ running }: { running: boolean }) {
  const scenarios = useResource<Scenario[]>('/api/v1/scenarios', 3_600_000);
  const [wish, setWish] = useState<Wish>({ scenario: 'free-riders', seed: 1, nodes: 30, hours: 6 });
  const [refusal, setRefusal] = useState<ApiError | null>(null);
  const send = (path: string, body: object): void => {
    postJson(path, token.value, body).then(
      () => setRefusal(null),
      (error: unknown) => setRefusal(error as ApiError),
    );
  };
  const submit = (event: Event): void => {
    event.preventDefault();
    send('/api/v1/simulation', wish);
  };
  const summary = scenarios.value?.find(({ name }) => name === wish.scenario)?.summary ?? '';
  return (
    <form class="form" onSubmit={submit}>
      <Fields
        wish={wish}
        setWish={setWish}
        scenarios={scenarios.value ?? [{ name: wish.scenario, summary: '' }]}
      />
      <button type="submit" class="main">
        {running ? 'Run this instead' : 'Run'}
      </button>
      {running && (
        <button type="button" onClick={() => send('/api/v1/simulation/stop', {})}>
          Stop
        </button>
      )}
      {refusal === null ? <p class="quiet">{visible(summary, 300)}</p> : <Refused why={refusal} />}
    </form>
  );
}

interface Scenario {
  name: string;
  summary: string;
}

interface FieldsProps {
  wish: Wish;
  setWish: (wish: Wish) => void;
  scenarios: Scenario[];
}

function Fields({ wish, setWish, scenarios }: FieldsProps) {
  const whole = (name: 'seed' | 'nodes' | 'hours', label: string, max: number) => (
    <label>
      {label}
      <input
        type="number"
        min={1}
        max={max}
        value={wish[name]}
        onInput={(event) => setWish({ ...wish, [name]: event.currentTarget.valueAsNumber || 1 })}
      />
    </label>
  );
  return (
    <>
      <label>
        Scenario
        <select
          value={wish.scenario}
          onChange={(event) => setWish({ ...wish, scenario: event.currentTarget.value })}
        >
          {scenarios.map(({ name }) => (
            <option key={name} value={name}>
              {visible(name, 40)}
            </option>
          ))}
        </select>
      </label>
      {whole('nodes', 'Nodes', 150)}
      {whole('hours', 'Hours', 48)}
      {whole('seed', 'Seed', 0xffffffff)}
      <TokenField />
    </>
  );
}

function Watch({ now }: { now: SimulationView }) {
  if (now.state === 'idle')
    return (
      <Panel title="World">
        <Empty title="Nothing runs">
          Choose a scenario and press Run. The same runs without a page:{' '}
          <code>npx fairhop sim free-riders --hours 6</code>.
        </Empty>
      </Panel>
    );
  const size = `${figure(now.nodes)} nodes, ${figure(now.hours)} hours`;
  return (
    <>
      <Panel
        title="World"
        hint={`${visible(now.scenario, 40)}, ${size}, seed ${figure(now.seed)}`}
        tools={<Progress now={now} />}
      >
        <Graph now={now} />
      </Panel>
      <Series now={now} />
      {now.result !== null && <Result now={now.result} />}
    </>
  );
}

function Progress({ now }: { now: SimulationView }) {
  const compares = now.state === 'running' && now.progressPerMille >= 990;
  const words = compares ? 'comparing with the baseline' : now.state;
  return (
    <p class="tools" role="status" data-state={now.state}>
      <progress max={1000} value={now.progressPerMille} aria-label="Progress of the simulation" />
      {words}
      {now.reason !== '' && `: ${visible(now.reason, 80)}`}
    </p>
  );
}

function Graph({ now }: { now: SimulationView }) {
  const holder = useRef<HTMLDivElement>(null);
  const canvas = useRef<MeshCanvas | null>(null);
  const [chosen, choose] = useState<string | null>(null);
  useEffect(() => {
    canvas.current = new MeshCanvas(holder.current!, choose);
    return () => canvas.current?.close();
  }, []);
  useEffect(() => {
    canvas.current!.show(now.mesh, chosen);
    for (const frame of now.frames) canvas.current!.frameOnAir(frame);
  }, [now, chosen]);
  const text = `Graph of ${now.mesh.nodes.length} simulated boards and ${now.mesh.links.length} links.`;
  return <div class="canvas" ref={holder} role="img" aria-label={text} />;
}

function Series({ now: { series } }: { now: SimulationView }) {
  // The axis shows hours of the world as times of a day.
  const midnight = new Date(2026, 0, 1).getTime() / 1000;
  return <EconomyCharts times={series.map(({ hour }) => midnight + hour * 3600)} points={series} />;
}

function Result({ now }: { now: NonNullable<SimulationView['result']> }) {
  const share = (value: number): string => percent(Math.round(value * 1000));
  return (
    <Panel
      title="Outcome"
      hint={now.verdict === 'held' ? 'every target that applies was held' : 'a target was missed'}
    >
      <div class="proof" data-verdict={now.verdict}>
        <ol>
          {now.targets.map(({ name, verdict }) => (
            <li key={name} class={verdict === 'held' ? 'holds' : verdict === 'missed' ? 'fails' : 'void'}>
              {visible(name.replaceAll('-', ' '), 60)}: {verdict}
            </li>
          ))}
          <li class={now.conserved ? 'holds' : 'fails'}>
            credits {now.conserved ? 'conserved' : 'not conserved'}
          </li>
        </ol>
        <p class="quiet">
          Honest nodes got {share(now.honestDelivery)} through in the last third, {share(now.baselineDelivery)}{' '}
          where nobody pays; {figure(now.starvedHonest)} starved. {figure(now.attackers)} special players gained{' '}
          {figure(Math.round(now.attackerNetGain))} of at most {figure(Math.round(now.attackerBound))} credits.
          Gini {now.gini.toFixed(3)}.
        </p>
        {now.violations.map((text) => (
          <p class="mark bad" key={text}>
            {visible(text, 200)}
          </p>
        ))}
      </div>
    </Panel>
  );
}
