// A test application for a board: fails in known ways when it is told to, so that the monitor's places can be checked
// against the lines of this very file. Built like the firmware, by the tests of the monitor.

interface Depth {
  inner: { value: number } | undefined;
}

function readInner(depth: Depth): number {
  const inner: any = depth.inner;
  return inner.value; // thrown here: first
}

function outer(depth: Depth): number {
  let sum = 1;
  sum += readInner(depth); // called here: first
  return sum;
}

class Counter {
  count: number;

  constructor() {
    this.count = 0;
  }

  step(by: number): void {
    this.count += by;
    if (this.count > 2) throw new Error('counted too far'); // thrown here: second
  }
}

const counter = new Counter();

E.on('packet', function (message: any): void {
  if (message.fail === 'read') outer({ inner: undefined });
  else counter.step(message.by);
});
print(JSON.stringify({ t: 'boot', board: 'thrower', address: 7, name: 'test' }));
