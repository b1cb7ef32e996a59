// Requests to the server's API: typed by operation, with the CSRF token, refusals thrown as the server says them.
import { Refusal, refusalOf } from "./refusal.ts";
import { ROUTES, type Operation, type Operations } from "./rest.ts";

const PREFIX = "/api/v1";

type Word = string | number | boolean;
export type Query = Record<string, Word | readonly Word[] | null | undefined>;

type Part<Name extends string, Of> = Of extends null ? object : { [Key in Name]: Of };
type Asked<Of> = Of extends null ? object : { query?: Of };

interface Shape {
  path: unknown;
  query: unknown;
  body: unknown;
}
type GivenTo<Of extends Shape> = Part<"path", Of["path"]> & Asked<Of["query"]> & Part<"body", Of["body"]> & { signal?: AbortSignal };
type RestOf<One> = object extends One ? [given?: One] : [given: One];

/** What an operation is asked with: the ids in its address, its query, its body; only what it has. One table, written
 * out operation by operation: all at once they are more than the compiler takes. */
type Givens = { [Op in Operation]: GivenTo<Operations[Op]> };
type Rests = { [Op in Operation]: RestOf<Givens[Op]> };
export type Given<Op extends Operation> = Givens[Op];
type Rest<Op extends string> = Op extends Operation ? Rests[Op] : [];
export type Answer<Op extends Operation> = Operations[Op]["answer"];

interface Loose {
  path?: Record<string, Word>;
  query?: Query;
  body?: unknown;
  signal?: AbortSignal;
}

export class Http {
  /** The token of the session now in force. */
  csrf = "";
  /** The language in which the server should speak, once it can. */
  language = "zh-CN";
  /** What to do when the server says that the session has ended. */
  onSignedOut: () => void = () => {};
  readonly origin: string;
  /** Cookies that no browser keeps for us: outside of one the session's is kept here. */
  private readonly cookies = new Map<string, string>();

  /** origin: "https://centre.example"; "": where the page came from. */
  constructor(origin = "") {
    this.origin = origin.replace(/\/$/, "");
  }

  /** Ask by the name of an operation, as the OpenAPI document has it. */
  call<Op extends string>(operation: Op & Operation, ...given: Rest<Op>): Promise<Answer<Op & Operation>>;
  call(operation: Operation, given: Loose = {}): Promise<unknown> {
    const [method, template] = ROUTES[operation];
    const { path = {}, query = {}, body, signal } = given;
    const place = template.replace(/{(\w+)}/g, (_, name: string) => encodeURIComponent(String(path[name])));
    return this.send(method, place, { query, body, ...(signal === undefined ? {} : { signal }) });
  }

  /** The address of a resource with its query, for links and players. */
  address(path: string, query: Query = {}): string {
    const words = new URLSearchParams();
    for (const [name, value] of Object.entries(query))
      for (const one of Array.isArray(value) ? (value as Word[]) : [value as Word | null | undefined])
        if (one !== undefined && one !== null && one !== "") words.append(name, String(one));
    const text = words.toString();
    return this.origin + PREFIX + path + (text ? `?${text}` : "");
  }

  /** A WebSocket of the server, with our session. */
  socket(path: string, query: Query = {}): WebSocket {
    const url = new URL(this.address(path, query), this.origin || location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    const cookie = this.cookie();
    return cookie === "" ? new WebSocket(url) : new (WebSocket as unknown as SocketWithHeaders)(url, { headers: { Cookie: cookie } });
  }

  /** Any request below the API's prefix. Throws `Refusal`. */
  async send<T>(method: string, path: string, { query = {}, body, signal }: Loose = {}): Promise<T> {
    const headers: Record<string, string> = { "Accept-Language": this.language };
    if (method !== "GET") headers["X-CSRF-Token"] = this.csrf;
    if (body !== undefined) headers["Content-Type"] = body instanceof Blob ? body.type : "application/json";
    if (this.cookies.size > 0) headers["Cookie"] = this.cookie();
    const init: RequestInit = { method, headers, credentials: "same-origin" };
    if (body !== undefined) init.body = body instanceof Blob ? body : JSON.stringify(body);
    if (signal !== undefined) init.signal = signal;
    const answer = await fetch(this.address(path, query), init).catch((error: unknown) => {
      if (error instanceof Error && error.name === "AbortError") throw error;
      throw new Refusal(0, { code: "offline", sentence: "The server cannot be reached." });
    });
    this.keep(answer);
    if (!answer.ok) throw this.noted(await refusalOf(answer));
    return (await content(answer)) as T;
  }

  private noted(refusal: Refusal): Refusal {
    if (refusal.status === 401 && refusal.code === "not_signed_in") this.onSignedOut();
    return refusal;
  }

  private keep(answer: Response): void {
    for (const line of answer.headers.getSetCookie?.() ?? []) {
      const [, name = "", value = ""] = /^([^=;]+)=([^;]*)/.exec(line) ?? [];
      if (value === "" || /max-age=0\b/i.test(line)) this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
  }

  private cookie(): string {
    return [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  }
}

/** As Node has it; in a browser no cookie is ever kept here, so the plain one is used. */
type SocketWithHeaders = new (url: URL, options: { headers: Record<string, string> }) => WebSocket;

function content(answer: Response): Promise<unknown> {
  if (answer.status === 204) return Promise.resolve(undefined);
  return answer.headers.get("Content-Type")?.startsWith("application/json") ? answer.json() : answer.blob();
}
