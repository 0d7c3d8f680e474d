// The paths by which other systems take figures and packets away: /metrics, CSV and NDJSON. The texts are made in
// host-tools/exports; openapi-insight.ts describes the paths.
import { allPackets, csv, ndjson } from '../../exports/packet-table.ts';
import { metricsText, METRICS_TYPE } from '../../exports/prometheus.ts';
import type { BoardWatch } from '../insight/board-watch.ts';
import type { EconomyView } from '../insight/insight-view.ts';
import type { GatewaySource, PacketView } from '../view.ts';
import type { Doors, ReadDoor, TextAnswer } from './doors.ts';

export interface ExportSource extends Pick<GatewaySource, 'status' | 'mesh'> {
  /** At most `limit` of the oldest packets above an id. */
  packetsFrom(afterId: number, limit: number): PacketView[];
}

/** `ofOrderer`: figures that only a fleet has. */
export function exportDoors(
  source: ExportSource, economy: () => EconomyView, watch: BoardWatch, ofOrderer: () => string = () => '',
): Doors {
  const door = (path: string, answer: () => TextAnswer): ReadDoor => ({ path, parameters: [], answer });
  const pages = (): Iterable<PacketView[]> => allPackets((after, limit) => source.packetsFrom(after, limit));
  return {
    reads: [
      door('/metrics', () => ({
        type: METRICS_TYPE, chunks: [metricsText(metrics(source, economy(), watch)), ofOrderer()],
      })),
      door('/api/v1/packets.csv', () => ({
        type: 'text/csv; charset=utf-8', file: 'fairhop-packets.csv', chunks: csv(pages()),
      })),
      door('/api/v1/packets.ndjson', () => ({
        type: 'application/x-ndjson', file: 'fairhop-packets.ndjson', chunks: ndjson(pages()),
      })),
    ],
    writes: [],
  };
}

function metrics(source: ExportSource, economy: EconomyView, watch: BoardWatch): Parameters<typeof metricsText>[0] {
  const mesh = source.mesh();
  const dutyPerMille = new Map<string, number>();
  for (const { address } of mesh.nodes) {
    const last = watch.samples(parseInt(address, 16)).at(-1);
    if (last !== undefined) dutyPerMille.set(address, last.dutyPerMille);
  }
  return { status: source.status(), mesh, economy, dutyPerMille };
}
