// The live graph in its element: keeps layout and scene up to date, repaints when something changed, and
// animates only while a frame is under way. Owns the canvases, their size, the pointer and the animation
// clock.
import type { MeshView } from '../../../gateway/view.ts';
import type { FrameOnAir } from '../store.ts';
import { MeshLayout } from './layout.ts';
import { MapGround, type MapNote } from './map-ground.ts';
import { NAME_FONT, paintPulses, paintScene, type Pulse } from './paint.ts';
import { buildScene, type Scene, type SceneNode } from './scene.ts';
import { onTheme } from '../theme-choice.ts';
import { frameGroup, readTheme, type FrameGroup, type Theme } from './theme.ts';

const FLIGHT_MS = 1100;
/**
 * A burst of frames beyond this is not drawn: the eye would not follow it, and the page must stay quick.
 */
const PULSES_MAX = 240;
const POINT_REACH_PX = 14;

interface Flight {
  from: string;
  to: string | null;
  group: FrameGroup;
  startMs: number;
}

export class MeshCanvas {
  readonly #layout = new MeshLayout();
  readonly #ground: CanvasRenderingContext2D;
  readonly #air: CanvasRenderingContext2D;
  readonly #resize: ResizeObserver;
  readonly #forgetTheme: () => void;
  readonly #map: MapGround;
  readonly #still = matchMedia('(prefers-reduced-motion: reduce)');
  #theme: Theme;
  #mesh: MeshView = { nodes: [], links: [], map: null };
  #scene: Scene | null = null;
  #chosen: string | null = null;
  #pointed: string | null = null;
  #flights: Flight[] = [];
  #groundStale = true;
  #request = 0;

  constructor(
    readonly holder: HTMLElement,
    readonly onChoose: (address: string | null) => void,
    onMapNote: (note: MapNote | null) => void = () => {},
  ) {
    this.#map = new MapGround(() => this.#makeStale(), onMapNote);
    this.#theme = themeOf(holder);
    this.#ground = addCanvas(holder);
    this.#air = addCanvas(holder);
    this.#resize = new ResizeObserver(() => this.#fitSize());
    this.#resize.observe(holder);
    this.#forgetTheme = onTheme(this.#readTheme);
    holder.addEventListener('pointermove', this.#onPointer);
    holder.addEventListener('pointerleave', this.#onPointer);
    holder.addEventListener('click', this.#onClick);
    this.#fitSize();
  }

  show(mesh: MeshView, chosen: string | null): void {
    this.#mesh = mesh;
    this.#chosen = chosen;
    this.#layout.update(mesh);
    this.#map.show(mesh.map);
    this.#makeStale();
  }

  frameOnAir(frame: FrameOnAir): void {
    // A hidden page gets no animation frames; flights would only pile up.
    if (document.hidden || this.#flights.length > PULSES_MAX) return;
    const flight = { from: frame.from, group: frameGroup(frame.kind), startMs: performance.now() };
    this.#flights.push({ ...flight, to: null }, ...frame.receivedBy.map((to) => ({ ...flight, to })));
    this.#wake();
  }

  close(): void {
    cancelAnimationFrame(this.#request);
    this.#resize.disconnect();
    this.#forgetTheme();
    this.#map.close();
    this.holder.replaceChildren();
  }

  readonly #readTheme = (): void => {
    this.#theme = themeOf(this.holder);
    this.#makeStale();
  };

  #makeStale(): void {
    this.#groundStale = true;
    this.#wake();
  }

  #wake(): void {
    if (this.#request === 0) this.#request = requestAnimationFrame(this.#onFrame);
  }

  readonly #onFrame = (nowMs: number): void => {
    this.#request = 0;
    if (this.#layout.moving) {
      this.#layout.tick();
      this.#groundStale = true;
    }
    if (this.#groundStale) this.#paintGround();
    this.#paintAir(nowMs);
    if (this.#layout.moving || this.#flights.length > 0) this.#wake();
  };

  #paintGround(): void {
    this.#groundStale = false;
    const size = this.#size();
    this.#ground.font = NAME_FONT;
    this.#scene = buildScene(
      this.#mesh,
      this.#layout,
      size,
      (text) => this.#ground.measureText(text).width,
    );
    this.#ground.clearRect(0, 0, size.width, size.height);
    this.#map.paint(this.#ground, this.#scene, size, this.#theme.map);
    paintScene(this.#ground, this.#scene, this.#theme, size, this.#pointed ?? this.#chosen);
  }

  #paintAir(nowMs: number): void {
    this.#flights = this.#flights.filter((flight) => nowMs - flight.startMs < FLIGHT_MS);
    const pulses: Pulse[] = [];
    for (const { from, to, group, startMs } of this.#flights) {
      const start = this.#scene!.byAddress.get(from);
      const end = to === null ? null : this.#scene!.byAddress.get(to);
      if (start === undefined || end === undefined) continue;
      pulses.push({
        from: start,
        to: end,
        group,
        progress: Math.max(0, (nowMs - startMs) / FLIGHT_MS),
      });
    }
    paintPulses(this.#air, pulses, this.#theme, this.#size(), this.#still.matches);
  }

  #size(): { width: number; height: number } {
    return { width: this.holder.clientWidth, height: this.holder.clientHeight };
  }

  #fitSize(): void {
    const { width, height } = this.#size();
    const ratio = window.devicePixelRatio;
    for (const context of [this.#ground, this.#air]) {
      context.canvas.width = Math.round(width * ratio);
      context.canvas.height = Math.round(height * ratio);
      context.setTransform(ratio, 0, 0, ratio, 0, 0);
    }
    this.#makeStale();
  }

  readonly #onPointer = (event: PointerEvent): void => {
    const pointed = event.type === 'pointerleave' ? null : (this.#nodeAt(event)?.address ?? null);
    if (pointed === this.#pointed) return;
    this.#pointed = pointed;
    this.holder.classList.toggle('pointing', pointed !== null);
    this.#makeStale();
  };

  readonly #onClick = (event: MouseEvent): void => {
    const address = this.#nodeAt(event)?.address ?? null;
    this.onChoose(address === this.#chosen ? null : address);
  };

  #nodeAt(event: MouseEvent): SceneNode | undefined {
    const box = this.holder.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    const distance = (node: SceneNode): number => Math.hypot(node.x - x, node.y - y) - node.radius;
    const nodes = this.#scene?.nodes ?? [];
    const near = nodes.filter((node) => distance(node) < POINT_REACH_PX);
    return near.sort((a, b) => distance(a) - distance(b))[0];
  }
}

function themeOf(holder: HTMLElement): Theme {
  const style = getComputedStyle(holder);
  return readTheme((name) => style.getPropertyValue(`--${name}`).trim());
}

function addCanvas(holder: HTMLElement): CanvasRenderingContext2D {
  const canvas = document.createElement('canvas');
  holder.append(canvas);
  return canvas.getContext('2d')!;
}
