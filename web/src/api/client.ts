// Typed requests to the server's API: the CSRF header, and refusals as the server says them.

const PREFIX = "/api/v1";

/** A refusal or a failure, in words for a person. `code` is "offline" when the server could not be reached at all. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly sentence: string,
    readonly todo = "",
    readonly where = "",
    readonly support = "",
    readonly retryAfter = 0,
  ) {
    super(sentence);
  }
}

type Query = Record<string, string | number | undefined>;

let csrf = "";
let language = "zh-CN";
let onSignedOut = () => {};

/** The token of the session now in force. */
export function setCsrf(token: string): void {
  csrf = token;
}

/** The language in which the server should speak, once it can. */
export function setLanguage(tag: string): void {
  language = tag;
}

/** What to do when the server says that the session has ended. */
export function whenSignedOut(act: () => void): void {
  onSignedOut = act;
}

export function get<T>(path: string, query: Query = {}, signal?: AbortSignal): Promise<T> {
  return send<T>("GET", address(path, query), undefined, signal);
}

export function post<T = void>(path: string, body: unknown = {}): Promise<T> {
  return send<T>("POST", PREFIX + path, body);
}

export function put<T = void>(path: string, body: unknown): Promise<T> {
  return send<T>("PUT", PREFIX + path, body);
}

export function remove<T = void>(path: string): Promise<T> {
  return send<T>("DELETE", PREFIX + path);
}

/** The address of a resource with its query, for links and players. */
export function address(path: string, query: Query = {}): string {
  const parts = Object.entries(query).filter(([, value]) => value !== undefined && value !== "");
  const text = new URLSearchParams(parts.map(([name, value]) => [name, String(value)])).toString();
  return PREFIX + path + (text ? `?${text}` : "");
}

async function send<T>(method: string, url: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  const headers: Record<string, string> = { "Accept-Language": language };
  if (method !== "GET") headers["X-CSRF-Token"] = csrf;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const init: RequestInit = { method, headers, credentials: "same-origin" };
  if (body !== undefined) init.body = JSON.stringify(body);
  if (signal !== undefined) init.signal = signal;
  const answer = await fetch(url, init).catch((error: unknown) => {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Refusal(0, "offline", "The server cannot be reached.");
  });
  if (!answer.ok) throw await refusal(answer);
  return (answer.status === 204 ? undefined : await answer.json()) as T;
}

async function refusal(answer: Response): Promise<Refusal> {
  const said = (await answer.json().catch(() => ({}))) as Partial<Record<string, string>>;
  const code = said["code"] ?? "unexpected";
  if (answer.status === 401 && code === "not_signed_in") onSignedOut();
  return new Refusal(
    answer.status,
    code,
    said["sentence"] ?? answer.statusText,
    said["todo"] ?? "",
    said["where"] ?? "",
    said["support"] ?? answer.headers.get("X-Support") ?? "",
    Number(answer.headers.get("Retry-After") ?? 0),
  );
}
