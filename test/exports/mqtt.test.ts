// The MQTT bridge against a real Mosquitto: discovery arrives retained and in the shape that Home Assistant takes,
// states carry every value that a template reads, a broker that was away is told everything again, and a name
// cannot break out.
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { AddressInfo } from 'node:net';
import { MqttBridge } from '../../host-tools/exports/mqtt-bridge.ts';
import { temporaryDirectory, until } from '../e2e/gateway-process.ts';
import { FakeGateway, village } from '../gateway/http/fake-source.ts';

const broker = ['/usr/sbin/mosquitto', '/usr/bin/mosquitto', '/usr/local/sbin/mosquitto'].find(existsSync);
const missing = broker === undefined ? 'needs Mosquitto: apt-get install mosquitto' : false;
if (missing !== false) it('the MQTT bridge', { skip: missing });

/** home-assistant.io, "MQTT Discovery" and "MQTT Sensor": what a sensor's configuration may hold, and as what. */
const SENSOR: Record<string, 'text' | 'object'> = {
  name: 'text',
  unique_id: 'text',
  object_id: 'text',
  state_topic: 'text',
  value_template: 'text',
  unit_of_measurement: 'text',
  device_class: 'text',
  state_class: 'text',
  entity_category: 'text',
  availability_topic: 'text',
  device: 'object',
  origin: 'object',
};
const SENSORS = 8 * 3 + 2 * 2 + 1 + 3;
const REQUIRED = ['name', 'unique_id', 'state_topic', 'value_template', 'state_class', 'device', 'origin'];
const DEVICE_CLASS_UNITS: Record<string, string[]> = { voltage: ['V', 'mV'], duration: ['s', 'min', 'h', 'd'] };

function checkSensor(topic: string, config: Record<string, any>): void {
  assert.match(topic, /^homeassistant\/sensor\/[A-Za-z0-9_-]+\/[A-Za-z0-9_-]+\/config$/);
  for (const [key, value] of Object.entries(config)) {
    assert.equal(typeof value, SENSOR[key] === 'text' ? 'string' : SENSOR[key], `${topic}: ${key}`);
  }
  for (const key of REQUIRED) assert.ok(key in config, `${topic}: ${key}`);
  assert.ok(['measurement', 'total', 'total_increasing'].includes(config.state_class));
  if (config.device_class !== undefined)
    assert.ok(DEVICE_CLASS_UNITS[config.device_class]!.includes(config.unit_of_measurement));
  if (config.entity_category !== undefined) assert.equal(config.entity_category, 'diagnostic');
  assert.ok(Array.isArray(config.device.identifiers) && config.device.identifiers.length === 1);
  assert.ok(typeof config.origin.name === 'string');
}

describe('the MQTT bridge', { skip: missing, timeout: 120_000 }, () => {
  const data = temporaryDirectory();
  const source = new FakeGateway();
  const told: string[] = [];
  let mosquitto: ChildProcess;
  let port: number;
  let bridge: MqttBridge;
  before(async () => {
    const probe = createServer().listen(0, '127.0.0.1');
    await once(probe, 'listening');
    port = (probe.address() as AddressInfo).port;
    await new Promise((done) => probe.close(done));
    writeFileSync(join(data.path, 'mosquitto.conf'), `listener ${port} 127.0.0.1\nallow_anonymous true\n`);
    source.view = village();
    const reading = { number: 7, uptimeS: 99, batteryMv: 3700, freeVars: 900, received: 12, relayed: 3 };
    source.addPacket({ src: '00000002', reading });
    source.addPacket({ src: '00000003', reading: { ...reading, batteryMv: null } });
    start();
    bridge = await MqttBridge.open(
      { url: `mqtt://127.0.0.1:${port}`, everyMs: 200, tell: (text) => told.push(text) },
      source,
    );
  });
  after(async () => {
    await bridge.close();
    mosquitto.kill('SIGKILL');
    await once(mosquitto, 'exit');
    data.remove();
  });

  function start(): void {
    mosquitto = spawn(broker!, ['-c', join(data.path, 'mosquitto.conf')], { stdio: 'ignore' });
  }

  /** A new listener: what is retained comes to it, as to a Home Assistant that has just started. */
  async function listen(enough: (topics: Map<string, string>) => boolean): Promise<Map<string, string>> {
    const { default: mqtt } = await import('mqtt');
    const client = mqtt.connect(`mqtt://127.0.0.1:${port}`, { reconnectPeriod: 200 });
    const topics = new Map<string, string>();
    client.on('error', () => {});
    client.on('message', (topic, payload) => topics.set(topic, payload.toString()));
    client.on('connect', () => client.subscribe('#'));
    try {
      return await until(async () => topics, enough, 60_000);
    } finally {
      await client.endAsync(true);
    }
  }

  const configs = (topics: Map<string, string>): [string, any][] =>
    [...topics].filter(([topic]) => topic.endsWith('/config')).map(([topic, text]) => [topic, JSON.parse(text)]);

  it('announces every board with its sensors, in the shape that Home Assistant takes', async () => {
    // Eight boards with three sensors each, two that sent a reading with two more, a battery, three of the gateway.
    const topics = await listen((seen) => configs(seen).length >= SENSORS && seen.has('fairhop/00000008/state'));
    const found = configs(topics);
    assert.equal(found.length, SENSORS);
    for (const [topic, config] of found) checkSensor(topic, config);
    assert.equal(new Set(found.map(([, config]) => config.unique_id)).size, SENSORS);
    const battery = found.filter(([, config]) => config.device_class === 'voltage');
    assert.deepEqual(
      battery.map(([, config]) => config.state_topic),
      ['fairhop/00000002/state'],
    );
    assert.equal(topics.get('fairhop/gateway/availability'), 'online');
    for (const [topic, config] of found) {
      assert.equal(config.availability_topic, 'fairhop/gateway/availability', topic);
      const state = JSON.parse(topics.get(config.state_topic)!) as Record<string, unknown>;
      const [, field] = /value_json\.(\w+)/.exec(config.value_template)!;
      assert.ok(field! in state, `${config.state_topic} has no ${field}`);
    }
    const barn = JSON.parse(topics.get('fairhop/00000002/state')!);
    assert.deepEqual([barn.balance, barn.batteryMv, barn.relayed], [4310, 3700, 3]);
  });

  it('carries packets as they come', async () => {
    const listening = listen((seen) => seen.has('fairhop/00000004/packet'));
    const ticking = setInterval(() => source.addPacket({ src: '00000004', text: 'x' }), 100);
    const topics = await listening.finally(() => clearInterval(ticking));
    assert.equal(JSON.parse(topics.get('fairhop/00000004/packet')!).text, 'x');
  });

  it('says everything again to a broker that was away and forgot it', async () => {
    mosquitto.kill('SIGKILL');
    await once(mosquitto, 'exit');
    await until(
      async () => told.length,
      (count) => count >= 1,
      60_000,
    );
    start();
    const topics = await listen((seen) => configs(seen).length >= SENSORS);
    assert.equal(topics.get('fairhop/gateway/availability'), 'online');
    assert.match(told.join('\n'), /away.*\n.*connected again/s);
  });

  it('does not let a name break out', async () => {
    source.view = village();
    source.view.nodes[3]!.name = '{{ 7*7 }}\n\u202e"}#+/<script>';
    source.view.nodes[4]!.name = '   ';
    const named = (seen: Map<string, string>): any =>
      configs(seen).find(([topic]) => topic.includes('00000004/balance'));
    const topics = await listen((seen) => named(seen)?.[1].device.name.includes('script'));
    const config = named(topics)![1];
    checkSensor(named(topics)![0], config);
    assert.ok(!/[\n\u202e]/.test(config.device.name));
    assert.equal(config.value_template, '{{ value_json.balance }}');
  });

  it('refuses what is no broker', async () => {
    for (const url of ['', 'http://x', 'mqtt://', 'localhost:1883'])
      await assert.rejects(MqttBridge.open({ url, tell: () => {} }, source), RangeError, url);
  });
});
