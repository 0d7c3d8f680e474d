// What a view shows while it has nothing to show: why, and what to do about it.
import type { ComponentChildren } from 'preact';
import type { ApiError } from '../fetch-json.ts';
import { visible } from '../format.ts';

export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <p>
        <strong>{title}</strong>
      </p>
      {children !== undefined && <p>{children}</p>}
    </div>
  );
}

/** While the first answer is awaited, and when it was a refusal. */
export function Waiting({ error }: { error: ApiError | null }) {
  if (error === null) return <Empty title="Asking the gateway …" />;
  return <Empty title={visible(error.message, 120)}>{visible(error.remedy, 200)}</Empty>;
}
