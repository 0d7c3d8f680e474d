// Starts what carries packets and states to other systems, where the user asked for it. Called by run.ts.
import { CliError, ExitCode } from '../cli/cli-error.ts';
import type { GatewaySource } from '../gateway/view.ts';
import { MqttBridge } from './mqtt-bridge.ts';
import { Webhook } from './webhook.ts';

export interface ExportOptions {
  /** Address that gets every packet. */
  webhook?: string;
  /** Address of a broker; user name and password come from the environment, where a list of processes has no eye. */
  mqtt?: string;
}

/** Returns the way to end it. Throws a CliError for an address that is none. */
export async function startExports(
  options: ExportOptions,
  source: GatewaySource,
  tell: (text: string) => void,
): Promise<() => Promise<void>> {
  const closers: (() => Promise<void>)[] = [];
  try {
    if (options.webhook !== undefined) closers.push(startWebhook(options.webhook, source, tell));
    if (options.mqtt !== undefined) closers.push(await startMqtt(options.mqtt, source, tell));
  } catch (error) {
    for (const close of closers) await close();
    if (!(error instanceof RangeError)) throw error;
    const remedy = 'Write --webhook https://HOST/PATH or --mqtt mqtt://HOST:1883.';
    throw new CliError(error.message, remedy, ExitCode.Usage);
  }
  return async () => {
    for (const close of closers) await close();
  };
}

function startWebhook(url: string, source: GatewaySource, tell: (text: string) => void): () => Promise<void> {
  const webhook = new Webhook({ url, tell });
  const unsubscribe = source.subscribe((event) => event.type === 'packet' && webhook.push(event.data));
  return async () => {
    unsubscribe();
    await webhook.close();
  };
}

async function startMqtt(
  url: string,
  source: GatewaySource,
  tell: (text: string) => void,
): Promise<() => Promise<void>> {
  const { FAIRHOP_MQTT_USER: username, FAIRHOP_MQTT_PASSWORD: password } = process.env;
  const bridge = await MqttBridge.open(
    { url, tell, ...(username !== undefined && { username }), ...(password !== undefined && { password }) },
    source,
  );
  return () => bridge.close();
}
