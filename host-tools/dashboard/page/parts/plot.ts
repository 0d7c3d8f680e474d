// Draws a time series on a canvas: grid, axes, lines, and a cross-hair. Pure painting: no clock, no DOM beyond the
// context. An own few lines instead of a charting library, because the smallest one that would do is larger than all
// views together and the page has a budget.

export interface Line {
  name: string;
  /** A colour of the style sheet, named without its dashes. */
  colour: string;
  values: (number | null)[];
}

export interface Plot {
  /** Unix seconds, ascending. */
  times: readonly number[];
  lines: readonly Line[];
  format(value: number): string;
  colourOf(name: string): string;
  width: number;
  height: number;
  /** Index that the reader points at. */
  pointed: number | null;
}

const LEFT = 60;
const RIGHT = 10;
const TOP = 8;
const BOTTOM = 20;
const FONT = '11px system-ui, "Liberation Sans", sans-serif';

interface Scale {
  x(index: number): number;
  y(value: number): number;
  ticks: number[];
}

export function paintPlot(context: CanvasRenderingContext2D, plot: Plot): void {
  context.clearRect(0, 0, plot.width, plot.height);
  if (plot.times.length === 0 || plot.width < LEFT + RIGHT + 20) return;
  const scale = scaleOf(plot);
  paintAxes(context, plot, scale);
  for (const line of plot.lines) paintLine(context, plot, line, scale);
  if (plot.pointed !== null) paintPointed(context, plot, plot.pointed, scale);
}

/** The value under the pointer; null outside the plot. */
export function indexAt({ times, width }: Pick<Plot, 'times' | 'width'>, x: number): number | null {
  if (times.length === 0 || x < LEFT - 4 || x > width - RIGHT + 4) return null;
  const at = times[0]! + ((x - LEFT) / (width - LEFT - RIGHT)) * span(times);
  let best = 0;
  for (let i = 1; i < times.length; i++) if (Math.abs(times[i]! - at) < Math.abs(times[best]! - at)) best = i;
  return best;
}

function span(times: readonly number[]): number {
  return Math.max(1, times.at(-1)! - times[0]!);
}

/** From zero: a share that looks dramatic because its axis is cut would be a lie. */
function scaleOf({ times, lines, width, height }: Plot): Scale {
  const values = lines.flatMap((line) => line.values.filter((value) => value !== null));
  const most = Math.max(1e-9, ...values);
  const step = roundStep(most / 3);
  const top = Math.ceil(most / step) * step;
  const ticks = Array.from({ length: Math.round(top / step) + 1 }, (_, i) => i * step);
  return {
    x: (index) => LEFT + ((times[index]! - times[0]!) / span(times)) * (width - LEFT - RIGHT),
    y: (value) => height - BOTTOM - (value / top) * (height - TOP - BOTTOM),
    ticks,
  };
}

/** The smallest of 1, 2, 5 times a power of ten that is not smaller. */
function roundStep(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return power * (value <= power ? 1 : value <= 2 * power ? 2 : value <= 5 * power ? 5 : 10);
}

function paintAxes(context: CanvasRenderingContext2D, plot: Plot, { y, ticks }: Scale): void {
  const { times, width, height, colourOf } = plot;
  context.font = FONT;
  context.lineWidth = 1;
  context.textBaseline = 'middle';
  context.textAlign = 'right';
  for (const tick of ticks) {
    const at = Math.round(y(tick)) + 0.5;
    context.strokeStyle = colourOf('rule');
    context.beginPath();
    context.moveTo(LEFT, at);
    context.lineTo(width - RIGHT, at);
    context.stroke();
    context.fillStyle = colourOf('quiet');
    context.fillText(plot.format(tick), LEFT - 8, at);
  }
  const places = span(times) < 5 ? 2 : Math.max(2, Math.min(5, Math.floor((width - LEFT) / 90)));
  for (let i = 0; i < places; i++) {
    const part = i / (places - 1);
    context.textAlign = i === 0 ? 'left' : i === places - 1 ? 'right' : 'center';
    const at = LEFT + part * (width - LEFT - RIGHT);
    context.fillText(timeText(times[0]! + part * span(times), span(times)), at, height - 8);
  }
}

/** Seconds matter only while minutes would repeat. */
function timeText(unixS: number, spanS: number): string {
  return new Date(unixS * 1000).toTimeString().slice(0, spanS < 600 ? 8 : 5);
}

function paintLine(context: CanvasRenderingContext2D, plot: Plot, line: Line, { x, y }: Scale): void {
  context.strokeStyle = plot.colourOf(line.colour);
  context.lineWidth = 1.6;
  context.lineJoin = 'round';
  context.beginPath();
  let last = -1;
  line.values.forEach((value, i) => {
    if (value === null) return;
    if (last < 0) context.moveTo(x(i), y(value));
    else context.lineTo(x(i), y(value));
    last = i;
  });
  context.stroke();
  if (last < 0) return;
  context.fillStyle = plot.colourOf(line.colour);
  context.beginPath();
  context.arc(x(last), y(line.values[last]!), 2.5, 0, Math.PI * 2);
  context.fill();
}

function paintPointed(context: CanvasRenderingContext2D, plot: Plot, index: number, { x, y }: Scale): void {
  const at = Math.round(x(index)) + 0.5;
  context.strokeStyle = plot.colourOf('quiet');
  context.lineWidth = 1;
  context.setLineDash([3, 3]);
  context.beginPath();
  context.moveTo(at, TOP);
  context.lineTo(at, plot.height - BOTTOM);
  context.stroke();
  context.setLineDash([]);
  for (const line of plot.lines) {
    const value = line.values[index];
    if (value === null || value === undefined) continue;
    context.fillStyle = plot.colourOf(line.colour);
    context.beginPath();
    context.arc(at, y(value), 3.5, 0, Math.PI * 2);
    context.fill();
  }
}
