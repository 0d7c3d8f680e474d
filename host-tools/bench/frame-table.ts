// The bench group `frames`: length and time on air of every frame and payload, from the constants of the
// code, and the page docs/frames.md made of them. A test compares the page with what is made here.
import {
  Broadcast,
  ClaimPayload,
  Data,
  Header,
  Hello,
  KeyRepPayload,
  KeyReqPayload,
  Link,
  Nack,
  Open,
  OpenPayload,
  ParamsPayload,
  Pay,
  ProofRequestPayload,
  Receipt,
  Resync,
  RouteReply,
  RouteRequest,
  StatePayload,
  StateRequestPayload,
  Sync,
  TimePayload,
  Wire,
  frameBytesMax,
  referencePathPrice,
  timeOnAirMs,
} from '#protocol';
import type { RadioProfile } from '#protocol';
import { figure, type Figure } from './figure.ts';

const PROFILES = [
  [7, 125],
  [9, 125],
  [11, 250],
  [12, 125],
] as const;
/** Modes that US915 and its relatives allow; there a transmission may last 400 ms (47 CFR 15.247). */
const DWELL_PROFILES = [
  [7, 125],
  [8, 125],
  [9, 125],
  [10, 125],
  [7, 250],
  [9, 250],
  [11, 500],
  [12, 500],
] as const;
const DWELL_US = 400_000;

function profileOf(spreadingFactor: number, khz: number): RadioProfile {
  return {
    spreadingFactor,
    bandwidthHz: khz * 1000,
    codingRate: 1,
    preambleSymbols: 8,
    explicitHeader: true,
    crc: true,
  };
}

const RECEIPTS_OVERHEAD = Link.BODY + 1 + Wire.MIC;
const HELLO_FULL =
  Hello.BODY + Hello.NEIGHBOURS_MAX * Hello.NEIGHBOUR_SIZE + Hello.ROUTES_MAX * Hello.ROUTE_SIZE + Wire.MIC;

/** Frames by name and length in bytes. DATA rows are named after what they carry. */
const FRAMES: [name: string, bytes: number][] = [
  ['DATA, empty', Data.OVERHEAD],
  ['DATA, 20-byte reading', Data.OVERHEAD + 21],
  ['DATA, 20-byte reading and a payment', Data.OVERHEAD + 21 + Pay.SIZE],
  ['DATA, 20-byte reading and 8 receipts', Data.OVERHEAD + 21 + Receipt.BATCH_MAX * Receipt.SIZE + 1],
  ['DATA, 50 bytes (P is three of these)', Data.OVERHEAD + 50],
  ['DATA, longest', Wire.FRAME_MAX],
  ['RECEIPT, 1', RECEIPTS_OVERHEAD + Receipt.SIZE],
  ['RECEIPT, 8', RECEIPTS_OVERHEAD + Receipt.BATCH_MAX * Receipt.SIZE],
  ['PAY', Link.BODY + Pay.SIZE + Wire.MIC],
  ['OPEN', Open.SIZE],
  ['RESYNC, question', Resync.SIZE_ASK],
  ['RESYNC, answer', Resync.SIZE_ANSWER],
  ['NACK', Nack.SIZE],
  ['SYNC', Sync.SIZE_SYNC],
  ['SYNCACK', Sync.SIZE_ACK],
  ['HELLO, alone', Hello.BODY + Wire.MIC],
  [
    'HELLO, 4 neighbours and 6 routes',
    Hello.BODY + 4 * Hello.NEIGHBOUR_SIZE + 6 * Hello.ROUTE_SIZE + Wire.MIC,
  ],
  ['HELLO, full', HELLO_FULL],
  ['BROADCAST, longest', Broadcast.BODY + Broadcast.BODY_MAX + Wire.MIC],
  ['HEADER', Header.SIZE],
  ['ROUTE_REQUEST', RouteRequest.SIZE],
  ['ROUTE_REPLY', RouteReply.SIZE],
];

const PAYLOADS: [name: string, bytes: number][] = [
  ['OPEN', OpenPayload.SIZE],
  ['CLAIM', ClaimPayload.SIZE],
  ['STATE_REQUEST', StateRequestPayload.SIZE],
  ['STATE', StatePayload.SIZE],
  ['TIME, question', TimePayload.SIZE_ASK],
  ['TIME, answer', TimePayload.SIZE_ANSWER],
  ['PARAMS', ParamsPayload.SIZE],
  ['KEYREQ', KeyReqPayload.SIZE],
  ['KEYREP, a pair', KeyRepPayload.SIZE_PAIR],
  ['KEYREP, a header chain', KeyRepPayload.SIZE_HEADER],
  ['PROOF_REQUEST, a channel', ProofRequestPayload.SIZE_CHANNEL],
];

/** Every frame that may be sent; payloads inside DATA. */
export function allFrames(): [name: string, bytes: number][] {
  const carried = PAYLOADS.map(([name, bytes]): [string, number] => [
    `DATA with ${name}`,
    Data.OVERHEAD + bytes,
  ]);
  return [...FRAMES, ...carried];
}

export function frames(): Figure[] {
  const slug = (name: string): string => name.replace(/[^A-Za-z0-9_]+/g, '-').replace(/-$/, '');
  return allFrames().flatMap(([name, bytes]) => [
    figure(`frames.${slug(name)}.bytes`, bytes, 'B', Wire.FRAME_MAX),
    ...PROFILES.map(([sf, khz]) =>
      figure(`frames.${slug(name)}.airtime.sf${sf}-${khz}`, timeOnAirMs(profileOf(sf, khz), bytes), 'ms'),
    ),
  ]);
}

function row(cells: (string | number)[]): string {
  return `| ${cells.join(' | ')} |`;
}

function airtimeRows(list: [name: string, bytes: number][]): string[] {
  return list.map(([name, bytes]) =>
    row([name, bytes, ...PROFILES.map(([sf, khz]) => timeOnAirMs(profileOf(sf, khz), bytes))]),
  );
}

function head(first: string): string[] {
  const modes = PROFILES.map(([sf, khz]) => `SF${sf}/${khz}`);
  return [row([first, 'bytes', ...modes]), row(['---', '---:', ...modes.map(() => '---:')])];
}

/** The text of docs/frames.md. */
export function framesPage(): string {
  const payloads = PAYLOADS.map(([name, bytes]): [string, number] => [name, Data.OVERHEAD + bytes]);
  const reading = Data.OVERHEAD + 21;
  const dwell = DWELL_PROFILES.map(([sf, khz]) => {
    const most = frameBytesMax(profileOf(sf, khz), DWELL_US);
    const opens = most >= Open.SIZE ? 'long payloads in fragments' : 'no';
    return row([`SF${sf}/${khz}`, most, most >= Data.OVERHEAD + OpenPayload.SIZE ? 'all' : opens]);
  });
  return [
    '# Frames and their time on air',
    '',
    'Made by `npx fairhop bench --only frames --write-docs` from the constants of the code; do not edit.',
    'Time on air in milliseconds, rounded up, for coding rate 4/5, preamble 8, explicit header and CRC. The',
    'layouts are in `firmware/src/protocol/SPEC.md`.',
    '',
    ...head('frame'),
    ...airtimeRows(FRAMES),
    '',
    'P, the reference path price in credits, is ' +
      PROFILES.map(([sf, khz]) => `${referencePathPrice(profileOf(sf, khz))} at SF${sf}/${khz}`).join(', ') +
      '.',
    '',
    '## Payloads, as the DATA frame that carries them',
    '',
    ...head('payload'),
    ...airtimeRows(payloads),
    '',
    '## Dwell time',
    '',
    'Where a transmission may last 400 ms (US915 and others) a frame may have at most:',
    '',
    row(['mode', 'bytes', 'usable']),
    row(['---', '---:', '---']),
    ...dwell,
    '',
    `OPEN (${Open.SIZE} bytes) must fit one frame, so in a mode marked "no" no channel can be opened and`,
    `nothing can be paid for. A 20-byte reading is a frame of ${reading} bytes.`,
    '',
  ].join('\n');
}
