// The gateway's token as the page holds it: typed once for all views, for as long as the page is open, and nowhere
// else. Used by the views that change something.
import { signal } from '@preact/signals';
import type { ApiError } from '../fetch-json.ts';
import { visible } from '../format.ts';

export const token = signal('');

export function TokenField() {
  return (
    <label>
      Token
      <input
        type="password"
        autocomplete="off"
        placeholder="api-token of the data folder"
        value={token.value}
        onInput={(event) => (token.value = event.currentTarget.value)}
      />
    </label>
  );
}

/** Why a change was refused, in the gateway's words. */
export function Refused({ why }: { why: ApiError }) {
  return (
    <p role="alert" class="bad">
      {visible(why.message, 120)}. {visible(why.remedy, 200)}
    </p>
  );
}
