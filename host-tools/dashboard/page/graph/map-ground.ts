// The map beneath the graph, as far as the graph cares: there is none until the gateway names an origin, then its
// module is loaded and paints. What went wrong becomes a sentence beside the graph, and the graph goes on without.
import type { MapOrigin } from '../../../gateway/view.ts';
import type { MapLayer } from '../map/map-layer.ts';
import type { Scene, Size } from './scene.ts';

/** Plain text, of the file's making where it is the attribution. */
export interface MapNote {
  attribution: string;
  trouble: string;
}

export class MapGround {
  #origin: MapOrigin | null = null;
  #layer: MapLayer | null = null;
  #opening = false;
  /** Why it is given up for this origin; empty while it is not. */
  #failure = '';
  #told = '';

  constructor(
    readonly onChange: () => void,
    readonly onNote: (note: MapNote | null) => void,
  ) {}

  /** Called with every picture of the mesh, so it is also when a gateway that was away is asked again. */
  show(origin: MapOrigin | null): void {
    if (!isSame(origin, this.#origin)) {
      this.close();
      this.#origin = origin;
    }
    if (origin === null || this.#layer !== null || this.#opening || this.#failure !== '') return;
    this.#opening = true;
    void this.#open(origin).finally(() => {
      this.#opening = false;
      this.onChange();
    });
  }

  /** Beneath everything else: the canvas is empty. */
  paint(context: CanvasRenderingContext2D, { origin, pixelsPerMetre }: Scene, size: Size, opacity: number): void {
    if (this.#origin === null) return this.#tell(null);
    const attribution = this.#layer?.attribution ?? '';
    if (pixelsPerMetre === null)
      return this.#tell({
        attribution: '',
        trouble: 'The map is not drawn: not every place of a board is known.',
      });
    const trouble = this.#layer?.paint(context, { ...size, ...origin, pixelsPerMetre }, opacity) ?? this.#failure;
    this.#tell({ attribution, trouble });
  }

  close(): void {
    this.#layer?.close();
    this.#layer = null;
    this.#origin = null;
    this.#failure = '';
  }

  async #open(origin: MapOrigin): Promise<void> {
    const { MapLayer, MapError } = await import('../map/map-layer.ts');
    try {
      const layer = await MapLayer.open(origin, this.onChange);
      if (isSame(origin, this.#origin)) this.#layer = layer;
      else layer.close();
    } catch (error) {
      // A gateway that does not answer is asked again; the page says elsewhere that it is away.
      if (error instanceof MapError) this.#failure = `The map is not drawn: ${error.message}.`;
    }
  }

  #tell(note: MapNote | null): void {
    const text = JSON.stringify(note);
    if (text === this.#told) return;
    this.#told = text;
    this.onNote(note);
  }
}

function isSame(a: MapOrigin | null, b: MapOrigin | null): boolean {
  return a?.latitude === b?.latitude && a?.longitude === b?.longitude;
}
