// Both LoRa drivers on the register-level models of their chips: initialisation, every frame length, and
// each repair. After every test the model must have nothing to complain about.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { RadioFault } from '../../firmware/src/drivers/radio-fault.ts';
import { CHIPS, frameOf, RadioBench, TinyEther } from './radio-bench.ts';

function clean(...benches: RadioBench[]): void {
  for (const bench of benches) assert.deepEqual(bench.radio.model.violations, []);
}

/** Everything about a bench that must not change while it only waits. */
function quiet(bench: RadioBench): void {
  assert.deepEqual(bench.faults, []);
  clean(bench);
}

for (const kind of CHIPS) {
  describe(`driver of the ${kind}`, () => {
    test('comes up, listens, and stays well for an hour', () => {
      const bench = new RadioBench(kind).start();
      bench.run(3600_000);
      assert.ok(bench.hear(frameOf(20)), 'it listens');
      bench.run(10);
      assert.equal(bench.frames.length, 1);
      quiet(bench);
    });

    test('sends every length from 1 to 255 bytes, unchanged, in the time that money is computed from', () => {
      const bench = new RadioBench(kind, new TinyEther(), { spreadingFactor: 7 }).start();
      for (let bytes = 1; bytes <= 255; bytes++) {
        bench.send(frameOf(bytes));
        bench.run(1000);
        const sent = bench.ether.sent[bytes - 1];
        assert.deepEqual(sent?.frame, frameOf(bytes));
        assert.equal(Math.ceil(sent.airtimeUs / 1000), bench.airtimeMs(bytes));
      }
      assert.deepEqual(bench.results, new Array(255).fill(true));
      quiet(bench);
    });

    test('receives every length from 1 to 255 bytes with its strength', () => {
      const bench = new RadioBench(kind).start();
      for (let bytes = 1; bytes <= 255; bytes++) {
        assert.ok(bench.hear(frameOf(bytes, bytes)));
        bench.run(5);
        const got = bench.frames[bytes - 1]!;
        assert.deepEqual(got.frame, frameOf(bytes, bytes));
        assert.ok(Math.abs(got.rssiDbm - -100) <= 1, `${got.rssiDbm} dBm`);
        assert.equal(got.snrDb, -6, '-5.5 dB rounded down');
      }
      quiet(bench);
    });

    test('a busy channel is reported, nothing goes out, and the frame in the air is still received', () => {
      const bench = new RadioBench(kind).start();
      bench.send(frameOf(30));
      bench.run(1);
      bench.jammed = true;
      bench.run(100);
      assert.deepEqual(bench.results, [false]);
      assert.equal(bench.ether.sent.length, 0);
      bench.jammed = false;
      assert.ok(bench.hear(frameOf(12)));
      bench.run(10);
      assert.equal(bench.frames.length, 1);
      bench.send(frameOf(30));
      bench.run(1000);
      assert.deepEqual(bench.results, [false, true]);
      clean(bench);
    });

    test('does not leave a frame that is coming in', () => {
      const bench = new RadioBench(kind).start();
      bench.jammed = true;
      bench.send(frameOf(30));
      bench.run(5);
      assert.deepEqual(bench.results, [false]);
      assert.ok(bench.hear(frameOf(40)), 'reception went on');
      bench.jammed = false;
      bench.run(5);
      assert.equal(bench.frames.length, 1);
      assert.deepEqual(bench.faults, []);
      clean(bench);
    });

    test('a frame that arrived just before a send is delivered, and the send reported busy', () => {
      const bench = new RadioBench(kind).start();
      bench.radio.bank.lostEdges = 1;
      bench.hear(frameOf(9));
      bench.send(frameOf(30));
      bench.run(50);
      assert.equal(bench.frames.length, 1);
      assert.deepEqual(bench.results, [false]);
      clean(bench);
    });

    test('drops and counts damaged frames and frames without CRC', () => {
      const bench = new RadioBench(kind).start();
      bench.hear(frameOf(25), false);
      bench.run(5);
      bench.hear(frameOf(25), true, false);
      bench.run(5);
      assert.deepEqual(bench.faults, [RadioFault.CrcError, RadioFault.NoCrc]);
      assert.equal(bench.frames.length, 0);
      bench.hear(frameOf(25));
      bench.run(5);
      assert.equal(bench.frames.length, 1);
      clean(bench);
    });

    test('a lost interrupt is found by the poll: reception', () => {
      const bench = new RadioBench(kind).start();
      bench.radio.bank.lostEdges = 1;
      bench.hear(frameOf(25));
      bench.run(1100);
      assert.equal(bench.frames.length, 1);
      assert.deepEqual(bench.faults, [RadioFault.LostIrq]);
      clean(bench);
    });

    test('lost interrupts are found by the timer: detection and transmission', () => {
      const bench = new RadioBench(kind).start();
      bench.radio.bank.lostEdges = 2;
      bench.send(frameOf(60));
      bench.run(5000);
      assert.deepEqual(bench.results, [true]);
      assert.deepEqual(bench.faults, [RadioFault.LostIrq, RadioFault.LostIrq]);
      clean(bench);
    });

    test('a transmission that never ends: reset, and the next one goes out', () => {
      const bench = new RadioBench(kind).start();
      bench.radio.model.stuckTransmissions = 1;
      bench.send(frameOf(60));
      bench.run(5000);
      assert.deepEqual(bench.results, [false]);
      assert.deepEqual(bench.faults, [RadioFault.StuckTx]);
      bench.send(frameOf(60));
      bench.run(5000);
      assert.deepEqual(bench.results, [false, true]);
      clean(bench);
    });

    test('faults far apart are each repaired at once', () => {
      const bench = new RadioBench(kind, new TinyEther(), { spreadingFactor: 7 }).start();
      for (let fault = 0; fault < 6; fault++) {
        bench.radio.model.stuckTransmissions = 1;
        bench.send(frameOf(20));
        bench.run(400);
        bench.send(frameOf(20));
        bench.run(3000);
      }
      assert.equal(bench.results.join(), 'false,true,'.repeat(6).slice(0, -1));
      clean(bench);
    });

    test('a detection that never ends: reset, and the next one works', () => {
      const bench = new RadioBench(kind).start();
      bench.radio.model.stuckDetections = 1;
      bench.send(frameOf(60));
      bench.run(1000);
      assert.deepEqual(bench.faults, [RadioFault.StuckCad]);
      bench.send(frameOf(60));
      bench.run(5000);
      assert.deepEqual(bench.results, [false, true]);
      clean(bench);
    });

    test('the chip forgets everything: found by the poll and configured anew', () => {
      const bench = new RadioBench(kind).start();
      bench.radio.model.brownOut();
      bench.run(1500);
      assert.deepEqual(bench.faults, [RadioFault.ChipReset]);
      assert.ok(bench.hear(frameOf(20)));
      bench.run(10);
      assert.equal(bench.frames.length, 1);
      clean(bench);
    });

    for (const exceptions of [1, 2, 3, 5]) {
      test(`${exceptions} bus exceptions at any point of send and receive cost no frame`, () => {
        const bench = new RadioBench(kind, new TinyEther(), { spreadingFactor: 7 }).start();
        for (let sparing = 0; sparing < 40; sparing++) {
          bench.results.length = bench.frames.length = 0;
          bench.ether.sent.length = 0;
          bench.radio.spi.sparing = sparing;
          bench.radio.spi.throwing = exceptions;
          bench.send(frameOf(50, sparing));
          bench.run(400);
          assert.deepEqual(bench.results, [true]);
          assert.deepEqual(bench.ether.sent.map((sent) => sent.frame), [frameOf(50, sparing)]);
          bench.radio.spi.sparing = sparing;
          bench.radio.spi.throwing = exceptions;
          bench.hear(frameOf(70, sparing));
          bench.run(400);
          assert.deepEqual(bench.frames.map((got) => got.frame), [frameOf(70, sparing)]);
        }
        assert.ok(bench.faults.length > 0 && bench.faults.every((code) => code === RadioFault.BusException));
        clean(bench);
      });
    }

    test('a bus that always throws for several bytes is used byte by byte', () => {
      const bench = new RadioBench(kind, new TinyEther(), { spreadingFactor: 7 });
      bench.radio.spi.throwing = Infinity;
      bench.start();
      bench.send(frameOf(200));
      bench.run(2000);
      assert.deepEqual(bench.results, [true]);
      assert.deepEqual(bench.ether.sent[0]!.frame, frameOf(200));
      bench.hear(frameOf(255));
      bench.run(5);
      assert.deepEqual(bench.frames[0]!.frame, frameOf(255));
      clean(bench);
    });

    test('no chip: sends are answered, the attempts get rarer, and a chip that appears is used', () => {
      const bench = new RadioBench(kind);
      bench.radio.spi.dead = true;
      bench.start();
      bench.send(frameOf(10));
      bench.run(5);
      assert.deepEqual(bench.results, [false]);
      bench.run(600_000);
      const attempts = bench.faults.length;
      assert.ok(bench.faults.every((code) => code === RadioFault.NoChip));
      assert.ok(attempts > 5 && attempts < 40, `${attempts} attempts in ten minutes`);
      bench.radio.spi.dead = false;
      bench.run(61_000);
      bench.send(frameOf(10));
      bench.run(3000);
      assert.deepEqual(bench.results, [false, true]);
      clean(bench);
    });

    test('a second send while one is under way, and a frame of a wrong length, are our own bugs', () => {
      const bench = new RadioBench(kind).start();
      assert.throws(() => bench.send(new Uint8Array(0)), /frame length/);
      assert.throws(() => bench.send(new Uint8Array(256)), /frame length/);
      bench.send(frameOf(10));
      assert.throws(() => bench.send(frameOf(10)), /under way/);
      bench.run(3000);
      assert.deepEqual(bench.results, [true]);
      quiet(bench);
    });

    test('a stored configuration that was not usable is reported once', () => {
      const bench = new RadioBench(kind, new TinyEther(), {}, false).start();
      bench.run(5000);
      assert.deepEqual(bench.faults, [RadioFault.BadConfig]);
      clean(bench);
    });

    test('the antenna switch of the processor follows: receive, transmit, receive', () => {
      const bench = new RadioBench(kind).start();
      const level = (pin: string): number => bench.radio.bank.read(bench.radio.bank.pins[pin]!);
      assert.deepEqual([level('D21'), level('D22')], [1, 0]);
      bench.send(frameOf(100));
      bench.run(150);
      assert.deepEqual([level('D21'), level('D22')], [0, 1]);
      bench.run(3000);
      assert.deepEqual([level('D21'), level('D22')], [1, 0]);
      quiet(bench);
    });

    test('the channel and the power on the air are those of the configuration', () => {
      const changes = {
        frequencyHz: 915000000, spreadingFactor: 10, bandwidthHz: 250000,
        syncWord: 0x4b, txPowerDbm: 17, codingRate: 3,
      };
      const bench = new RadioBench(kind, new TinyEther(), changes).start();
      bench.send(frameOf(60));
      bench.run(3000);
      const { settings, airtimeUs } = bench.ether.sent[0]!;
      assert.ok(Math.abs(settings.frequencyHz - changes.frequencyHz) < 100);
      assert.equal(settings.spreadingFactor, 10);
      assert.equal(settings.bandwidthHz, 250000);
      assert.equal(settings.syncWord, 0x4b);
      assert.equal(Math.ceil(airtimeUs / 1000), bench.airtimeMs(60));
      quiet(bench);
    });
  });
}

test('sx1262: a frame that breaks off after its header blocks nothing', () => {
  const bench = new RadioBench('sx1262').start();
  bench.jammed = true;
  bench.send(frameOf(10));
  bench.run(5);
  assert.deepEqual(bench.results, [false]);
  bench.jammed = false;
  bench.run(1100);
  assert.deepEqual(bench.faults, [RadioFault.HeaderError]);
  bench.send(frameOf(10));
  bench.run(2000);
  assert.deepEqual(bench.results, [false, true]);
  clean(bench);
});

test('sx1262: a header flag that stays for ever is taken for stale and does not silence the node', () => {
  const bench = new RadioBench('sx1262').start();
  bench.jammed = true;
  bench.radio.model.stuckDetections = 1;
  for (let attempt = 0; attempt < 60; attempt++) {
    bench.send(frameOf(10));
    bench.run(200);
  }
  assert.ok(bench.faults.includes(RadioFault.StuckCad), 'it went on to detect');
  bench.jammed = false;
  bench.run(3000);
  bench.send(frameOf(10));
  bench.run(2000);
  assert.equal(bench.results.at(-1), true);
  clean(bench);
});

describe('two drivers and a tiny ether', () => {
  for (const [left, right] of [['sx1276', 'sx1276'], ['sx1262', 'sx1262'], ['sx1276', 'sx1262']] as const) {
    test(`${left} and ${right} exchange frames of every length`, () => {
      const ether = new TinyEther();
      const a = new RadioBench(left, ether, { spreadingFactor: 7 }).start();
      const b = new RadioBench(right, ether, { spreadingFactor: 7 }).start();
      for (let bytes = 1; bytes <= 255; bytes++) {
        a.send(frameOf(bytes, 1));
        a.run(700);
        b.send(frameOf(bytes, 2));
        b.run(700);
        assert.deepEqual(b.frames.pop()?.frame, frameOf(bytes, 1));
        assert.deepEqual(a.frames.pop()?.frame, frameOf(bytes, 2));
      }
      assert.deepEqual(ether.sent[0]!.settings.syncWord, ether.sent[1]!.settings.syncWord);
      quiet(a);
      quiet(b);
    });
  }

  test('of two that want to send at the same moment, none is deaf afterwards', () => {
    const ether = new TinyEther();
    const a = new RadioBench('sx1276', ether).start();
    const b = new RadioBench('sx1262', ether).start();
    a.send(frameOf(30, 1));
    b.send(frameOf(30, 2));
    a.run(5000);
    assert.equal(a.results.length, 1);
    assert.equal(b.results.length, 1);
    a.send(frameOf(31, 1));
    a.run(3000);
    assert.deepEqual(b.frames.at(-1)?.frame, frameOf(31, 1));
    clean(a, b);
  });
});
