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
    ...['Channels.resumed', 'Payments.concede', 'Routes.unbackUntil', 'Wallet.leased'],
  ],
  [
    ...['Wallet.signSlice', 'digitSecret', 'bookPrefix', 'Payments.composePay', 'Wallet.lease'],
    ...['Wallet.startSigning', 'digitsOf'],
  ],
  [
    ...['MeshNode.receiveSync', 'Core.authenticateSync', 'Core.syncFrame'],
    ...['MeshNode.composeSync', 'Neighbours.keyed', 'MeshNode.extend'],
  ],
  [
    ...['Carrier.receiveNack', 'Carrier.retry', 'Carrier.broken', 'Routes.breakTo'],
    ...['Routes.breakVia', 'Routes.breakAt'],
  ],
  [
    ...['Greeter.takeRoutes', 'Greeter.meet', 'Neighbours.heard', 'Neighbours.stale', 'Greeter.pickRoutes'],
    ...['Greeter.hurry', 'Greeter.soon', 'checkHello'],
  ],
  ['Relay.originate', 'Relay.backable', 'Relay.receiveOwn', 'Relay.unsendable', 'Settlement.hostReceipt'],
  [
    ...['Endpoint.seenBefore', 'Endpoint.toHost', 'Endpoint.sendForHost', 'Keys.put', 'Keys.endMac'],
    ...['Keys.endCipher', 'packetNonce', 'preimage', 'hmac', 'isService', 'macKey'],
  ],
  [
    ...['MeshNode.receiveFlood', 'Floods.answered', 'Floods.affords', 'Floods.seek', 'Floods.broadcast'],
    ...['Floods.announce', 'Floods.composeReply', 'Floods.receiveReply'],
  ],
  [
    ...['LedgerView.askTime', 'LedgerView.askKey', 'LedgerView.askProof', 'LedgerView.unchecked'],
    ...['LedgerView.receiveParams', 'LedgerView.assembled', 'LedgerView.time', 'LedgerView.proof'],
  ],
  [
    ...['HeaderChain.startWalk', 'HeaderChain.endWalk', 'HeaderChain.wait', 'checkFragment'],
    ...['Reassembly.slotFor', 'NodeClock.answer', 'driftMs'],
  ],
  [
    ...['verifyProof', 'leafHash', 'recordKey', 'sharesPath', 'strayBits', 'countBits', 'endHash', 'headerMac'],
    ...['writeHeader'],
  ],
  [
    ...['checkNack', 'checkResync', 'checkOpen', 'checkBroadcast', 'checkFlood', 'checkState'],
    ...['checkTime', 'checkParams', 'checkKeyReply', 'checkProof'],
  ],
  ['counterBlocks', 'encryptBlocks', 'outOfMemory', 'bytesText', 'textBytes', 'encodeReading', 'fromHex'],
  ['boot', 'readConfig', 'start', 'defaultLoraConfig', 'applyStoredConfig', 'takeFields', 'within', 'isBandwidth'],
  ['boardIo', 'readLoraConfig', 'wired', 'powerUp', 'axp192PowerUp', 'i2cPort'],
  [
    ...['Sx127x.startImageCalibration', 'Sx127x.configure', 'Sx127x.bandwidthCode', 'Sx127x.applyErrata'],
    ...['Sx127x.setPower', 'Sx127x.setFrequency', 'Sx127x.verify', 'LoraEngine.reboot', 'LoraEngine.detectMsMax'],
  ],
  [
    ...['Sx126x.startCalibration', 'Sx126x.calibrateImage', 'Sx126x.configure', 'Sx126x.applyErrata'],
    ...['Sx126x.setPower', 'Sx126x.setFrequency', 'Sx126x.bandwidthCode', 'Sx126x.syncWordMsb'],
    ...['Sx126x.setAmplifier', 'Sx126x.setCadParams', 'Sx126x.setIrqParams', 'tcxoCode', 'SpiBus.sendBytes'],
  ],
];
