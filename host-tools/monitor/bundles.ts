// Which bundles an error may come from: the one that was named, that of the board which said its name at boot, else
// all that were built here. An answer counts when all of them that fit agree.
import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { OUTPUT_DIR, ROOT } from '../firmware-build/paths.ts';
import { BundleMap, type Frame, type Place } from './bundle-map.ts';

export class Bundles {
  private readonly read = new Map<string, BundleMap | undefined>();
  private board: string | undefined;

  /** `named`: path of a bundle with its map beside it, which is then the only one asked. */
  constructor(
    private readonly named?: string,
    private readonly directory = OUTPUT_DIR,
  ) {}

  /** The board said at its start what it is. */
  boardIs(id: string): void {
    this.board = id;
  }

  /** Undefined when no bundle fits, or when two places fit equally well. */
  locate(frame: Frame): Place | undefined {
    // A place without its text would fit every bundle.
    if (frame.excerpt === undefined && this.named === undefined && this.board === undefined) return undefined;
    const texts = new Map<string, Place>();
    for (const file of this.candidates())
      for (const place of this.open(file)?.places(frame) ?? []) {
        // Bundles of sources that are gone stay behind in the build folder.
        if (existsSync(join(ROOT, place.file))) texts.set(placeText(place), place);
      }
    return texts.size === 1 ? [...texts.values()][0] : undefined;
  }

  private candidates(): string[] {
    if (this.named !== undefined) return [this.named];
    const own = this.board === undefined ? undefined : join(this.directory, `${basename(this.board)}.js`);
    if (own !== undefined && existsSync(own)) return [own];
    if (!existsSync(this.directory)) return [];
    return readdirSync(this.directory)
      .filter((name) => name.endsWith('.js'))
      .map((name) => join(this.directory, name));
  }

  /** Undefined for what cannot be read: a build that is under way, a map that somebody removed. */
  private open(file: string): BundleMap | undefined {
    if (this.read.has(file)) return this.read.get(file);
    let bundle: BundleMap | undefined;
    try {
      bundle = BundleMap.read(file);
    } catch {
      bundle = undefined;
    }
    this.read.set(file, bundle);
    return bundle;
  }
}

export function placeText({ file, line, column }: Place): string {
  return `${file}:${line}:${column}`;
}
