// The permissions of a fleet in nats-server's own configuration language: what each gateway's nkey may publish and
// read. `fairhop fleet access` prints them for whoever runs the servers; the access test starts a server with them.
import { namesOf } from './names.ts';

export interface GatewayAccess {
  /** nkey of its connection, `U...`. */
  publicKey: string;
  address: number;
}

/** What a gateway asks of JetStream: look, read by ordered consumers, never make or remove a stream. */
function apiSubjects(streams: string[]): string[] {
  return streams.flatMap((stream) => [
    `$JS.API.STREAM.INFO.${stream}`,
    `$JS.API.STREAM.MSG.GET.${stream}`,
    `$JS.API.DIRECT.GET.${stream}`,
    `$JS.API.DIRECT.GET.${stream}.>`,
    `$JS.API.CONSUMER.*.${stream}`,
    `$JS.API.CONSUMER.*.${stream}.>`,
    `$JS.API.CONSUMER.MSG.NEXT.${stream}.>`,
  ]);
}

/** What a gateway may publish and subscribe to. */
export function permissionsOf(ledgerId: Uint8Array, address: number): { publish: string[]; subscribe: string[] } {
  const names = namesOf(ledgerId);
  const own = (['block', 'tx', 'head', 'air'] as const).map((kind) => names.subject(kind, address));
  const bucket = `OBJ_${names.bucket}`;
  const publish = [
    ...own,
    `$O.${names.bucket}.>`,
    '$JS.ACK.>',
    '$JS.FC.>',
    '$JS.API.INFO',
    '$JS.API.STREAM.NAMES',
    ...apiSubjects([names.blocks, names.pool, names.heads, bucket]),
    `$JS.API.STREAM.PURGE.${bucket}`,
  ];
  return { publish, subscribe: ['_INBOX.>', names.all('head'), names.all('air')] };
}

function gatewayLines(ledgerId: Uint8Array, { publicKey, address }: GatewayAccess): string {
  const { publish, subscribe } = permissionsOf(ledgerId, address);
  const list = (subjects: string[]): string => subjects.map((subject) => `"${subject}"`).join(', ');
  return `    { nkey: ${publicKey}, permissions: { publish: [${list(publish)}], subscribe: [${list(subscribe)}] } }`;
}

/** The `authorization` block for a server that serves one ledger. */
export function accessLines(ledgerId: Uint8Array, administrator: string, gateways: GatewayAccess[]): string {
  const users = gateways.map((gateway) => gatewayLines(ledgerId, gateway));
  return ['authorization {', '  users: [', `    { nkey: ${administrator} }`, ...users, '  ]', '}', ''].join('\n');
}
