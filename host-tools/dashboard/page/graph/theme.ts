// The graph's colours, taken from the style sheet so that both have one source, and what a balance looks
// like. Pure: mesh-canvas.ts reads the sheet.

export interface Theme {
  ink: string;
  quiet: string;
  surface: string;
  line: string;
  channel: string;
  earn: string;
  spend: string;
  even: string;
  frames: Record<FrameGroup, string>;
  /** Opacity of a map beneath: maps are drawn for white paper. */
  map: number;
}

export type FrameGroup = 'data' | 'receipt' | 'pay' | 'control';

/** `read` answers the value of a custom property, named without its dashes. */
export function readTheme(read: (name: string) => string): Theme {
  return {
    ink: read('ink'),
    quiet: read('quiet'),
    surface: read('surface'),
    line: read('link'),
    channel: read('channel'),
    earn: read('earn'),
    spend: read('spend'),
    even: read('even'),
    frames: {
      data: read('data'),
      receipt: read('receipt'),
      pay: read('pay'),
      control: read('control'),
    },
    map: Number(read('map')),
  };
}

/** The gateway names a frame by its type on the wire (SPEC 3.1); the picture tells four purposes apart. */
export function frameGroup(kind: string): FrameGroup {
  const name = kind.toLowerCase();
  if (name === 'data' || name === 'broadcast') return 'data';
  if (name === 'receipt') return 'receipt';
  return name === 'pay' || name === 'open' || name === 'resync' ? 'pay' : 'control';
}

/** -1 (spent most) .. 0 .. 1 (earned most), as a mixture of two colours of the theme. */
export function balanceColour(theme: Theme, share: number): string {
  // The square root spreads the small balances, where most boards are, over more of the scale.
  return mix(theme.even, share < 0 ? theme.spend : theme.earn, Math.sqrt(Math.min(1, Math.abs(share))));
}

/** Both as #rrggbb. */
function mix(from: string, to: string, part: number): string {
  const channel = (colour: string, at: number): number => parseInt(colour.slice(at, at + 2), 16);
  const mixed = [1, 3, 5].map((at) =>
    Math.round(channel(from, at) + (channel(to, at) - channel(from, at)) * part),
  );
  return `rgb(${mixed.join(' ')})`;
}
