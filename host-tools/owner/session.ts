// What every owner's command starts with: the data directory, its keys, the gateway or the stored chain, and the
// making of one signed transaction. Commands parse flags and print; the rest is here and beside it.
import { CliError, ExitCode } from '../cli/cli-error.ts';
import { readApiToken } from '../gateway/api-token.ts';
import type { ParamsView } from '../gateway/owner-view.ts';
import { GatewayClient, type LedgerReader } from './gateway-client.ts';
import { KeyRing, type PassphraseSource, type Signer } from './key-ring.ts';
import { bytesOf } from './references.ts';
import { defaultTimeoutS, lastValidHeight, send, type Sent } from './send.ts';
import { storedLedger } from './stored-ledger.ts';

export interface SessionOptions {
  /** Data directory: keys, and the chain and token of a gateway of this computer. */
  data: string;
  http: string;
  token?: string;
  offline?: boolean;
  wait?: boolean;
  timeoutS?: number;
}

/** Makes a complete transaction from the signature's circumstances. */
type Make = (ledgerId: Uint8Array, signed: { nonce: number; validUntil: number }) => Uint8Array;

export class Session {
  readonly keys: KeyRing;
  private client: GatewayClient | undefined;

  constructor(private readonly options: SessionOptions, passphraseOf: PassphraseSource) {
    this.keys = new KeyRing(options.data, passphraseOf);
  }

  /** The gateway, or with `offline` the stored chain. */
  async reader(): Promise<LedgerReader> {
    return this.options.offline === true ? storedLedger(this.options.data) : this.gateway();
  }

  gateway(): GatewayClient {
    const { http, token, data } = this.options;
    return (this.client ??= new GatewayClient(http, token ?? readApiToken(data)));
  }

  /** The owner's next nonce; 0 for one whom the ledger does not know. */
  async nonceOf(publicKey: string): Promise<number> {
    return (await this.gateway().account(`owner:${publicKey}`))?.nonce ?? 0;
  }

  /** One signature by `signer`, from its nonce to the block. */
  async submit(params: ParamsView, signer: Signer, make: Make): Promise<Sent> {
    const nonce = await this.nonceOf(signer.publicKey);
    const validUntil = lastValidHeight(params);
    return this.send(params, make(bytesOf(params.ledgerId), { nonce, validUntil }));
  }

  send(params: ParamsView, transaction: Uint8Array): Promise<Sent> {
    const { wait = true, timeoutS = defaultTimeoutS(params) } = this.options;
    return send(this.gateway(), params, transaction, { wait, timeoutS });
  }

  /** The key among ours that owns something. Throws a CliError when it is somebody else's. */
  async signerOf(publicKey: string, what: string): Promise<Signer> {
    const known = this.keys.byPublicKey(publicKey);
    if (known !== undefined) return this.keys.open(known.name);
    throw new CliError(
      `${what} belongs to ${publicKey}, and that key is not here`,
      'Run this where the key is, or bring it here: `fairhop keys import FILE`.',
      ExitCode.CheckFailed,
    );
  }
}
