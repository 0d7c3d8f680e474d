// Turns the layout into what is drawn: pixels, sizes, colours, labels and where each label fits. Pure apart
// from the text measure it is given, so it can be tested without a canvas.
import type { MeshView } from '../../../gateway/view.ts';
import { boardName, signedFigure } from '../format.ts';
import type { MeshLayout } from './layout.ts';

export interface SceneNode {
  address: string;
  x: number;
  y: number;
  radius: number;
  gateway: boolean;
  /** -1 .. 1, see balanceColour. */
  share: number;
  name: string;
  balance: string | null;
  /** Null where there is no room: the name then shows when the board is pointed at. */
  label: { x: number; y: number; align: 'left' | 'center' | 'right' } | null;
}

export interface SceneLink {
  a: SceneNode;
  b: SceneNode;
  /** 0 (barely heard) .. 1 (strong). */
  strength: number;
  channel: boolean;
  width: number;
  text: string | null;
  /** Which end sends by the other to reach the gateway: 1 for a, -1 for b, 0 for neither. */
  way: -1 | 0 | 1;
}

export interface Scene {
  nodes: SceneNode[];
  links: SceneLink[];
  byAddress: Map<string, SceneNode>;
  /** Null unless the picture is a map. */
  pixelsPerMetre: number | null;
  /** Where the layout has 0, 0. */
  origin: { x: number; y: number };
}

export interface Size {
  width: number;
  height: number;
}

interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** Below this width a label is the name alone, and boards are drawn smaller. */
const ROOMY_WIDTH = 480;
const LINE_HEIGHT = 14;
const STRETCH_MAX = 1.7;
/** Above this many, labels would cover the picture. */
const LINK_LABELS_MAX = 16;
const NODE_LABELS_MAX = 70;
/** SX127x sensitivity at SF7 and a close neighbour, in dBm: the ends of the scale. */
const RSSI_WEAK = -125;
const RSSI_STRONG = -60;

export function buildScene(
  mesh: MeshView,
  layout: MeshLayout,
  size: Size,
  textWidth: (text: string) => number,
): Scene {
  const { nodes, pixelsPerUnit, origin } = fitNodes(layout, size);
  const byAddress = new Map(nodes.map((node) => [node.address, node]));
  const links = sceneLinks(mesh, byAddress, size);
  if (nodes.length <= NODE_LABELS_MAX) placeLabels(nodes, links, size, textWidth);
  return {
    nodes,
    links,
    byAddress,
    origin,
    pixelsPerMetre: layout.isMap && nodes.length > 1 ? pixelsPerUnit : null,
  };
}

function fitNodes(
  layout: MeshLayout,
  size: Size,
): { nodes: SceneNode[]; pixelsPerUnit: number; origin: Scene['origin'] } {
  const placed = layout.nodes;
  const xs = placed.map((node) => node.x ?? 0);
  const ys = placed.map((node) => node.y ?? 0);
  const [left, right, top, bottom] = [
    Math.min(...xs),
    Math.max(...xs),
    Math.min(...ys),
    Math.max(...ys),
  ];
  const margin = size.width < ROOMY_WIDTH ? { x: 40, y: 36 } : { x: 64, y: 44 };
  const room = {
    x: Math.max(40, size.width - 2 * margin.x),
    y: Math.max(40, size.height - 2 * margin.y),
  };
  const fit = Math.min(room.x / (right - left), room.y / (bottom - top));
  const pixelsPerUnit = Number.isFinite(fit) ? fit : 1;
  // Forces know no metres: their picture may be stretched to fill a wide window, a map may not.
  const stretch =
    layout.isMap || right === left ? 1 : Math.min(STRETCH_MAX, room.x / (right - left) / pixelsPerUnit);
  const origin = {
    x: size.width / 2 - ((left + right) / 2) * pixelsPerUnit * stretch,
    y: size.height / 2 - ((top + bottom) / 2) * pixelsPerUnit,
  };
  const balances = placed.map((node) => node.view.balance);
  const most = Math.max(1, ...balances.map(Math.abs));
  const [poorest, richest] = [Math.min(...balances), Math.max(...balances)];
  const scale = drawingScale(placed.length, size);
  const nodes = placed.map((node, i): SceneNode => {
    const rank = richest === poorest ? 0.5 : (node.view.balance - poorest) / (richest - poorest);
    return {
      address: node.view.address,
      x: origin.x + xs[i]! * pixelsPerUnit * stretch,
      y: origin.y + ys[i]! * pixelsPerUnit,
      radius: scale * (node.view.role === 'gateway' ? 15 : 8 + 9 * Math.sqrt(rank)),
      gateway: node.view.role === 'gateway',
      share: node.view.balance / most,
      name: boardName(node.view, 18),
      balance: size.width < ROOMY_WIDTH ? null : signedFigure(node.view.balance),
      label: null,
    };
  });
  return { nodes, pixelsPerUnit, origin };
}

/** Many boards get small dots and thin lines, so that neighbours stay apart. */
function drawingScale(count: number, size: Size): number {
  return Math.max(0.4, Math.min(1, Math.sqrt(24 / count), size.width / 480));
}

function sceneLinks(
  mesh: MeshView,
  byAddress: ReadonlyMap<string, SceneNode>,
  size: Size,
): SceneLink[] {
  const next = new Map(mesh.nodes.map((node) => [node.address, node.next]));
  const texts = size.width >= ROOMY_WIDTH && mesh.links.length <= LINK_LABELS_MAX;
  const links: SceneLink[] = [];
  for (const link of mesh.links) {
    const a = byAddress.get(link.a);
    const b = byAddress.get(link.b);
    if (a === undefined || b === undefined || a === b) continue;
    const strength = Math.min(
      1,
      Math.max(0, ((link.rssiDbm ?? RSSI_WEAK) - RSSI_WEAK) / (RSSI_STRONG - RSSI_WEAK)),
    );
    links.push({
      a,
      b,
      strength,
      way: next.get(link.a) === link.b ? 1 : next.get(link.b) === link.a ? -1 : 0,
      channel: link.payableLinks > 0,
      width: drawingScale(byAddress.size, size) * (1.2 + strength * 2.6),
      text:
        texts && link.rssiDbm !== null ? String(Math.round(link.rssiDbm)).replace('-', '\u2212') : null,
    });
  }
  return links;
}

/** Greedy: each board takes the side that covers least of the boards, links and labels placed before it. */
function placeLabels(
  nodes: SceneNode[],
  links: readonly SceneLink[],
  size: Size,
  textWidth: (text: string) => number,
): void {
  const discs = nodes.map((n) => ({
    left: n.x - n.radius,
    top: n.y - n.radius,
    right: n.x + n.radius,
    bottom: n.y + n.radius,
  }));
  const points = links.flatMap((link) => [0.15, 0.3, 0.5, 0.7, 0.85].map((t) => pointOn(link, t)));
  const taken: Box[] = [];
  for (const [i, node] of nodes.entries()) {
    const width = Math.max(textWidth(node.name), textWidth(node.balance ?? ''));
    const sides = sidesOf(node, width);
    const costs = sides.map(({ box }) => {
      const others = discs.filter((disc, j) => j !== i && overlap(disc, box)).length;
      const labels = taken.filter((other) => overlap(other, box)).length;
      const crossed = points.filter(
        (p) => p.x > box.left && p.x < box.right && p.y > box.top && p.y < box.bottom,
      ).length;
      const outside =
        box.left < 2 || box.top < 2 || box.right > size.width - 2 || box.bottom > size.height - 2;
      return others * 12 + labels * 14 + crossed + (outside ? 30 : 0);
    });
    const best = costs.indexOf(Math.min(...costs));
    node.label = sides[best]!.anchor;
    taken.push(sides[best]!.box);
  }
}

interface Side {
  anchor: NonNullable<SceneNode['label']>;
  box: Box;
}

/** Anchors are the middle of the first line. */
function sidesOf(node: SceneNode, width: number): Side[] {
  const height = node.balance === null ? LINE_HEIGHT : 2 * LINE_HEIGHT;
  const side = (x: number, top: number, align: 'left' | 'center' | 'right'): Side => {
    const left = align === 'center' ? x - width / 2 : align === 'left' ? x : x - width;
    return {
      anchor: { x, y: top + 7, align },
      box: { left, top, right: left + width, bottom: top + height },
    };
  };
  const gap = node.radius + 5;
  return [
    side(node.x, node.y + gap, 'center'),
    side(node.x, node.y - gap - height, 'center'),
    side(node.x + gap, node.y - height / 2, 'left'),
    side(node.x - gap, node.y - height / 2, 'right'),
  ];
}

function overlap(a: Box, b: Box): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}

export function pointOn(
  link: { a: { x: number; y: number }; b: { x: number; y: number } },
  part: number,
): { x: number; y: number } {
  return { x: link.a.x + (link.b.x - link.a.x) * part, y: link.a.y + (link.b.y - link.a.y) * part };
}
