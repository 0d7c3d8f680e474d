// The gateway of the crash test: a data directory, its chain, the owners' API, blocks by the clock; no boards. Prints
// its address and runs until it is killed.
import { ChainService } from '../../host-tools/gateway/chain-service.ts';
import { apiToken } from '../../host-tools/gateway/api-token.ts';
import { linkSecretsOf, openDesk, signBlock } from '../../host-tools/gateway/desk.ts';
import { EndStation } from '../../host-tools/gateway/end-station.ts';
import { Gateway, leasedNumbers } from '../../host-tools/gateway/gateway.ts';
import { startHttpServer } from '../../host-tools/gateway/http/server.ts';
import { OwnerSource } from '../../host-tools/gateway/owner-source.ts';
import { addressText } from '../../host-tools/provision/identity.ts';
import { FakeGateway } from './http/fake-source.ts';

const desk = await openDesk(process.argv[2]!);
const { founding, store, ledger } = desk;
const address = founding.gatewayAddress;
const chain = new ChainService(ledger, store, address, signBlock(desk));
const keyOf = (node: number): Uint8Array | undefined => ledger.account(node)?.linkKey;
const end = new EndStation(address, desk.linkSecretOf(address), founding.ledgerId, keyOf, leasedNumbers(store));
const keys = { blockSeed: founding.blockSeed, ownerSeed: founding.ownerSeed, linkSecretOf: linkSecretsOf(desk) };
const gateway = new Gateway({ address, chain, store, end, keys, nameOf: addressText });
const owners = new OwnerSource(chain, store, gateway);
const limits = { burstRequests: 1e9, requestsPerSecond: 1e9 };
const server = await startHttpServer({
  host: '127.0.0.1', port: 0, source: new FakeGateway(), owners, submitToken: apiToken(desk.directory), limits,
});
setInterval(() => gateway.tick(Date.now()), 20);
console.log(server.url);
