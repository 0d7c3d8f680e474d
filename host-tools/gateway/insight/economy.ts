// The economy in figures: what honest people ask of it (who is served, how money is spread, what the pools hold), and a
// bounded series of them, one sample a block at most. Figures come from the ledger and the packets that arrived.
import type { Gateway, Ledger, Node } from '../../ledger/index.ts';
import { NodeStatus, PoolId } from '../../ledger/index.ts';
import { addressText } from '../../provision/identity.ts';
import { gini } from '../../simulator/money.ts';
import type { PacketView, Status } from '../view.ts';
import type { CountView, DeliveryView, EconomySample, EconomyView } from './insight-view.ts';

const SAMPLES_MAX = 720;
/** Below this share of its readings a board counts as starving; judged from this many on. */
const STARVING_BELOW = 0.1;
const JUDGED_FROM = 5;
const SOURCES_MAX = 4096;

interface Served extends DeliveryView {
  last: number;
}

export class Economy {
  private readonly served = new Map<string, Served>();
  private readonly series: EconomySample[] = [];

  /** In the order of their ids: a number that jumps tells of readings that never came. */
  packet(packet: PacketView): void {
    if (packet.reading === null) return;
    const { number } = packet.reading;
    const known = this.served.get(packet.src);
    if (known === undefined && this.served.size >= SOURCES_MAX) return;
    const served = known ?? { address: packet.src, name: packet.name, sent: 0, delivered: 0, last: 0 };
    // The number starts anew with the board; a reading that was overtaken was counted as missing before.
    const late = number < served.last && number + 16 > served.last;
    if (!late) {
      served.sent += known !== undefined && number > served.last ? number - served.last : 1;
      served.last = number;
    }
    served.delivered = Math.min(served.sent, served.delivered + 1);
    served.name = packet.name;
    this.served.set(packet.src, served);
  }

  sample(ledger: Ledger, status: Status, at: string): void {
    const { giniPerMille, moneyCentiP } = spread(ledger);
    this.series.push({
      at,
      height: ledger.height,
      giniPerMille,
      moneyCentiP,
      settledCredits: status.settledCredits,
      pools: poolsOf(ledger).reduce((sum, pool) => sum + pool.balance, 0),
      delivered: status.delivered,
      deliveryPerMille: this.deliveryPerMille(),
    });
    if (this.series.length > SAMPLES_MAX) this.series.shift();
  }

  view(ledger: Ledger, refusalCounts: CountView[]): EconomyView {
    const { money, rates, height } = ledger;
    const { conserved } = ledger.totals();
    const delivery = [...this.served.values()].map(({ last: _last, ...view }) => view);
    const starving = delivery.filter(
      ({ sent, delivered }) => sent >= JUDGED_FROM && delivered / sent < STARVING_BELOW,
    );
    const nodes = activeNodes(ledger);
    return {
      height,
      conserved,
      supply: money.supply,
      pathPrice: money.pathPrice,
      linkValue: money.linkValue,
      creditLine: money.creditLine,
      nodes: nodes.length,
      activeNodes: nodes.filter((node) => isActive(node, height, ledger.params.epoch)).length,
      ...spread(ledger),
      delivery,
      deliveryPerMille: this.deliveryPerMille(),
      starving: starving.length,
      pools: poolsOf(ledger),
      levyLocalPerMille: rates.levyLocalPerMille,
      levyGlobalPerMille: rates.levyGlobalPerMille,
      demurragePerMille: rates.demurragePerMille,
      struck: [...ledger.gateways()].filter(({ strikes }) => strikes > 0).map(struckOf),
      refusalCounts,
      series: this.series,
    };
  }

  private deliveryPerMille(): number {
    let [sent, delivered] = [0, 0];
    for (const one of this.served.values()) {
      sent += one.sent;
      delivered += one.delivered;
    }
    return sent === 0 ? 0 : Math.round((1000 * delivered) / sent);
  }
}

function activeNodes(ledger: Ledger): Node[] {
  return [...ledger.nodes()].filter(({ status }) => status !== NodeStatus.GONE);
}

function isActive(node: Node, height: number, epoch: number): boolean {
  return Math.max(node.active, node.joined) > height - epoch;
}

/** As the simulator reckons it: of what each could spend. */
function spread(ledger: Ledger): { giniPerMille: number; moneyCentiP: number } {
  const spendable = activeNodes(ledger).map(({ balance, line }) => Math.max(0, balance + line));
  const sum = spendable.reduce((total, value) => total + value, 0);
  const price = ledger.money.pathPrice;
  return {
    giniPerMille: Math.round(1000 * gini(spendable)),
    moneyCentiP: spendable.length === 0 ? 0 : Math.round((100 * sum) / (spendable.length * price)),
  };
}

function poolsOf(ledger: Ledger): EconomyView['pools'] {
  return [...ledger.pools()].map(({ id, balance, share }) => ({ number: id, name: poolName(id), balance, share }));
}

function poolName(id: number): string {
  if (id === PoolId.TREASURY) return 'treasury';
  return id === PoolId.GLOBAL ? 'global pool' : `community ${id}`;
}

function struckOf({ address, strikes, admitted }: Gateway): EconomyView['struck'][number] {
  return { address: addressText(address), strikes, admitted: admitted !== 0 };
}
