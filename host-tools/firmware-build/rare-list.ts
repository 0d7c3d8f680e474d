// Which functions of the firmware are made when they are called (rare-functions.ts): those that run at boot, once for a
// channel, a neighbour or a fault, or seconds apart. In a group the ones called most come first; a group stays below
// some thousand characters, since a call reads over those before it. Never one that every packet needs.

export const RARE: readonly (readonly string[])[] = [
  ['Channels.receiveState', 'Channels.outState', 'Channels.inState', 'Channels.switchChain'],
  [
    ...['Channels.asked', 'Channels.claimOf', 'Channels.askIn', 'Channels.askOut', 'Channels.askState'],
    ...['Channels.receiveOpen', 'Channels.composeOpen', 'RetiredClaims.settled'],
  ],
  [
    ...['Channels.pushResync', 'Channels.resync', 'Channels.composeResync', 'Channels.receiveResync'],
    ...['Channels.resumed', 'Payments.concede'],
  ],
  ['Wallet.signSlice', 'Payments.composePay', 'Wallet.lease', 'Wallet.startSigning'],
  [
    ...['MeshNode.receiveSync', 'Core.authenticateSync', 'Core.syncFrame', 'MeshNode.composeSync'],
    ...['MeshNode.composeNack', 'Neighbours.keyed', 'MeshNode.extend'],
  ],
  ['Carrier.receiveNack', 'Carrier.expire', 'Carrier.broken'],
  ['Greeter.meet', 'Greeter.pickRoutes', 'Greeter.hurry', 'Greeter.soon'],
  [
    ...['Endpoint.seenBefore', 'Endpoint.toHost', 'Endpoint.sendForHost'],
    ...['Relay.receiveOwn', 'Relay.unsendable'],
  ],
  [
    ...['Floods.answered', 'Floods.affords', 'Floods.broadcast', 'Floods.announce', 'Floods.seek'],
    ...['Floods.composeReply', 'Floods.receiveReply'],
  ],
  [
    ...['LedgerView.askTime', 'LedgerView.askKey', 'LedgerView.askProof', 'LedgerView.unchecked'],
    ...['LedgerView.receiveParams', 'LedgerView.assembled', 'LedgerView.time', 'LedgerView.proof'],
  ],
  ['boot', 'readConfig', 'start', 'defaultLoraConfig', 'applyStoredConfig', 'takeFields', 'within', 'isBandwidth'],
  ['boardIo', 'readLoraConfig', 'wired', 'powerUp', 'axp192PowerUp'],
];
