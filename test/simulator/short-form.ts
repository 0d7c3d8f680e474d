// The short form of every scenario: twelve nodes, twenty-four minutes, and clocks fast enough for a dozen money
// rounds. Long enough for channels, claims and cheats; too short for the economy to settle, which docs/economics.md
// measures.
export const SHORT = [
  'nodes=12', 'hours=0.4', 'blockIntervalS=60', 'moneyRound=2', 'epoch=24', 'chains=8', 'creditLineP=64',
  'freePerMille=3',
];

/** A world of a few seconds' work, for tests that need many. */
export const TINY = ['nodes=8', 'hours=0.5', 'blockIntervalS=60', 'moneyRound=2', 'epoch=24', 'chains=6'];
