// Sections of docs/ that a bench writes. A section stands between two comments with the group's name, so
// that several groups and a person can share a page; nothing outside is touched.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../firmware-build/paths.ts';

const begin = (group: string): string => `<!-- begin: bench ${group} -->`;
const end = (group: string): string => `<!-- end: bench ${group} -->`;

/** The page with this section put in its place, or added at the end. */
export function withSection(page: string, group: string, section: string): string {
  const block = `${begin(group)}\n${section.trimEnd()}\n${end(group)}`;
  const from = page.indexOf(begin(group));
  const to = page.indexOf(end(group));
  if (from >= 0 && to > from) return page.slice(0, from) + block + page.slice(to + end(group).length);
  return `${page.trimEnd()}${page.trim() === '' ? '' : '\n\n'}${block}\n`;
}

/** The page's path relative to the repository. */
export function writeSection(file: string, group: string, section: string): string {
  const path = join(ROOT, 'docs', file);
  const page = existsSync(path) ? readFileSync(path, 'utf8') : '';
  writeFileSync(path, withSection(page, group, section));
  return `docs/${file}`;
}
