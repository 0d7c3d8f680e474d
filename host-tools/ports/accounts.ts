// Names of groups, read from /etc/group: the node API knows only numbers. Called by the port listing and
// by the remedies, which must print a command that can be pasted.
import { readFileSync } from 'node:fs';

/** Name of a group id, or null when the file does not list it (LDAP, a bare container). */
export function groupName(gid: number, groupFile = '/etc/group'): string | null {
  let text: string;
  try {
    text = readFileSync(groupFile, 'utf8');
  } catch {
    return null;
  }
  for (const line of text.split('\n')) {
    const [name, , id] = line.split(':');
    if (name !== undefined && id !== undefined && Number(id) === gid && id !== '') return name;
  }
  return null;
}
