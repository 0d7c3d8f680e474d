// The examples at the end of each command's help, by the words that lead to the command; what a command explains
// beside them stands in its own file. A test types every line of it against the commands. Called by program.ts.

export const EXAMPLES: Record<string, readonly string[]> = {
  build: ['fairhop build --board linux-udp', 'fairhop build --board generic-esp32-rfm95 --json'],
  boards: ['fairhop boards', 'fairhop boards --json | jq -r ".[].id"'],
  'node list': ['fairhop node list', 'fairhop node list --all --json', 'fairhop node list --offline --data data'],
  'node join': [
    'fairhop node join 3a7f0012',
    'fairhop node join 3a7f0012 --owner alice --guarantor owner --line 500',
  ],
  'node leave': ['fairhop node leave 3a7f0012', 'fairhop node leave 3a7f0012 --no-wait --json'],
  'node rekey': ['fairhop node rekey 3a7f0012', 'fairhop node rekey 3a7f0012 --timeout 120'],
  'node unvouch': ['fairhop node unvouch 3a7f0012', 'fairhop node unvouch 3a7f0012 --no-wait'],
  'node home': ['fairhop node home 3a7f0012 0a000001'],
  'node name': ['fairhop node name 3a7f0012', 'fairhop node name 3a7f0012 --off'],
  'channel list': ['fairhop channel list 3a7f0012', 'fairhop channel list 3a7f0012 --offline --json'],
  'channel close': ['fairhop channel close 3a7f0012 3'],
  'node publish': ['fairhop node publish 3a7f0012', 'fairhop node publish 3a7f0012 --http http://127.0.0.1:8641'],
  'keys new': ['fairhop keys new alice', 'FAIRHOP_PASSPHRASE=... fairhop keys new alice --json'],
  'keys list': ['fairhop keys list', 'fairhop keys list --data elsewhere --json'],
  'keys export': ['fairhop keys export alice alice.key.json'],
  'keys import': ['fairhop keys import alice.key.json', 'fairhop keys import alice.key.json --as alice-old'],
  balance: ['fairhop balance', 'fairhop balance 3a7f0012 --json', 'fairhop balance pool:0 --offline'],
  transfer: ['fairhop transfer 100 --to 3a7f0012', 'fairhop transfer 5 --from 3a7f0012 --to alice --no-wait'],
  propose: [
    'fairhop propose set-rate levy-local-per-mille 50',
    'fairhop propose admit-member alice 2 --from owner --json',
  ],
  vote: ['fairhop vote', 'fairhop vote 3 yes', 'fairhop vote 3 no --from alice'],
  params: ['fairhop params', 'fairhop params --offline --json'],
  'chain verify': ['fairhop chain verify', 'fairhop chain verify --data elsewhere --json'],
  'chain stats': ['fairhop chain stats', 'fairhop chain stats --json'],
  'chain export': ['fairhop chain export chain.fhc', 'fairhop chain export chain.fhc --data elsewhere'],
  'chain import': ['fairhop chain import chain.fhc --data new-directory'],
  sim: [
    'fairhop sim honest --nodes 20 --hours 2',
    'fairhop sim free-riders --seed 7 --json',
    'fairhop sim droppers --report droppers.html',
  ],
  'sim list': ['fairhop sim list'],
  'sim compare': [
    'fairhop sim compare honest free-riders --hours 6',
    'fairhop sim compare honest no-incentive --json',
  ],
  'sim sweep': [
    'fairhop sim sweep honest,droppers --seeds 1,2,3 --out runs.ndjson',
    'fairhop sim sweep free-riders --grid share=10,30,50 --json',
  ],
  'sim growth': ['fairhop sim growth', 'fairhop sim growth --most 2000'],
  'sim figures': ['fairhop sim figures --days 2'],
  bench: ['fairhop bench', 'fairhop bench --only overhead --json', 'fairhop bench --only frames --write-docs'],
};
