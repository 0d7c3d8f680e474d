// Where each board stands. Known positions are metres and stay; the others are placed by forces (d3-force)
// around them. No DOM and no drawing: mesh-canvas.ts asks for points and fits them to its size.
import { forceCollide, forceLink, forceManyBody, forceSimulation, forceX, forceY } from 'd3-force';
import type { Simulation, SimulationLinkDatum, SimulationNodeDatum } from 'd3-force';
import type { MeshView, NodeView } from '../../../gateway/view.ts';

export interface PlacedNode extends SimulationNodeDatum {
  view: NodeView;
}

const LINK_LENGTH = 90;
/**
 * Up to this many boards the layout is settled before the first picture: 300 ticks take less than a frame
 * or two.
 */
const SETTLED_AT_ONCE = 80;
const TICKS_PER_FRAME = 3;

export class MeshLayout {
  /** True when every board's position is known: the picture is then a map with a scale. */
  isMap = false;
  /** Layout units per metre, for the scale bar. */
  unitsPerMetre = 1;
  readonly #byAddress = new Map<string, PlacedNode>();
  readonly #simulation: Simulation<PlacedNode, SimulationLinkDatum<PlacedNode>>;
  #shape = '';

  constructor() {
    this.#simulation = forceSimulation<PlacedNode>().stop();
  }

  get nodes(): PlacedNode[] {
    return [...this.#byAddress.values()];
  }

  node(address: string): PlacedNode | undefined {
    return this.#byAddress.get(address);
  }

  get moving(): boolean {
    return !this.isMap && this.#simulation.alpha() > this.#simulation.alphaMin();
  }

  /** Takes new figures; lays out anew only when boards, links or positions changed. True when they did. */
  update(mesh: MeshView): boolean {
    const present = new Set(mesh.nodes.map((node) => node.address));
    for (const address of this.#byAddress.keys())
      if (!present.has(address)) this.#byAddress.delete(address);
    for (const view of mesh.nodes) {
      const known = this.#byAddress.get(view.address);
      if (known === undefined) this.#byAddress.set(view.address, { view });
      else known.view = view;
    }
    const shape = JSON.stringify([
      mesh.nodes.map((node) => [node.address, node.x, node.y]),
      mesh.links.map((link) => [link.a, link.b]),
    ]);
    if (shape === this.#shape) return false;
    this.#shape = shape;
    this.#fixKnown();
    this.#restart(mesh);
    return true;
  }

  tick(): void {
    this.#simulation.tick(TICKS_PER_FRAME);
  }

  /**
   * North is up on a map and down on a canvas. Beside unplaced boards, metres shrink to the scale of the
   * forces.
   */
  #fixKnown(): void {
    const placed = this.nodes.filter(({ view }) => view.x !== null && view.y !== null);
    this.isMap = placed.length === this.#byAddress.size;
    const extent = Math.max(
      spread(placed.map(({ view }) => view.x!)),
      spread(placed.map(({ view }) => view.y!)),
    );
    this.unitsPerMetre =
      this.isMap || extent === 0 ? 1 : (LINK_LENGTH * Math.sqrt(placed.length)) / extent;
    for (const node of this.#byAddress.values()) {
      const { x, y } = node.view;
      node.fx = x === null || y === null ? null : x * this.unitsPerMetre;
      node.fy = x === null || y === null ? null : -y * this.unitsPerMetre;
      if (node.fx === null || node.fy === null) continue;
      node.x = node.fx;
      node.y = node.fy;
    }
  }

  #restart(mesh: MeshView): void {
    const nodes = this.nodes;
    this.#simulation.nodes(nodes);
    if (this.isMap) return;
    const links = mesh.links
      .map((link) => ({ source: this.#byAddress.get(link.a), target: this.#byAddress.get(link.b) }))
      .filter((link): link is { source: PlacedNode; target: PlacedNode } => {
        return link.source !== undefined && link.target !== undefined && link.source !== link.target;
      });
    this.#simulation
      .force(
        'link',
        forceLink<PlacedNode, SimulationLinkDatum<PlacedNode>>(links).distance(LINK_LENGTH),
      )
      .force(
        'apart',
        forceManyBody()
          .strength(-260)
          .distanceMax(LINK_LENGTH * 8),
      )
      .force('collide', forceCollide(26))
      .force('x', forceX(0).strength(0.04))
      .force('y', forceY(0).strength(0.06))
      .alpha(0.9);
    if (nodes.length <= SETTLED_AT_ONCE) this.#simulation.tick(300).alpha(0);
  }
}

function spread(values: readonly number[]): number {
  return values.length === 0 ? 0 : Math.max(...values) - Math.min(...values);
}
