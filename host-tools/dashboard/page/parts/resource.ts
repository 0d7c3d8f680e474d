// A path of the API as a value that keeps itself fresh while a view looks at it. One request at a time; a hidden page
// asks nothing; what was shown stays while the gateway is away.
import { useEffect, useState } from 'preact/hooks';
import { ApiError, fetchJson } from '../fetch-json.ts';

export interface Resource<T> {
  value: T | null;
  error: ApiError | null;
}

/** `path` null asks nothing. A new path starts from nothing. */
export function useResource<T>(path: string | null, everyMs: number): Resource<T> {
  const [state, setState] = useState<Resource<T> & { path: string | null }>({ path, value: null, error: null });
  useEffect(() => {
    if (path === null) return;
    let timer = 0;
    let over = false;
    const ask = async (): Promise<void> => {
      try {
        if (!document.hidden) {
          const value = await fetchJson<T>(path);
          if (!over) setState({ path, value, error: null });
        }
      } catch (error) {
        if (!over)
          setState((before) => ({
            path,
            value: before.path === path ? before.value : null,
            error: asError(error),
          }));
      }
      if (!over) timer = window.setTimeout(() => void ask(), everyMs);
    };
    void ask();
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [path, everyMs]);
  return state.path === path ? state : { value: null, error: null };
}

function asError(error: unknown): ApiError {
  return error instanceof ApiError ? error : new ApiError(0, String(error), '');
}
