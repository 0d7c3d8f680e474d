// Layout and scene without a canvas: positions in metres stay true to scale, forces separate the rest, work
// stops, and labels keep out of each other's way.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MeshLayout } from '../../host-tools/dashboard/page/graph/layout.ts';
import { buildScene, type Scene } from '../../host-tools/dashboard/page/graph/scene.ts';
import { frameGroup } from '../../host-tools/dashboard/page/graph/theme.ts';
import type { MeshView } from '../../host-tools/gateway/view.ts';
import { crowd, village } from '../gateway/http/fake-source.ts';

const UNKNOWN = { rssiBackDbm: null, qualityAb: null, qualityBa: null };
const SIZE = { width: 980, height: 460 };
const textWidth = (text: string): number => text.length * 7;

function sceneOf(mesh: MeshView, size = SIZE): Scene {
  const layout = new MeshLayout();
  layout.update(mesh);
  return buildScene(mesh, layout, size, textWidth);
}

function insideOf(scene: Scene, size: { width: number; height: number }): boolean {
  return scene.nodes.every((node) => node.x >= 0 && node.x <= size.width && node.y >= 0 && node.y <= size.height);
}

describe('the graph', () => {
  it('draws known positions as a map: one scale, north up, still', () => {
    const mesh = village();
    const layout = new MeshLayout();
    layout.update(mesh);
    assert.ok(layout.isMap && !layout.moving);
    const scene = buildScene(mesh, layout, SIZE, textWidth);
    const [a, b] = [mesh.nodes[0]!, mesh.nodes[4]!];
    const [at, bt] = [scene.byAddress.get(a.address)!, scene.byAddress.get(b.address)!];
    const drawn = {
      x: (bt.x - at.x) / scene.pixelsPerMetre!,
      y: (at.y - bt.y) / scene.pixelsPerMetre!,
    };
    assert.ok(Math.abs(drawn.x - (b.x! - a.x!)) < 1e-6 && Math.abs(drawn.y - (b.y! - a.y!)) < 1e-6);
    assert.ok(insideOf(scene, SIZE));
  });

  it('does not lay out again when only figures change', () => {
    const layout = new MeshLayout();
    const mesh = crowd(30);
    assert.equal(layout.update(mesh), true);
    const before = layout.nodes.map((node) => [node.x, node.y]);
    const richer = {
      ...mesh,
      nodes: mesh.nodes.map((node) => ({ ...node, balance: node.balance + 5, lastSeenS: 3 })),
    };
    assert.equal(layout.update(richer), false);
    assert.deepEqual(
      layout.nodes.map((node) => [node.x, node.y]),
      before,
    );
    assert.equal(layout.nodes[0]!.view.balance, mesh.nodes[0]!.balance + 5);
  });

  it('settles a large mesh and then stops', () => {
    const layout = new MeshLayout();
    layout.update(crowd(300));
    let frames = 0;
    for (; layout.moving; frames += 1) layout.tick();
    assert.ok(frames > 10 && frames < 200, `${frames} frames`);
    assert.ok(layout.nodes.every((node) => Number.isFinite(node.x) && Number.isFinite(node.y)));
  });

  it('forgets boards that left and places new ones beside known positions', () => {
    const layout = new MeshLayout();
    const mesh = village();
    layout.update(mesh);
    const stranger = { ...mesh.nodes[1]!, address: 'ffffffff', x: null, y: null };
    const link = { a: 'ffffffff', b: '00000002', rssiDbm: null, ...UNKNOWN, payableLinks: 0 };
    layout.update({ nodes: [...mesh.nodes.slice(0, 3), stranger], links: [link], map: null });
    assert.equal(layout.nodes.length, 4);
    assert.ok(!layout.isMap);
    assert.ok(Number.isFinite(layout.node('ffffffff')!.x));
  });

  it('survives a mesh that contradicts itself', () => {
    const mesh = village();
    const odd = { rssiDbm: 1e9, ...UNKNOWN, payableLinks: 0 };
    const links = [
      ...mesh.links,
      { a: 'nobody', b: '00000001', ...odd },
      { a: '00000001', b: '00000001', ...odd },
    ];
    const same = mesh.nodes.map((node) => ({ ...node, x: 5, y: 5 }));
    for (const nodes of [mesh.nodes, same, mesh.nodes.slice(0, 1), [mesh.nodes[0]!, mesh.nodes[0]!], []]) {
      for (const size of [SIZE, { width: 0, height: 0 }]) {
        const scene = sceneOf({ nodes, links, map: null }, size);
        assert.ok(
          scene.nodes.every((node) => Number.isFinite(node.x) && Number.isFinite(node.y) && node.radius > 0),
        );
        assert.ok(scene.links.every((drawn) => drawn.a !== drawn.b && drawn.strength >= 0 && drawn.strength <= 1));
      }
    }
  });

  it('keeps labels apart where there is room, and leaves them out of a crowd', () => {
    const boxes = sceneOf(village()).nodes.map(({ label, name }) => {
      const width = textWidth(name);
      const left =
        label!.align === 'center' ? label!.x - width / 2 : label!.align === 'left' ? label!.x : label!.x - width;
      return { left, right: left + width, top: label!.y - 7, bottom: label!.y + 7 };
    });
    for (const [i, a] of boxes.entries()) {
      for (const b of boxes.slice(i + 1)) {
        assert.ok(a.right <= b.left || b.right <= a.left || a.bottom <= b.top || b.bottom <= a.top);
      }
    }
    assert.ok(sceneOf(crowd(200)).nodes.every((node) => node.label === null));
  });

  it('tells the purposes of frames apart, whatever the case', () => {
    const groups = ['DATA', 'data', 'Receipt', 'PAY', 'open', 'HELLO', 'nack', ''].map(frameGroup);
    assert.deepEqual(groups, ['data', 'data', 'receipt', 'pay', 'pay', 'control', 'control', 'control']);
  });
});
