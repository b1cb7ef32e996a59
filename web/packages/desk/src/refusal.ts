// A refusal or a failure, in words for a person.
import type { ErrorBody, RefusalCode } from "./rest.ts";

export class Refusal extends Error {
  /** HTTP status; 0 when the server could not be reached at all (`code` is then "offline"). */
  readonly status: number;
  /** The stable word for programs. A newer server may know more of them than this client. */
  readonly code: RefusalCode | (string & {});
  readonly sentence: string;
  readonly todo: string;
  readonly where: string;
  readonly support: string;
  /** Seconds to wait before the next attempt; 0: not said. */
  readonly retryAfter: number;

  constructor(status: number, said: Partial<ErrorBody> & { code: string }, retryAfter = 0) {
    super(said.sentence ?? said.code);
    this.status = status;
    this.code = said.code;
    this.sentence = said.sentence ?? "";
    this.todo = said.todo ?? "";
    this.where = said.where ?? "";
    this.support = said.support ?? "";
    this.retryAfter = retryAfter;
  }
}

/** The refusal of an answer of the server, whatever its body is. */
export async function refusalOf(answer: Response): Promise<Refusal> {
  const said = (await answer.json().catch(() => ({}))) as Partial<ErrorBody>;
  const support = said.support ?? answer.headers.get("X-Support") ?? "";
  const body = { ...said, code: said.code ?? "unexpected", sentence: said.sentence ?? answer.statusText, support };
  return new Refusal(answer.status, body, Number(answer.headers.get("Retry-After") ?? 0));
}
