// What is stuck on a board's case: name, address, and a `fairhop:` address that a program can read. Plain text, or
// an SVG of 62 x 29 mm, a usual size of label printers. No QR code: nothing here reads one, and the address is short
// enough to be typed.
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

export function labelText(fields: LabelFields): string {
  const lines = [fields.name, `address ${fields.address}`, `owner ${fields.owner}`, boardUri(fields)];
  const width = Math.max(...lines.map((line) => line.length));
  const rule = `+${'-'.repeat(width + 2)}+`;
  return [rule, ...lines.map((line) => `| ${line.padEnd(width)} |`), rule].join('\n');
}

export function labelSvg(fields: LabelFields): string {
  const text = (y: number, size: number, content: string): string =>
    `  <text x="3" y="${y}" font-family="monospace" font-size="${size}">${escaped(content)}</text>`;
  return [
    '<svg xmlns="http://www.w3.org/2000/svg" width="62mm" height="29mm" viewBox="0 0 62 29">',
    '  <rect x="0.5" y="0.5" width="61" height="28" rx="2" fill="white" stroke="black" stroke-width="0.4"/>',
    text(8, 5, fields.name.slice(0, 18)),
    text(16, 6.5, fields.address),
    text(21.5, 3, `owner ${fields.owner}`),
    text(26, 2.6, boardUri(fields)),
    '</svg>',
    '',
  ].join('\n');
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (c) => ENTITIES[c]!);
}
