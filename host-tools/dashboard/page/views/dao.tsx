// What is put to the vote: parameters with their bounds, proposals, members. Signing stays with the command line, where
// the key is: this page never sees one, and shows the command instead.
import type { OwnerLine } from '../../../gateway/insight/insight-view.ts';
import type { ParamsView, ProposalView } from '../../../gateway/owner-view.ts';
import { figure, shortHash, signedFigure, visible } from '../format.ts';
import { Empty, Waiting } from '../parts/empty.tsx';
import { useResource } from '../parts/resource.ts';
import { Panel, Table, Tile } from '../parts/table.tsx';

const EVERY_MS = 3000;

export function DaoView() {
  const params = useResource<ParamsView>('/api/v1/params', EVERY_MS);
  const proposals = useResource<ProposalView[]>('/api/v1/proposals', EVERY_MS);
  const owners = useResource<OwnerLine[]>('/api/v1/owners', EVERY_MS);
  if (params.value === null || proposals.value === null || owners.value === null)
    return (
      <Panel title="DAO">
        <Waiting error={params.error ?? proposals.error ?? owners.error} />
      </Panel>
    );
  return (
    <>
      <Clock params={params.value} members={owners.value.filter(({ member }) => member).length} />
      <Proposals rows={proposals.value} />
      <div class="columns">
        <Parameters params={params.value} />
        <div class="stack">
          <Members owners={owners.value} />
          <Gateways params={params.value} />
        </div>
      </div>
    </>
  );
}

function Clock({ params, members }: { params: ParamsView; members: number }) {
  const left = params.epochEndsAt - params.height;
  return (
    <dl class="tiles">
      <Tile
        id="dao-epoch"
        name="Epoch"
        value={figure(params.epoch)}
        note={`${figure(params.epochHeights)} blocks long`}
      />
      <Tile
        name="Ends in"
        value={figure(Math.max(0, left))}
        unit="blocks"
        note={`with block ${figure(params.epochEndsAt)}`}
      />
      <Tile name="Members" value={figure(members)} note="one vote each" />
      <Tile
        name="Gateways"
        value={figure(params.gateways.filter(({ admitted }) => admitted).length)}
        note="admitted"
      />
      <Tile name="Revision" value={figure(params.revision)} note="of the parameters" />
      <Tile name="Region" value={visible(params.region, 12)} note={`spreading factor ${params.spreadingFactor}`} />
    </dl>
  );
}

const PROPOSALS = [
  { name: 'No.', number: true },
  { name: 'What' },
  { name: 'Value', number: true },
  { name: 'State' },
  { name: 'Yes', number: true },
  { name: 'No', number: true },
  { name: 'Vote with' },
];

function Proposals({ rows }: { rows: ProposalView[] }) {
  return (
    <Panel title="Proposals" hint="signed on the command line, where the key is">
      {rows.length === 0 ? (
        <Empty title="Nothing is put to the vote">
          A member proposes with <code>npx fairhop propose set-rate demurrage-per-mille 80</code>; the votes are
          counted at the end of the next epoch.
        </Empty>
      ) : (
        <Table caption="Proposals under way" columns={PROPOSALS}>
          {rows.map((one) => (
            <tr key={one.number} data-proposal={one.number}>
              <td class="number">{one.number}</td>
              <td>
                <span class="kind claim">{visible(one.action.replaceAll('-', ' '), 30)}</span>{' '}
                <code title={one.subject}>{shortHash(one.subject)}</code>
              </td>
              <td class="number">{figure(one.value)}</td>
              <td>
                {one.state === 'voting'
                  ? `counted after epoch ${figure(one.countsAt)}`
                  : `passed; in force after epoch ${figure(one.effectAt)}`}
              </td>
              <td class="number">{figure(one.yes)}</td>
              <td class="number">{figure(one.no)}</td>
              <td>
                <code>npx fairhop vote {one.number} yes</code>
              </td>
            </tr>
          ))}
        </Table>
      )}
    </Panel>
  );
}

const RATES = [
  { name: 'Parameter' },
  { name: 'Now', number: true },
  { name: 'Lowest', number: true },
  { name: 'Within its bounds' },
  { name: 'Highest', number: true },
];

function Parameters({ params }: { params: ParamsView }) {
  return (
    <Panel title="Parameters" hint="what votes can change, and no further than its bounds">
      <Table caption="Parameters with their bounds" columns={RATES}>
        {params.rates.map((rate) => (
          <tr key={rate.name} data-rate={rate.name}>
            <td>
              <code>{visible(rate.name, 40)}</code>
            </td>
            <td class="number">
              <b>{figure(rate.value)}</b>
            </td>
            <td class="number quiet">{figure(rate.low)}</td>
            <td>
              <meter
                min={rate.low}
                max={rate.high}
                value={rate.value}
                aria-label={`${visible(rate.name, 40)} within its bounds`}
              />
            </td>
            <td class="number quiet">{figure(rate.high)}</td>
          </tr>
        ))}
      </Table>
    </Panel>
  );
}

const MEMBERS = [
  { name: 'Owner' },
  { name: 'Vote' },
  { name: 'Balance', number: true },
  { name: 'Free', number: true },
];

function Members({ owners }: { owners: OwnerLine[] }) {
  return (
    <Panel title="Owners" hint="members may vote">
      <Table caption="Owners and their votes" columns={MEMBERS}>
        {owners.map((owner) => (
          <tr key={owner.key}>
            <td>
              <code title={owner.key}>{shortHash(owner.key)}</code>
            </td>
            <td>{owner.member ? <span class="mark good">member</span> : <span class="quiet">no vote</span>}</td>
            <td class="number">{signedFigure(owner.balance)}</td>
            <td class="number quiet">{figure(owner.free)}</td>
          </tr>
        ))}
      </Table>
    </Panel>
  );
}

const GATEWAYS = [{ name: 'Gateway' }, { name: 'Owner' }, { name: 'State' }];

function Gateways({ params }: { params: ParamsView }) {
  return (
    <Panel title="Gateways" hint="only admitted ones write blocks">
      <Table caption="Gateways of this ledger" columns={GATEWAYS}>
        {params.gateways.map((one) => (
          <tr key={one.address}>
            <td>
              <code>{visible(one.address, 8)}</code>
            </td>
            <td>
              <code title={one.owner}>{shortHash(one.owner)}</code>
            </td>
            <td>{one.admitted ? <span class="mark good">admitted</span> : <span class="quiet">asks</span>}</td>
          </tr>
        ))}
      </Table>
    </Panel>
  );
}
