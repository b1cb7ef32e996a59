// Addresses of rooms. Filters live in the query, so that a view can be sent to a colleague.
import { useCallback, useSyncExternalStore } from "react";

const CHANGED = "yingda:address";

export function go(to: string, replace = false): void {
  if (to === location.pathname + location.search) return;
  if (replace) history.replaceState(null, "", to);
  else history.pushState(null, "", to);
  dispatchEvent(new Event(CHANGED));
}

function subscribe(listener: () => void): () => void {
  addEventListener("popstate", listener);
  addEventListener(CHANGED, listener);
  return () => {
    removeEventListener("popstate", listener);
    removeEventListener(CHANGED, listener);
  };
}

export function usePath(): string[] {
  return useSyncExternalStore(subscribe, () => location.pathname).split("/").filter(Boolean);
}

/** The query as a record, and how to change it: undefined or "" takes a field out. */
export function useQueryFields(): [Record<string, string>, (change: Record<string, string | undefined>) => void] {
  const search = useSyncExternalStore(subscribe, () => location.search);
  const change = useCallback((fields: Record<string, string | undefined>) => {
    const query = new URLSearchParams(location.search);
    for (const [name, value] of Object.entries(fields)) {
      if (value) query.set(name, value);
      else query.delete(name);
    }
    go(location.pathname + (query.size ? `?${query.toString()}` : ""), true);
  }, []);
  return [Object.fromEntries(new URLSearchParams(search)), change];
}
