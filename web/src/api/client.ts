// The web client's one client of the centre, and requests by address for what the headless client has no command for.
import { Desk, type Mark, type Query } from "@yingda/desk";

export { Refusal } from "@yingda/desk";

const MARK = "yingda.signed_in";

const mark: Mark = {
  get: () => {
    try {
      return localStorage.getItem(MARK) !== null;
    } catch {
      return true; // without storage the server is simply asked each time
    }
  },
  set: (on) => {
    try {
      if (on) localStorage.setItem(MARK, "1");
      else localStorage.removeItem(MARK);
    } catch {
      // as above
    }
  },
};

export const desk = new Desk({ mark });

export function setLanguage(tag: string): void {
  desk.http.language = tag;
}

export function get<T>(path: string, query: Query = {}, signal?: AbortSignal): Promise<T> {
  return desk.http.send<T>("GET", path, { query, ...(signal === undefined ? {} : { signal }) });
}

export function post<T = void>(path: string, body: unknown = {}): Promise<T> {
  return desk.http.send<T>("POST", path, { body });
}

export function put<T = void>(path: string, body: unknown): Promise<T> {
  return desk.http.send<T>("PUT", path, { body });
}

export function remove<T = void>(path: string): Promise<T> {
  return desk.http.send<T>("DELETE", path);
}

/** The address of a resource with its query, for links and players. */
export function address(path: string, query: Query = {}): string {
  return desk.http.address(path, query);
}
