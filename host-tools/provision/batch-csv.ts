// The list of boards for batch provisioning: a CSV file with a header line, of which `port` is needed and `name`,
// `owner` and `guarantor` are not. Quotes as in RFC 4180. Pure; what is wrong is said with its line.
import { CliError, ExitCode } from '../cli/cli-error.ts';

export interface BatchRow {
  port: string;
  name?: string;
  owner?: string;
  guarantor?: string;
}

const COLUMNS = ['port', 'name', 'owner', 'guarantor'] as const;
const ROWS_MAX = 1000;

/** Throws a CliError. */
export function parseBatch(text: string): BatchRow[] {
  const lines = text.replace(/^\ufeff/, '').split(/\r?\n/);
  const header = fieldsOf(lines[0] ?? '', 1).map((column) => column.trim().toLowerCase());
  const unknown = header.find((column) => !(COLUMNS as readonly string[]).includes(column));
  if (unknown !== undefined) throw wrong(1, `there is no column "${unknown}"`);
  if (!header.includes('port')) throw wrong(1, 'the column "port" is missing');
  const rows: BatchRow[] = [];
  lines.slice(1).forEach((line, index) => {
    if (line.trim() === '') return;
    const fields = fieldsOf(line, index + 2);
    if (fields.length !== header.length)
      throw wrong(index + 2, `${fields.length} fields where the first line has ${header.length}`);
    const filled = header
      .map((column, i) => [column, fields[i]!.trim()] as const)
      .filter(([, value]) => value !== '');
    const row = Object.fromEntries(filled) as Partial<BatchRow>;
    if (row.port === undefined) throw wrong(index + 2, 'no port');
    if (rows.some(({ port }) => port === row.port)) throw wrong(index + 2, `${row.port} is named twice`);
    rows.push({ ...row, port: row.port });
  });
  if (rows.length === 0) throw wrong(2, 'no board is listed');
  if (rows.length > ROWS_MAX) throw wrong(ROWS_MAX, 'too many boards');
  return rows;
}

function fieldsOf(line: string, number: number): string[] {
  const fields: string[] = [];
  let at = 0;
  do {
    const quoted = /^\s*"((?:[^"]|"")*)"\s*(?=,|$)/.exec(line.slice(at));
    const plain = /^[^,"]*(?=,|$)/.exec(line.slice(at));
    const match = quoted ?? plain;
    if (match === null) throw wrong(number, 'a quote that does not end or stands within a field');
    fields.push(quoted === null ? match[0] : quoted[1]!.replaceAll('""', '"'));
    at += match[0].length + 1;
  } while (at <= line.length);
  return fields;
}

function wrong(line: number, what: string): CliError {
  const remedy = `the first line names the columns (${COLUMNS.join(',')}), each further line is a board`;
  return new CliError(`line ${line} of the list: ${what}`, remedy, ExitCode.Usage);
}
