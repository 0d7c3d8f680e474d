// Which entries are shown: `--filter` takes kinds ("payment,route"), kinds to leave out ("!status") and a pattern
// ("/3a7f/"). Several filters all have to agree. Gaps, resets and errors are what a monitor is for, so kinds alone do
// not hide them; only naming them with "!" does.
import { CliError, ExitCode } from '../cli/cli-error.ts';
import { KINDS, type Entry, type Kind } from './entry.ts';

export type Filter = (entry: Entry) => boolean;

const ALWAYS: readonly Kind[] = ['gap', 'reset', 'error', 'trace'];

/** Throws a CliError for what is neither a kind nor a pattern. */
export function parseFilters(texts: readonly string[]): Filter {
  const filters = texts.map(parseFilter);
  return (entry) => filters.every((filter) => filter(entry));
}

function parseFilter(text: string): Filter {
  const pattern = /^\/(.+)\/$/.exec(text)?.[1];
  if (pattern !== undefined) return matching(pattern);
  const words = text.split(',').map((word) => word.trim());
  const wanted = words.filter((word) => !word.startsWith('!')).map(kindOf);
  const unwanted = words.filter((word) => word.startsWith('!')).map((word) => kindOf(word.slice(1)));
  const shown = new Set<Kind>(wanted.length > 0 ? [...wanted, ...ALWAYS] : KINDS);
  for (const kind of unwanted) shown.delete(kind);
  return ({ kind }) => shown.has(kind);
}

function matching(pattern: string): Filter {
  try {
    const expression = new RegExp(pattern, 'i');
    return ({ text, kind }) => kind === 'gap' || expression.test(text);
  } catch {
    throw new CliError(
      `--filter /${pattern}/ is no regular expression`,
      'escape what is special with \\',
      ExitCode.Usage,
    );
  }
}

function kindOf(word: string): Kind {
  const kind = KINDS.find((known) => known === word);
  if (kind !== undefined) return kind;
  throw new CliError(
    `--filter does not know "${word}"`,
    `use /PATTERN/ or some of ${KINDS.join(', ')}; "!" before one leaves it out`,
    ExitCode.Usage,
  );
}
