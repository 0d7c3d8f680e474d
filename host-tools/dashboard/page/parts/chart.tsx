// A time series with its name, its values and a cross-hair. Owns the canvas, its size and the pointer; plot.ts paints.
// Screen readers get the figures in words.
import { useEffect, useRef, useState } from 'preact/hooks';
import { onTheme } from '../theme-choice.ts';
import { indexAt, paintPlot, type Line } from './plot.ts';

interface ChartProps {
  title: string;
  /** Of one value, in words. */
  format: (value: number) => string;
  /** Unix seconds, ascending. */
  times: number[];
  lines: Line[];
}

export function Chart({ title, format, times, lines }: ChartProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [pointed, point] = useState<number | null>(null);
  const [, repaint] = useState(0);
  useEffect(() => {
    const again = (): void => repaint((count) => count + 1);
    const resize = new ResizeObserver(again);
    resize.observe(canvas.current!);
    const forget = onTheme(again);
    return () => {
      forget();
      resize.disconnect();
    };
  }, []);
  useEffect(() => paint(canvas.current!, { times, lines, format, pointed }));
  const shown = pointed !== null && pointed < times.length ? pointed : times.length - 1;
  return (
    <figure class="chart">
      <figcaption>
        <span>{title}</span>
        {lines.map((line) => (
          <span class="key" key={line.name}>
            <i class={`swatch ${line.colour}`} /> {line.name} <b>{textOf(line.values[shown], format)}</b>
          </span>
        ))}
        {pointed !== null && times[shown] !== undefined && (
          <time>{new Date(times[shown] * 1000).toTimeString().slice(0, 8)}</time>
        )}
      </figcaption>
      <div class="plot" role="img" aria-label={inWords(title, lines, format)}>
        <canvas
          ref={canvas}
          onPointerMove={(event) =>
            point(indexAt({ times, width: event.currentTarget.clientWidth }, event.offsetX))
          }
          onPointerLeave={() => point(null)}
        />
        {times.length < 2 && <p class="waiting">a line needs two values; the next comes soon</p>}
      </div>
    </figure>
  );
}

function paint(
  canvas: HTMLCanvasElement,
  plot: Pick<ChartProps, 'times' | 'lines' | 'format'> & { pointed: number | null },
): void {
  const { clientWidth: width, clientHeight: height } = canvas;
  const ratio = window.devicePixelRatio;
  const [across, down] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== across || canvas.height !== down) [canvas.width, canvas.height] = [across, down];
  const context = canvas.getContext('2d')!;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  const style = getComputedStyle(canvas);
  paintPlot(context, { ...plot, width, height, colourOf: (name) => style.getPropertyValue(`--${name}`).trim() });
}

function textOf(value: number | null | undefined, format: ChartProps['format']): string {
  return value === undefined || value === null ? '\u2013' : format(value);
}

function inWords(title: string, lines: readonly Line[], format: ChartProps['format']): string {
  const words = lines.map((line) => {
    const known = line.values.filter((value) => value !== null);
    if (known.length === 0) return `${line.name}: no value yet`;
    const [least, most] = [Math.min(...known), Math.max(...known)];
    return `${line.name}: now ${textOf(known.at(-1), format)}, from ${format(least)} to ${format(most)}`;
  });
  return `${title}. ${words.join('; ')}.`;
}
