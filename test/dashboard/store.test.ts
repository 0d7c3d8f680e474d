// What the page knows after snapshots and events in any order: no doubles, newest first, bounded, and
// nothing left of another ledger.
import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import * as store from '../../host-tools/dashboard/page/store.ts';
import { FakeGateway, village } from '../gateway/http/fake-source.ts';

function snapshotOf(gateway: FakeGateway): store.Snapshot {
  return {
    status: gateway.status(),
    mesh: gateway.mesh(),
    packets: gateway.packets(0, 200),
    blocks: gateway.blocks(1e9, 100),
  };
}

describe('the page store', () => {
  beforeEach(() => {
    for (const list of [store.packets, store.blocks, store.status, store.mesh]) list.value = null;
    store.log.value = [];
  });

  it('joins snapshot and events without doubles, newest first', () => {
    const gateway = new FakeGateway();
    for (let i = 0; i < 5; i += 1) gateway.addPacket();
    store.takeSnapshot(snapshotOf(gateway));
    for (const data of gateway.packets(3, 10)) store.takeEvent({ type: 'packet', data });
    store.takeEvent({ type: 'packet', data: gateway.addPacket() });
    assert.deepEqual(
      store.packets.value!.map((packet) => packet.id),
      [6, 5, 4, 3, 2, 1],
    );
    assert.equal(store.newestPacketId(), 6);
  });

  it('keeps a bounded number of everything', () => {
    const gateway = new FakeGateway();
    for (let i = 0; i < 500; i += 1) {
      store.takeEvent({ type: 'packet', data: gateway.addPacket() });
      store.takeEvent({ type: 'block', data: gateway.addBlock() });
      store.takeEvent({ type: 'log', data: { at: '', level: 'info', text: String(i) } });
    }
    assert.deepEqual(
      [store.packets.value!.length, store.blocks.value!.length, store.log.value.length],
      [400, 100, 6],
    );
    assert.equal(store.packets.value![0]!.id, 500);
    assert.equal(store.log.value[0]!.text, '499');
  });

  it('drops everything of another ledger, and nothing of the same', () => {
    const gateway = new FakeGateway();
    gateway.view = village();
    gateway.addPacket();
    store.takeSnapshot(snapshotOf(gateway));
    store.takeEvent({ type: 'status', data: { ...gateway.status(), height: 9 } });
    assert.equal(store.packets.value!.length, 1);
    store.takeEvent({ type: 'status', data: { ...gateway.status(), ledgerId: 'another' } });
    assert.deepEqual([store.packets.value, store.blocks.value, store.mesh.value], [[], [], null]);
  });

  it('hands frames to those who listen, and only while they do', () => {
    const seen: string[] = [];
    const forget = store.onFrame((frame) => seen.push(frame.from));
    const frame = { from: 'a', kind: 'data', bytes: 1, receivedBy: [] };
    store.takeEvent({ type: 'frame', data: frame });
    forget();
    store.takeEvent({ type: 'frame', data: frame });
    assert.deepEqual(seen, ['a']);
  });
});
