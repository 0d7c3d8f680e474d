// Draws a scene: links, boards, labels and the scale bar on one canvas, frames on the air on another above
// it. Knows nothing of time or data beyond what it is handed.
import { pointOn, type Scene, type SceneLink, type SceneNode, type Size } from './scene.ts';
import { balanceColour, type FrameGroup, type Theme } from './theme.ts';

export const FONT =
  '-apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", "Liberation Sans", Arial, sans-serif';
export const NAME_FONT = `600 12px ${FONT}`;
const SMALL_FONT = `11px ${FONT}`;

/**
 * One hop of one frame: it leaves `from` at 0 and reaches `to` at 1. Without `to` it is heard by nobody.
 */
export interface Pulse {
  from: SceneNode;
  to: SceneNode | null;
  group: FrameGroup;
  progress: number;
}

/** On what is there: the caller has cleared the canvas, and may have painted a map. */
export function paintScene(
  context: CanvasRenderingContext2D,
  scene: Scene,
  theme: Theme,
  size: Size,
  chosen: string | null,
): void {
  context.lineCap = 'round';
  const touches = (link: SceneLink): boolean => link.a.address === chosen || link.b.address === chosen;
  for (const link of scene.links)
    paintLink(context, link, theme, chosen !== null && touches(link), chosen !== null);
  for (const link of scene.links) paintWay(context, link, theme);
  for (const link of scene.links) paintLinkText(context, link, theme);
  for (const node of scene.nodes) paintNode(context, node, theme, node.address === chosen);
  for (const node of scene.nodes) paintLabel(context, node, theme, node.address === chosen);
  if (scene.pixelsPerMetre !== null) paintScaleBar(context, scene.pixelsPerMetre, theme, size);
}

function paintLink(
  context: CanvasRenderingContext2D,
  link: SceneLink,
  theme: Theme,
  touched: boolean,
  someChosen: boolean,
): void {
  context.beginPath();
  context.moveTo(link.a.x, link.a.y);
  context.lineTo(link.b.x, link.b.y);
  context.strokeStyle = link.channel ? theme.channel : theme.line;
  context.lineWidth = link.width + (touched ? 1 : 0);
  context.globalAlpha = (0.35 + 0.65 * link.strength) * (someChosen && !touched ? 0.35 : 1);
  context.setLineDash(link.channel ? [] : [1, 5]);
  context.stroke();
  context.setLineDash([]);
  context.globalAlpha = 1;
}

/** An arrowhead beside the board that sends this way to reach the gateway. */
function paintWay(context: CanvasRenderingContext2D, link: SceneLink, theme: Theme): void {
  if (link.way === 0) return;
  const [from, to] = link.way === 1 ? [link.a, link.b] : [link.b, link.a];
  const length = Math.hypot(to.x - from.x, to.y - from.y);
  const reach = from.radius + 12;
  if (length < reach + to.radius) return;
  const [dx, dy] = [(to.x - from.x) / length, (to.y - from.y) / length];
  const [x, y] = [from.x + dx * reach, from.y + dy * reach];
  const half = 2.2 + link.width * 0.6;
  context.fillStyle = theme.ink;
  context.globalAlpha = 0.75;
  context.beginPath();
  context.moveTo(x + dx * half * 1.8, y + dy * half * 1.8);
  context.lineTo(x - dx * half - dy * half, y - dy * half + dx * half);
  context.lineTo(x - dx * half + dy * half, y - dy * half - dx * half);
  context.fill();
  context.globalAlpha = 1;
}

function paintLinkText(context: CanvasRenderingContext2D, link: SceneLink, theme: Theme): void {
  if (link.text === null) return;
  const { x, y } = pointOn(link, 0.5);
  // A short link has no room for its figure between two boards.
  if (Math.hypot(link.a.x - link.b.x, link.a.y - link.b.y) < link.a.radius + link.b.radius + 44) return;
  context.font = SMALL_FONT;
  context.textAlign = 'center';
  // A minus on a line reads as part of the line: the figure gets a gap of its own.
  const width = context.measureText(link.text).width + 8;
  context.fillStyle = theme.surface;
  context.fillRect(x - width / 2, y - 8, width, 16);
  outlined(context, link.text, x, y, theme.quiet, theme.surface);
}

function paintNode(
  context: CanvasRenderingContext2D,
  node: SceneNode,
  theme: Theme,
  chosen: boolean,
): void {
  const { x, y, radius } = node;
  context.beginPath();
  if (node.gateway) context.roundRect(x - radius, y - radius, radius * 2, radius * 2, radius * 0.4);
  else context.arc(x, y, radius, 0, Math.PI * 2);
  context.fillStyle = node.gateway ? theme.ink : balanceColour(theme, node.share);
  context.fill();
  context.lineWidth = 2.5;
  context.strokeStyle = theme.surface;
  context.stroke();
  if (node.gateway) paintAntenna(context, node, theme);
  if (!chosen) return;
  context.beginPath();
  context.arc(x, y, radius + (node.gateway ? 9 : 5), 0, Math.PI * 2);
  context.lineWidth = 2;
  context.strokeStyle = theme.ink;
  context.stroke();
}

/** A mast with two waves: the board that is plugged into this computer. */
function paintAntenna(
  context: CanvasRenderingContext2D,
  { x, y, radius }: SceneNode,
  theme: Theme,
): void {
  context.strokeStyle = theme.surface;
  context.lineWidth = radius / 8;
  context.beginPath();
  context.moveTo(x, y - radius * 0.1);
  context.lineTo(x, y + radius * 0.55);
  for (const reach of [0.35, 0.65]) {
    for (const middle of [0, Math.PI]) {
      context.moveTo(
        x + radius * reach * Math.cos(middle - 0.8),
        y - radius * 0.15 + radius * reach * Math.sin(middle - 0.8),
      );
      context.arc(x, y - radius * 0.15, radius * reach, middle - 0.8, middle + 0.8);
    }
  }
  context.stroke();
}

function paintLabel(
  context: CanvasRenderingContext2D,
  node: SceneNode,
  theme: Theme,
  chosen: boolean,
): void {
  if (node.label === null && !chosen) return;
  const { x, y, align } = node.label ?? {
    x: node.x,
    y: node.y + node.radius + 12,
    align: 'center' as const,
  };
  context.textAlign = align;
  context.font = NAME_FONT;
  outlined(context, node.name, x, y, theme.ink, theme.surface);
  if (node.balance === null) return;
  context.font = SMALL_FONT;
  outlined(context, node.balance, x, y + 14, theme.quiet, theme.surface);
}

/** Text over lines needs its own ground. */
function outlined(
  context: CanvasRenderingContext2D,
  text: string,
  x: number,
  y: number,
  colour: string,
  ground: string,
): void {
  context.textBaseline = 'middle';
  context.lineJoin = 'round';
  context.lineWidth = 4;
  context.strokeStyle = ground;
  context.strokeText(text, x, y);
  context.fillStyle = colour;
  context.fillText(text, x, y);
}

function paintScaleBar(
  context: CanvasRenderingContext2D,
  pixelsPerMetre: number,
  theme: Theme,
  size: Size,
): void {
  const metres = roundLength(110 / pixelsPerMetre);
  const width = metres * pixelsPerMetre;
  const [right, y] = [size.width - 16, size.height - 14];
  context.strokeStyle = theme.quiet;
  context.lineWidth = 1.5;
  context.beginPath();
  context.moveTo(right - width, y - 4);
  context.lineTo(right - width, y);
  context.lineTo(right, y);
  context.lineTo(right, y - 4);
  context.stroke();
  context.font = SMALL_FONT;
  context.textAlign = 'center';
  const text = metres >= 1000 ? `${metres / 1000} km` : `${metres} m`;
  outlined(context, text, right - width / 2, y - 10, theme.quiet, theme.surface);
}

/** The longest of 1, 2, 5 times a power of ten that is not longer. */
function roundLength(metres: number): number {
  const power = 10 ** Math.floor(Math.log10(metres));
  return power * (metres >= 5 * power ? 5 : metres >= 2 * power ? 2 : 1);
}

/** `still`: for those who asked for less motion, the link lights up instead of a dot moving along it. */
export function paintPulses(
  context: CanvasRenderingContext2D,
  pulses: readonly Pulse[],
  theme: Theme,
  size: Size,
  still: boolean,
): void {
  context.clearRect(0, 0, size.width, size.height);
  for (const pulse of pulses) {
    const colour = theme.frames[pulse.group];
    const fade = 1 - pulse.progress;
    context.strokeStyle = colour;
    context.fillStyle = colour;
    if (pulse.to === null) {
      context.globalAlpha = fade * 0.7;
      context.lineWidth = 2;
      context.beginPath();
      context.arc(
        pulse.from.x,
        pulse.from.y,
        pulse.from.radius + 2 + (still ? 4 : pulse.progress * 26),
        0,
        Math.PI * 2,
      );
      context.stroke();
    } else if (still) {
      context.globalAlpha = fade * 0.8;
      context.lineWidth = 4;
      context.beginPath();
      context.moveTo(pulse.from.x, pulse.from.y);
      context.lineTo(pulse.to.x, pulse.to.y);
      context.stroke();
    } else {
      paintComet(context, pulse.from, pulse.to, pulse.progress, pulse.group === 'control' ? 2.5 : 4);
    }
  }
  context.globalAlpha = 1;
}

/** A dot with a short tail, slowing down towards its end. */
function paintComet(
  context: CanvasRenderingContext2D,
  from: SceneNode,
  to: SceneNode,
  progress: number,
  radius: number,
): void {
  const eased = 1 - (1 - progress) ** 2;
  for (let i = 4; i >= 0; i -= 1) {
    const part = eased - i * 0.035;
    if (part < 0) continue;
    const { x, y } = pointOn({ a: from, b: to }, part);
    context.globalAlpha = (i === 0 ? 1 : 0.4 - i * 0.08) * Math.min(1, (1 - progress) * 4);
    context.beginPath();
    context.arc(x, y, radius * (1 - i * 0.12), 0, Math.PI * 2);
    context.fill();
  }
}
