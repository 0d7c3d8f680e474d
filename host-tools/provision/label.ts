// What is stuck on a board's case: name, address, and a `fairhop:` URI as text and as QR code (ISO/IEC 18004, level M,
// made by a library), for terminals and as SVG of 62 x 29 mm, a usual size of label printers. Nothing on it is secret.
// Called by `fairhop provision`.
import qrcode from 'qrcode-generator';

export interface LabelFields {
  name: string;
  address: string;
  ledger: string;
  owner: string;
}

/** `fairhop:ADDRESS@LEDGER`: which node, on which ledger. */
export function boardUri({ address, ledger }: Pick<LabelFields, 'address' | 'ledger'>): string {
  return `fairhop:${address}@${ledger}`;
}

/** The light border that a reader needs around the code, in modules (ISO/IEC 18004, 5.3.8). */
const QUIET = 4;

/** A frame of lines of one length; the code under it, for a phone held to the terminal. */
export function labelText(fields: LabelFields): string {
  const lines = [fields.name, `address ${fields.address}`, `owner ${fields.owner}`, boardUri(fields)];
  const width = Math.max(...lines.map((line) => line.length));
  const rule = `+${'-'.repeat(width + 2)}+`;
  return [rule, ...lines.map((line) => `| ${line.padEnd(width)} |`), rule, ...qrLines(boardUri(fields))].join(
    '\n',
  );
}

export function labelSvg(fields: LabelFields): string {
  const text = (y: number, size: number, content: string): string =>
    `  <text x="31" y="${y}" font-family="monospace" font-size="${size}">${escaped(content)}</text>`;
  const modules = qrModules(boardUri(fields));
  return [
    '<svg xmlns="http://www.w3.org/2000/svg" width="62mm" height="29mm" viewBox="0 0 62 29">',
    '  <rect x="0.5" y="0.5" width="61" height="28" rx="2" fill="white" stroke="black" stroke-width="0.4"/>',
    `  <svg x="2" y="1" width="27" height="27" viewBox="0 0 ${modules.length} ${modules.length}">`,
    `    <path shape-rendering="crispEdges" d="${qrPath(modules)}"/>`,
    '  </svg>',
    text(8, 4, fields.name.slice(0, 12)),
    text(15, 5, fields.address),
    text(20.5, 2.6, `owner ${fields.owner.slice(0, 14)}`),
    text(25, 2.2, `@${fields.ledger}`),
    '</svg>',
    '',
  ].join('\n');
}

/** Rows of modules, true is dark, quiet border included. */
function qrModules(text: string): boolean[][] {
  const code = qrcode(0, 'M');
  code.addData(text);
  code.make();
  const count = code.getModuleCount();
  const inside = (at: number): boolean => at >= 0 && at < count;
  const indices = Array.from({ length: count + 2 * QUIET }, (_, index) => index - QUIET);
  return indices.map((row) => indices.map((column) => inside(row) && inside(column) && code.isDark(row, column)));
}

/** Two rows a line. Light is drawn, as terminals are dark more often than not; readers take both. */
function qrLines(text: string): string[] {
  const modules = qrModules(text);
  const lines: string[] = [];
  for (let row = 0; row < modules.length; row += 2) {
    const lower = modules[row + 1];
    lines.push(
      modules[row]!.map((dark, column) => BLOCKS[(dark ? 0 : 2) + (lower?.[column] === false ? 1 : 0)]!).join(''),
    );
  }
  return lines;
}

/** By which half is light: none, the lower, the upper, both. */
const BLOCKS = [' ', '\u2584', '\u2580', '\u2588'];

/** One run of dark modules a subpath. */
function qrPath(modules: boolean[][]): string {
  const runs = modules.map((row, y) => {
    const bits = row.map((dark) => (dark ? '1' : '0')).join('');
    return Array.from(
      bits.matchAll(/1+/g),
      ({ 0: run, index }) => `M${index} ${y}h${run.length}v1h-${run.length}z`,
    ).join('');
  });
  return runs.join('');
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (c) => ENTITIES[c]!);
}
