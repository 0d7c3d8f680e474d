// The lines of an economy over time, alike for the ledger's and for a simulated one: delivery, how unequal money is,
// what was paid where that is known, money a node.
import { figure, percent } from '../format.ts';
import { Chart } from './chart.tsx';

export interface EconomyPoint {
  deliveryPerMille: number;
  giniPerMille: number;
  moneyCentiP: number;
}

interface EconomyChartsProps {
  /** Unix seconds, one for each point, ascending. */
  times: number[];
  points: readonly EconomyPoint[];
  /** Credits at each point; a simulation does not tell it. */
  paid?: number[];
}

export function EconomyCharts({ times, points, paid }: EconomyChartsProps) {
  return (
    <div class={paid === undefined ? 'charts three' : 'charts'}>
      <Chart
        title="Delivery"
        times={times}
        format={percent}
        lines={[{ name: 'delivered', colour: 'data', values: points.map((one) => one.deliveryPerMille) }]}
      />
      <Chart
        title="Gini"
        times={times}
        format={(value) => (value / 1000).toFixed(3)}
        lines={[{ name: 'of spendable money', colour: 'receipt', values: points.map((one) => one.giniPerMille) }]}
      />
      {paid !== undefined && (
        <Chart
          title="Paid to relays"
          times={times}
          format={(value) => figure(Math.round(value))}
          lines={[{ name: 'credits settled', colour: 'earn', values: paid }]}
        />
      )}
      <Chart
        title="Money a node"
        times={times}
        format={(value) => `${(value / 100).toFixed(0)} P`}
        lines={[{ name: 'spendable', colour: 'pay', values: points.map((one) => one.moneyCentiP) }]}
      />
    </div>
  );
}
