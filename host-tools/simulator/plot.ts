// Charts as SVG text: lines over time, bars by category. Pure functions from numbers to markup, with fixed rounding so
// that the same figures give the same bytes. Used by report.ts.

export interface Line {
  name: string;
  values: number[];
  colour: string;
}

const WIDTH = 520;
const HEIGHT = 220;
const LEFT = 48;
const BOTTOM = 28;
const TOP = 24;
const RIGHT = 12;

export function escapeHtml(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');
}

/** A round number at or above `value`: 1, 2 or 5 times a power of ten. */
function niceTop(value: number): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  for (const step of [1, 2, 5, 10]) if (step * power >= value) return step * power;
  return 10 * power;
}

function fixed(value: number): string {
  return String(Math.round(value * 100) / 100);
}

function frame(title: string, top: number, body: string): string {
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((part) => {
    const y = fixed(TOP + (HEIGHT - TOP - BOTTOM) * (1 - part));
    return `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y}" y2="${y}" class="grid"/>`
      + `<text x="${LEFT - 6}" y="${y}" class="tick" text-anchor="end" dy="0.35em">${fixed(part * top)}</text>`;
  });
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeHtml(title)}">`
    + `<text x="${LEFT}" y="14" class="title">${escapeHtml(title)}</text>${ticks.join('')}${body}</svg>`;
}

/** Lines over the slices of the run; `top` fixes the scale, else the largest value does. */
export function lineChart(title: string, lines: Line[], xLabel: string, top?: number): string {
  const highest = top ?? niceTop(Math.max(0, ...lines.flatMap((line) => line.values)));
  const paths = lines.map(({ values, colour }) => {
    const points = values.map((value, i) => {
      const x = LEFT + ((WIDTH - LEFT - RIGHT) * i) / Math.max(1, values.length - 1);
      const y = TOP + (HEIGHT - TOP - BOTTOM) * (1 - Math.min(1, value / highest));
      return `${fixed(x)},${fixed(y)}`;
    });
    return `<polyline points="${points.join(' ')}" fill="none" stroke="${colour}" stroke-width="2"/>`;
  });
  return frame(title, highest, paths.join('') + legend(lines) + xAxis(xLabel));
}

export interface Bar {
  name: string;
  value: number;
  colour: string;
}

export function barChart(title: string, bars: Bar[], xLabel: string, top?: number): string {
  const highest = top ?? niceTop(Math.max(0, ...bars.map((bar) => bar.value)));
  const room = (WIDTH - LEFT - RIGHT) / Math.max(1, bars.length);
  const body = bars.map(({ name, value, colour }, i) => {
    const height = (HEIGHT - TOP - BOTTOM) * Math.max(0, Math.min(1, value / highest));
    const x = LEFT + room * (i + 0.15);
    const y = HEIGHT - BOTTOM - height;
    const size = `width="${fixed(room * 0.7)}" height="${fixed(height)}"`;
    return `<rect x="${fixed(x)}" y="${fixed(y)}" ${size} fill="${colour}">`
      + `<title>${escapeHtml(name)}: ${fixed(value)}</title></rect>`
      + `<text x="${fixed(x + room * 0.35)}" y="${HEIGHT - BOTTOM + 12}" class="tick" text-anchor="middle">`
      + `${escapeHtml(name)}</text>`;
  });
  return frame(title, highest, body.join('') + xAxis(xLabel));
}

function legend(lines: Line[]): string {
  return lines.map(({ name, colour }, i) => {
    const x = WIDTH - RIGHT - 120 * (lines.length - i);
    return `<rect x="${x}" y="6" width="10" height="10" fill="${colour}"/>`
      + `<text x="${x + 14}" y="15" class="tick">${escapeHtml(name)}</text>`;
  }).join('');
}

function xAxis(label: string): string {
  return `<text x="${WIDTH - RIGHT}" y="${HEIGHT - 4}" class="tick" text-anchor="end">${escapeHtml(label)}</text>`;
}
