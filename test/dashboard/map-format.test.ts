// The reader of PMTiles and the way from metres to tiles, without a browser: against figures of the specification, of
// the ellipsoid and of the tile grid, and against every way in which a file can be damaged.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { Archive } from '../../host-tools/dashboard/page/map/archive.ts';
import { decodeDirectory, find, MapError, tileId } from '../../host-tools/dashboard/page/map/pmtiles.ts';
import {
  cornerOf,
  metresOf,
  metresPerDegree,
  placeOf,
  tileOf,
  zoomFor,
} from '../../host-tools/dashboard/page/map/projection.ts';
import { makeMap, type MadeTile, type MapPlan } from './pmtiles-file.ts';

const near = (actual: number, expected: number, by: number): void =>
  assert.ok(Math.abs(actual - expected) <= by, `${actual} is not ${expected} within ${by}`);

describe('the order of tiles', () => {
  it('is that of the specification', () => {
    const said = [
      [0, 0, 0, 0],
      [1, 0, 0, 1],
      [1, 0, 1, 2],
      [1, 1, 1, 3],
      [1, 1, 0, 4],
      [2, 0, 0, 5],
    ] as const;
    for (const [zoom, column, row, id] of said) assert.equal(tileId(zoom, column, row), id);
    assert.equal(tileId(12, 3423, 1763), 19078479);
  });

  it('gives each tile of a level a number of its own, neighbours on the curve beside each other', () => {
    const places = new Map<number, [number, number]>();
    for (let column = 0; column < 32; column++)
      for (let row = 0; row < 32; row++) places.set(tileId(5, column, row), [column, row]);
    assert.equal(places.size, 1024);
    const first = (4 ** 5 - 1) / 3;
    for (let id = first + 1; id < first + 1024; id++) {
      const [[x, y], [u, v]] = [places.get(id - 1)!, places.get(id)!];
      assert.equal(Math.abs(x - u) + Math.abs(y - v), 1, `${id}`);
    }
    assert.equal(tileId(26, 2 ** 26 - 1, 0), (4 ** 27 - 1) / 3 - 1);
  });
});

describe('metres, degrees and tiles', () => {
  it('agree with the lengths of a degree on WGS 84', () => {
    // Table of the National Geospatial-Intelligence Agency's calculator, as Wikipedia's "Latitude" and "Longitude"
    // give it, in metres: a degree north, a degree east.
    const known = [
      [0, 110574, 111320],
      [15, 110649, 107550],
      [30, 110852, 96486],
      [45, 111132, 78847],
      [60, 111412, 55800],
      [75, 111618, 28902],
    ] as const;
    for (const [latitude, north, east] of known) {
      near(metresPerDegree(latitude).north, north, 1);
      near(metresPerDegree(latitude).east, east, 1);
    }
  });

  it('agree with the grid of the web maps', () => {
    // The example of the OpenStreetMap wiki, "Slippy map tilenames": Shibuya.
    const { column, row } = tileOf({ latitude: 35.6590699, longitude: 139.7006793 }, 18);
    assert.deepEqual([Math.floor(column), Math.floor(row)], [232798, 103246]);
    near(cornerOf(0, 0, 0).latitude, 85.0511287798, 1e-9);
    assert.deepEqual(cornerOf(1, 1, 1), { latitude: 0, longitude: 0 });
    const back = tileOf(cornerOf(17, 68_000, 45_000), 17);
    near(back.column, 68_000, 1e-6);
    near(back.row, 45_000, 1e-6);
  });

  it('lead there and back, and to the level that fits the scale', () => {
    const origin = { latitude: 47.3769, longitude: 8.5417 };
    const there = placeOf(origin, { east: 1830, north: -412 });
    near(metresOf(origin, there).east, 1830, 1e-6);
    near(metresOf(origin, there).north, -412, 1e-6);
    // A pixel of level 0 is 156.5 km at the equator, half of that each level further.
    assert.equal(zoomFor(0, 1 / 156_543), 0);
    assert.equal(zoomFor(0, 1 / 4.777), 15);
    assert.equal(zoomFor(60, 1 / 4.777), 14);
  });
});

/** Every level from 0 to 4; in the fourth, all tiles of the western half are one picture. */
const TILES: MadeTile[] = [0, 1, 2, 3, 4].flatMap((zoom) =>
  Array.from({ length: 4 ** zoom }, (_, i) => {
    const [column, row] = [i % 2 ** zoom, Math.floor(i / 2 ** zoom)];
    const text = zoom === 4 && column < 8 ? 'sea' : `${zoom}/${column}/${row}`;
    return { zoom, column, row, bytes: Buffer.from(text) };
  }),
);

function open(bytes: Uint8Array, reads: [number, number][] = []): Promise<Archive> {
  return Archive.open(async (offset, length) => {
    reads.push([offset, length]);
    return bytes.subarray(offset, offset + length);
  });
}

const textOf = (bytes: Uint8Array | null): string | null => bytes && Buffer.from(bytes).toString();

describe('an archive', () => {
  for (const [name, plan] of [
    ['with leaf directories', { leafEntries: 7 }],
    ['with one directory', {}],
    ['without compression', { gzip: false, leafEntries: 50 }],
  ] as [string, Partial<MapPlan>][]) {
    it(`${name} gives every tile it has, and none it has not`, async () => {
      const archive = await open(makeMap({ tiles: TILES.filter(({ zoom }) => zoom !== 2), ...plan }).bytes);
      for (const { zoom, column, row, bytes } of TILES) {
        const expected = zoom === 2 ? null : bytes.toString();
        assert.equal(textOf(await archive.tile(zoom, column, row)), expected, `${zoom}/${column}/${row}`);
      }
      assert.equal(await archive.tile(5, 31, 31), null);
    });
  }

  it('reads its start once and each leaf directory once', async () => {
    const reads: [number, number][] = [];
    const { bytes, leaves, tiles } = makeMap({ tiles: TILES, leafEntries: 40 });
    const archive = await open(bytes, reads);
    for (const { zoom, column, row } of TILES) await archive.tile(zoom, column, row);
    const inLeaves = reads.filter(([offset]) => offset >= leaves && offset < tiles);
    assert.equal(new Set(inLeaves.map(([offset]) => offset)).size, inLeaves.length);
    assert.equal(reads.length, 1 + inLeaves.length + TILES.length);
  });

  it('says who made it, in words only', async () => {
    const words = async (attribution: unknown): Promise<string> =>
      (await open(makeMap({ tiles: TILES, metadata: { attribution } }).bytes)).attribution();
    const link = '<a href="https://www.openstreetmap.org/copyright">&copy; OpenStreetMap contributors</a>';
    assert.equal(await words(link), '\u00a9 OpenStreetMap contributors');
    assert.equal(await words('&lt;script&gt; &unknown;'), '<script> &unknown;');
    assert.equal(await words(7), '');
    assert.equal(await (await open(makeMap({ tiles: TILES }).bytes)).attribution(), '');
  });
});

describe('a damaged archive', () => {
  const made = makeMap({ tiles: TILES, leafEntries: 40, metadata: { attribution: 'x' } });
  const changed = (at: number, ...values: number[]): Uint8Array => {
    const copy = Uint8Array.from(made.bytes);
    copy.set(values, at);
    return copy;
  };

  it('is refused with what is wrong', async () => {
    const cases: [Uint8Array, RegExp][] = [
      [Buffer.from('GIF89a'), /no PMTiles file/],
      [made.bytes.subarray(0, 100), /no PMTiles file/],
      [changed(7, 2), /version 2/],
      [changed(8, 255, 255, 255, 255, 255, 255, 255), /header is damaged/],
      [changed(16, 0, 0, 0, 1), /larger than any map/],
      [changed(97, 3), /compressed by something else/],
      [changed(99, 1), /vector tiles/],
      [changed(99, 5), /type 5/],
      [changed(100, 9, 3), /zoom levels/],
      [changed(made.root, 0, 0, 0), /compressed part of it is damaged/],
      [changed(97, 1), /directory is/],
    ];
    for (const [bytes, reason] of cases) {
      await assert.rejects(open(bytes), (error) => error instanceof MapError && reason.test(error.message));
    }
  });

  it('never throws anything else, whichever byte is bent', async () => {
    for (let at = 8; at < made.tiles; at++) {
      try {
        const archive = await open(changed(at, made.bytes[at]! ^ 0x55));
        await archive.attribution();
        await archive.tile(3, 5, 2);
      } catch (error) {
        assert.ok(error instanceof MapError, `byte ${at}: ${String(error)}`);
      }
    }
  });

  it('cannot be made to loop or to fill the memory', async () => {
    // A leaf directory that names itself.
    const self = makeMap({ tiles: TILES, leafEntries: 400, gzip: false });
    const root = self.bytes.subarray(self.root, self.metadata);
    const loop = Buffer.from(self.bytes);
    root.copy(loop, self.leaves);
    loop.writeBigUInt64LE(BigInt(root.length), 48);
    const copy = Uint8Array.from(loop);
    // One entry: id, run 0, length of itself, offset 0.
    copy.set([1, 0, 0, 5, 1], self.leaves);
    copy.set([1, 0, 0, 5, 1, 0, 0, 0], self.root);
    new DataView(copy.buffer).setBigUint64(16, 5n, true);
    await assert.rejects((await open(copy)).tile(0, 0, 0), /lead nowhere/);
    const bomb = gzipSync(Buffer.alloc(40 * 1024 * 1024));
    const large = Buffer.concat([made.bytes, bomb]);
    large.writeBigUInt64LE(BigInt(made.bytes.length), 24);
    large.writeBigUInt64LE(BigInt(bomb.length), 32);
    await assert.rejects((await open(large)).attribution(), /larger than any map/);
  });

  it('has directories that are refused as a whole', () => {
    const refused = [
      [],
      [0],
      [1, 5],
      [1, 0, 1, 0, 1],
      [1, 0, 1, 3, 0],
      [2, 1, 0, 1, 1, 3, 3, 1, 0],
      [1, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1, 1, 1],
    ];
    for (const bytes of refused) assert.throws(() => decodeDirectory(Uint8Array.from(bytes)), MapError);
    const good = decodeDirectory(Uint8Array.from([2, 5, 4, 3, 1, 7, 9, 1, 0]));
    assert.deepEqual(find(good, 7), { isLeaf: false, offset: 0, length: 7 });
    assert.equal(find(good, 8), null);
    assert.deepEqual(find(good, 9), { isLeaf: false, offset: 7, length: 9 });
    assert.equal(find(good, 4), null);
  });
});
