// Home Assistant's MQTT discovery (home-assistant.io/integrations/mqtt, "MQTT Discovery"): for every board a
// device with its sensors, for the gateway a device of its own. Pure: a mesh in, topics and payloads out;
// mqtt-bridge.ts sends them.
import type { NodeView, ReadingView } from '../gateway/view.ts';

export interface Message {
  topic: string;
  payload: string;
  retain: boolean;
}

interface Sensor {
  id: string;
  name: string;
  unit?: string;
  deviceClass?: 'battery' | 'voltage' | 'duration' | 'signal_strength';
  stateClass: 'measurement' | 'total_increasing';
  category?: 'diagnostic';
  /** Of the state's JSON. */
  template: string;
  /** Of whether a board has it; every board without. */
  when?: (reading: ReadingView | null) => boolean;
}

/** A template that reads what is not there makes Home Assistant complain with every state. */
function isHeard(reading: ReadingView | null): boolean {
  return reading !== null;
}

const BOARD_SENSORS: Sensor[] = [
  {
    id: 'balance',
    name: 'Balance',
    unit: 'credits',
    stateClass: 'measurement',
    template: '{{ value_json.balance }}',
  },
  {
    id: 'delivered',
    name: 'Packets delivered',
    unit: 'packets',
    stateClass: 'total_increasing',
    template: '{{ value_json.delivered }}',
  },
  {
    id: 'hops',
    name: 'Hops',
    unit: 'hops',
    stateClass: 'measurement',
    category: 'diagnostic',
    template: '{{ value_json.hops }}',
  },
  {
    id: 'uptime',
    name: 'Uptime',
    unit: 's',
    deviceClass: 'duration',
    stateClass: 'measurement',
    category: 'diagnostic',
    template: '{{ value_json.uptimeS }}',
    when: isHeard,
  },
  {
    id: 'relayed',
    name: 'Packets relayed',
    unit: 'packets',
    stateClass: 'total_increasing',
    template: '{{ value_json.relayed }}',
    when: isHeard,
  },
  {
    id: 'battery',
    name: 'Battery',
    unit: 'V',
    deviceClass: 'voltage',
    stateClass: 'measurement',
    template: '{{ value_json.batteryMv / 1000 }}',
    when: (reading) => reading?.batteryMv != null,
  },
];

const GATEWAY_SENSORS: Sensor[] = [
  {
    id: 'height',
    name: 'Chain height',
    unit: 'blocks',
    stateClass: 'total_increasing',
    template: '{{ value_json.height }}',
  },
  {
    id: 'delivered',
    name: 'Packets delivered',
    unit: 'packets',
    stateClass: 'total_increasing',
    template: '{{ value_json.delivered }}',
  },
  {
    id: 'settled',
    name: 'Credits settled',
    unit: 'credits',
    stateClass: 'total_increasing',
    template: '{{ value_json.settledCredits }}',
  },
];

/** Home Assistant takes letters, digits, `_` and `-` in ids; a ledger id and an address are hexadecimal. */
function idOf(ledgerId: string, address: string): string {
  return `fairhop_${ledgerId.slice(0, 8)}_${address}`.replace(/[^\w-]/g, '_');
}

export const availabilityTopic = (base: string): string => `${base}/gateway/availability`;
export const stateTopic = (base: string, address: string): string => `${base}/${address}/state`;

export interface DiscoveryOptions {
  /** Where Home Assistant looks: `homeassistant` unless it was changed there. */
  prefix: string;
  /** Under which our own topics are. */
  base: string;
  ledgerId: string;
  version: string;
}

/** One retained message a sensor of a board. `reading`: its last, which tells what the board can measure. */
export function boardDiscovery(
  options: DiscoveryOptions,
  board: NodeView,
  reading: ReadingView | null,
): Message[] {
  const device = {
    identifiers: [idOf(options.ledgerId, board.address)],
    name: nameOf(board),
    manufacturer: 'Fairhop',
    model: 'LoRa mesh node',
    via_device: idOf(options.ledgerId, 'gateway'),
  };
  const sensors = BOARD_SENSORS.filter(({ when }) => when === undefined || when(reading));
  return sensors.map((sensor) => discovery(options, board.address, device, sensor));
}

export function gatewayDiscovery(options: DiscoveryOptions): Message[] {
  const device = {
    identifiers: [idOf(options.ledgerId, 'gateway')],
    name: 'Fairhop gateway',
    manufacturer: 'Fairhop',
    model: 'Gateway',
    sw_version: options.version,
  };
  return GATEWAY_SENSORS.map((sensor) => discovery(options, 'gateway', device, sensor));
}

function discovery(options: DiscoveryOptions, address: string, device: object, sensor: Sensor): Message {
  const id = `${idOf(options.ledgerId, address)}_${sensor.id}`;
  const payload = {
    name: sensor.name,
    unique_id: id,
    object_id: id,
    state_topic: stateTopic(options.base, address),
    value_template: sensor.template,
    unit_of_measurement: sensor.unit,
    device_class: sensor.deviceClass,
    state_class: sensor.stateClass,
    entity_category: sensor.category,
    availability_topic: availabilityTopic(options.base),
    device,
    origin: { name: 'Fairhop', sw_version: options.version },
  };
  const topic = `${options.prefix}/sensor/${idOf(options.ledgerId, address)}/${sensor.id}/config`;
  return { topic, payload: JSON.stringify(payload), retain: true };
}

/** A name is foreign text: no control characters, and short enough for a card. */
function nameOf({ name, address }: NodeView): string {
  const clean = name
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, ' ')
    .trim()
    .slice(0, 60);
  return clean === '' ? address : clean;
}
