// Which view is shown: the part of the address behind `#`, so that a view can be bookmarked and the browser's own
// back button works. No DOM beyond the address.
import { signal } from '@preact/signals';

export const VIEWS = [
  { id: 'mesh', name: 'Mesh' },
  { id: 'packets', name: 'Packets' },
  { id: 'node', name: 'Node' },
  { id: 'ledger', name: 'Ledger' },
  { id: 'economy', name: 'Economy' },
  { id: 'dao', name: 'DAO' },
  { id: 'boards', name: 'Boards' },
  { id: 'simulate', name: 'Simulate' },
] as const;
export type ViewId = (typeof VIEWS)[number]['id'];

export interface Route {
  view: ViewId;
  /** What of the view: an address, an account. Foreign text: whoever uses it checks it. */
  id: string | null;
}

export const route = signal<Route>(parse(location.hash));

function parse(hash: string): Route {
  const [view, id] = hash.replace(/^#\/?/, '').split('/', 2);
  const known = VIEWS.find((candidate) => candidate.id === view);
  return { view: known?.id ?? 'mesh', id: known === undefined || id === undefined ? null : id };
}

export function startRoute(): void {
  addEventListener('hashchange', () => (route.value = parse(location.hash)));
}

export function linkTo(view: ViewId, id?: string): string {
  return id === undefined ? `#/${view}` : `#/${view}/${id}`;
}
