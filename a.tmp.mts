import * as m from './host-tools/bench/ledger.ts';
console.table(await m.benchLedger());
