// From the mesh's metres to the world and to the tiles of a map. Metres east and north of an origin lie on the plane
// that touches the ellipsoid there (WGS 84), which is true to 0.2 % within ten kilometres at 50 degrees; tiles are
// squares of the Web Mercator plane (EPSG:3857). Pure; used by map-layer.ts.
import type { MapOrigin } from '../../../gateway/view.ts';

/** WGS 84: half the long axis in metres, and the square of the eccentricity. */
const HALF_AXIS_M = 6_378_137;
const ECCENTRICITY_2 = 0.00669437999014;
/** Where Web Mercator ends: its plane is a square. */
const LATITUDE_MAX = (Math.atan(Math.sinh(Math.PI)) * 180) / Math.PI;
const radians = (degrees: number): number => (degrees * Math.PI) / 180;

export interface Metres {
  east: number;
  north: number;
}

/** How long a degree is at a latitude, each way. */
export function metresPerDegree(latitude: number): Metres {
  const bend = 1 - ECCENTRICITY_2 * Math.sin(radians(latitude)) ** 2;
  return {
    east: radians((HALF_AXIS_M / Math.sqrt(bend)) * Math.cos(radians(latitude))),
    north: radians((HALF_AXIS_M * (1 - ECCENTRICITY_2)) / bend ** 1.5),
  };
}

export function metresOf(origin: MapOrigin, place: MapOrigin): Metres {
  const scale = metresPerDegree(origin.latitude);
  return {
    east: (place.longitude - origin.longitude) * scale.east,
    north: (place.latitude - origin.latitude) * scale.north,
  };
}

export function placeOf(origin: MapOrigin, { east, north }: Metres): MapOrigin {
  const scale = metresPerDegree(origin.latitude);
  return { longitude: origin.longitude + east / scale.east, latitude: origin.latitude + north / scale.north };
}

/** Columns count from the antimeridian eastwards, rows from the north; fractions lie within a tile. */
export function tileOf({ latitude, longitude }: MapOrigin, zoom: number): { column: number; row: number } {
  const bounded = Math.max(-LATITUDE_MAX, Math.min(LATITUDE_MAX, latitude));
  const height = Math.asinh(Math.tan(radians(bounded))) / Math.PI;
  return { column: ((longitude + 180) / 360) * 2 ** zoom, row: ((1 - height) / 2) * 2 ** zoom };
}

/** The north-western corner of a tile. */
export function cornerOf(zoom: number, column: number, row: number): MapOrigin {
  const height = Math.PI * (1 - (2 * row) / 2 ** zoom);
  return { longitude: (column / 2 ** zoom) * 360 - 180, latitude: (Math.atan(Math.sinh(height)) * 180) / Math.PI };
}

/** The level whose tiles of 256 pixels come closest to a scale. */
export function zoomFor(latitude: number, pixelsPerMetre: number): number {
  const metresAround = metresPerDegree(latitude).east * 360;
  return Math.round(Math.log2((metresAround * pixelsPerMetre) / 256));
}
