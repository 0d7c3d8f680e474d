// Tables, all alike: caption for screen readers, a scrolling region that the keyboard reaches, sticky heads.
import type { ComponentChildren } from 'preact';

export interface Column {
  name: string;
  number?: boolean;
  /** Left out on a phone. */
  wideOnly?: boolean;
}

interface TableProps {
  caption: string;
  columns: readonly Column[];
  children: ComponentChildren;
  /** A class of the style sheet for the region. */
  kind?: string;
}

export function Table({ caption, columns, children, kind = '' }: TableProps) {
  return (
    <div class={`scroll ${kind}`} tabIndex={0} role="region" aria-label={caption}>
      <table>
        <caption class="hidden">{caption}</caption>
        <thead>
          <tr>
            {columns.map(({ name, number = false, wideOnly = false }) => (
              <th scope="col" key={name} class={`${number ? 'number' : ''} ${wideOnly ? 'wide-only' : ''}`}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}

/** A panel with a title: the unit that every view is made of. */
export function Panel({ title, hint, tools, children, kind = '' }: PanelProps) {
  const id = `panel-${title.toLowerCase().replace(/[^a-z]+/g, '-')}`;
  return (
    <section class={`panel ${kind}`} aria-labelledby={id}>
      <div class="title">
        <h2 id={id}>{title}</h2>
        {hint !== undefined && <p>{hint}</p>}
        {tools}
      </div>
      {children}
    </section>
  );
}

interface PanelProps {
  title: string;
  hint?: ComponentChildren;
  tools?: ComponentChildren;
  children: ComponentChildren;
  kind?: string;
}

/** A figure with its name, in a row of them. */
export function Tile({ id, name, value, unit, note }: TileProps) {
  return (
    <div class="tile">
      <dt>{name}</dt>
      <dd>
        <b id={id}>{value}</b>
        {unit !== undefined && <span class="unit"> {unit}</span>}
        {note !== undefined && <small>{note}</small>}
      </dd>
    </div>
  );
}

interface TileProps {
  id?: string;
  name: string;
  value: string;
  unit?: string;
  note?: ComponentChildren;
}
