// Another mesh simulator beside ours: Meshtasticator, the discrete-event simulator of the Meshtastic project (Python,
// SimPy). Its program is the caller's, in a folder of his; this only starts it with as many nodes, as long and as often
// sending as ours, without its windows, and reads how much processor time its event loop took.
import { spawn } from 'node:child_process';

export interface PeerPoint {
  runS: number;
  events: number;
  timesRealTime: number;
}

export interface PeerOptions {
  /** Where `loraMesh.py` lies. */
  folder: string;
  /** The interpreter; it has to find SimPy, NumPy, pandas and PyYAML. */
  python: string;
}

const LIMIT_MS = 300_000;

/** Arguments: nodes, seconds simulated, mean seconds between messages of a node, side of the area in metres. */
const DRIVER = `
import runpy, sys, time, types
sys.path.insert(0, '.')
class Nothing:
    def __init__(self, *a, **k): pass
    def __call__(self, *a, **k): return self
    def __getattr__(self, name): return self
windows = types.ModuleType('lib.gui')
windows.Graph = Nothing
windows.plot_schedule = windows.gen_scenario = windows.run_graph_updates = Nothing()
sys.modules['lib.gui'] = windows
from lib.config import CONFIG
import simpy
nodes, seconds, period, side = (int(value) for value in sys.argv[1:5])
CONFIG.SIMTIME, CONFIG.PERIOD = seconds * 1000, period * 1000
CONFIG.XSIZE = CONFIG.YSIZE = side
CONFIG.MOVEMENT_ENABLED = False
loop = simpy.Environment.run
def measured(self, until=None):
    start = time.process_time()
    loop(self, until)
    print('MEASURED', time.process_time() - start, next(self._eid))
    sys.exit(0)
simpy.Environment.run = measured
sys.argv = ['loraMesh.py', str(nodes)]
runpy.run_path('loraMesh.py', run_name='__main__')
`;

/** Undefined when it took too long; throws a RangeError in one sentence when it does not run. */
export async function measurePeer(
  nodes: number,
  seconds: number,
  periodS: number,
  sideM: number,
  options: PeerOptions,
): Promise<PeerPoint | undefined> {
  const args = ['-c', DRIVER, ...[nodes, seconds, periodS, Math.round(sideM)].map(String)];
  const child = spawn(options.python, args, { cwd: options.folder, stdio: ['ignore', 'pipe', 'pipe'] });
  let [output, complaint, late] = ['', '', false];
  child.stdout.on('data', (text: Buffer) => (output += text.toString()));
  child.stderr.on('data', (text: Buffer) => (complaint = (complaint + text.toString()).slice(-400)));
  const timer = setTimeout(() => {
    late = true;
    child.kill('SIGKILL');
  }, LIMIT_MS);
  try {
    await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
  } catch (error) {
    throw new RangeError(`cannot start ${options.python} in ${options.folder}: ${(error as Error).message}`);
  } finally {
    clearTimeout(timer);
  }
  if (late) return undefined;
  const found = /MEASURED (\S+) (\d+)/.exec(output);
  if (found === null) {
    throw new RangeError(`the other simulator does not run: ${complaint.trim().split('\n').at(-1) ?? 'no output'}`);
  }
  const runS = Number(found[1]);
  return { runS, events: Number(found[2]), timesRealTime: seconds / runS };
}
