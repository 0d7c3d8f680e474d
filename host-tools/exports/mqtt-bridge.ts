// Packets, board states and Home Assistant discovery to an MQTT broker. The client package reconnects by itself; while
// the broker is away nothing is queued beyond its bound, because states are sent anew anyway. Publishes only; nothing
// that comes from the broker is obeyed. Loaded only where it was asked for.
import type { MqttClient } from 'mqtt';
import type { GatewaySource, NodeView, PacketView, ReadingView } from '../gateway/view.ts';
import {
  availabilityTopic,
  boardDiscovery,
  gatewayDiscovery,
  stateTopic,
  type DiscoveryOptions,
  type Message,
} from './home-assistant.ts';

export interface MqttOptions {
  url: string;
  /** First part of every topic. */
  base?: string;
  /** Where Home Assistant looks for discovery. */
  discoveryPrefix?: string;
  username?: string;
  password?: string;
  /** How often states go out. */
  everyMs?: number;
  tell(text: string): void;
}

/** Messages that wait for the broker; packets beyond it are dropped and counted. */
const WAITING_MAX = 500;
const BOARDS_MAX = 1024;

export class MqttBridge {
  readonly counters = { sent: 0, dropped: 0 };
  private readonly readings = new Map<string, ReadingView>();
  /** Discovery that was sent, by topic; sent anew only when it changed. */
  private readonly announced = new Map<string, string>();
  private readonly unsubscribe: () => void;
  private readonly ticker: NodeJS.Timeout;
  private waiting = 0;

  private constructor(
    private readonly client: MqttClient,
    private readonly source: GatewaySource,
    private readonly options: Required<Omit<MqttOptions, 'username' | 'password'>>,
  ) {
    for (const packet of source.packets(0, 1000)) this.remember(packet);
    this.unsubscribe = source.subscribe((event) => event.type === 'packet' && this.packet(event.data));
    this.ticker = setInterval(() => this.states(), this.options.everyMs).unref();
    let isDown = false;
    client.on('connect', () => {
      if (isDown) options.tell('mqtt: connected again');
      isDown = false;
      this.announced.clear();
      this.send({ topic: availabilityTopic(options.base), payload: 'online', retain: true });
      this.states();
    });
    client.on('close', () => {
      if (!isDown) options.tell('mqtt: the broker is away; it is tried again every few seconds');
      isDown = true;
    });
    // Without a listener an error would end the gateway; the close event tells of it.
    client.on('error', (error) => isDown || options.tell(`mqtt: ${error.message}`));
  }

  /** Returns at once; the broker may come later. Throws a RangeError with one sentence for a bad address. */
  static async open(options: MqttOptions, source: GatewaySource): Promise<MqttBridge> {
    const { url, username, password, base = 'fairhop', discoveryPrefix = 'homeassistant' } = options;
    if (!/^mqtts?:\/\/[^/\s]+/.test(url)) throw new RangeError(`${JSON.stringify(url)} is no address of a broker`);
    const { default: mqtt } = await import('mqtt');
    const client = mqtt.connect(url, {
      reconnectPeriod: 3000,
      connectTimeout: 5000,
      queueQoSZero: false,
      will: { topic: availabilityTopic(base), payload: Buffer.from('offline'), qos: 1, retain: true },
      ...(username !== undefined && { username }),
      ...(password !== undefined && { password }),
    });
    const { everyMs = 10_000, tell } = options;
    return new MqttBridge(client, source, { url, base, discoveryPrefix, everyMs, tell });
  }

  async close(): Promise<void> {
    this.unsubscribe();
    clearInterval(this.ticker);
    if (this.client.connected)
      await this.client.publishAsync(availabilityTopic(this.options.base), 'offline', { qos: 1, retain: true });
    await this.client.endAsync(true);
  }

  private remember({ src, reading }: PacketView): void {
    if (reading === null || (this.readings.size >= BOARDS_MAX && !this.readings.has(src))) return;
    this.readings.set(src, reading);
  }

  private packet(packet: PacketView): void {
    this.remember(packet);
    this.send({
      topic: `${this.options.base}/${packet.src}/packet`,
      payload: JSON.stringify(packet),
      retain: false,
    });
    const board = this.source.mesh().nodes.find(({ address }) => address === packet.src);
    if (board !== undefined) this.board(board);
  }

  private states(): void {
    const status = this.source.status();
    const discovery = this.discoveryOptions();
    for (const message of gatewayDiscovery(discovery)) this.announce(message);
    this.send({ topic: stateTopic(this.options.base, 'gateway'), payload: JSON.stringify(status), retain: true });
    for (const board of this.source.mesh().nodes.slice(0, BOARDS_MAX)) this.board(board);
  }

  private board(board: NodeView): void {
    const reading = this.readings.get(board.address) ?? null;
    for (const message of boardDiscovery(this.discoveryOptions(), board, reading)) this.announce(message);
    const state = { ...board, ...reading };
    this.send({
      topic: stateTopic(this.options.base, board.address),
      payload: JSON.stringify(state),
      retain: true,
    });
  }

  private discoveryOptions(): DiscoveryOptions {
    const { ledgerId, version } = this.source.status();
    return { prefix: this.options.discoveryPrefix, base: this.options.base, ledgerId, version };
  }

  private announce(message: Message): void {
    if (this.announced.get(message.topic) === message.payload) return;
    if (this.send(message)) this.announced.set(message.topic, message.payload);
  }

  /** False when it was dropped: the broker is away, or does not keep up. */
  private send({ topic, payload, retain }: Message): boolean {
    if (!this.client.connected || this.waiting >= WAITING_MAX) {
      this.counters.dropped++;
      return false;
    }
    this.waiting++;
    this.client.publish(topic, payload, { qos: 1, retain }, (error) => {
      this.waiting--;
      if (error === undefined || error === null) this.counters.sent++;
      else this.counters.dropped++;
    });
    return true;
  }
}
