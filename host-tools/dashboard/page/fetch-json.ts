// One request to the gateway's API. Errors carry the gateway's own words and remedy, so that a view can show them.

const PATIENCE_MS = 8000;

export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly remedy: string,
  ) {
    super(message);
  }
}

/** Rejects with an ApiError; status 0 when nobody answered. */
export async function fetchJson<T>(path: string, init: RequestInit = {}): Promise<T> {
  let answer: Response;
  try {
    answer = await fetch(path, { signal: AbortSignal.timeout(PATIENCE_MS), ...init });
  } catch {
    throw new ApiError(
      0,
      'The gateway does not answer',
      'Start it again with npm start; this page goes on by itself.',
    );
  }
  const body = (await answer.json().catch(() => null)) as (T & { error?: string; remedy?: string }) | null;
  if (answer.ok && body !== null) return body;
  throw new ApiError(answer.status, body?.error ?? `the gateway answered ${answer.status}`, body?.remedy ?? '');
}

/** A change: needs the token, which is sent as a header and kept nowhere but in the page's memory. */
export function postJson<T>(path: string, token: string, body: object): Promise<T> {
  const headers = { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` };
  return fetchJson<T>(path, { method: 'POST', headers, body: JSON.stringify(body) });
}
