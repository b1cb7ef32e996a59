// A phrase as the server keeps it: a name, a language, its recordings.
import type { Rest } from "@yingda/desk";
import { desk } from "../api/client";

export type Phrase = Rest.PhraseOut;
export type Tongue = Phrase["language"];
export const PHRASES = ["phrases"];
export const NAMES: Record<Tongue, string> = { zh: "中文", en: "English" };

/** Which phrase somebody works at. */
export interface Chosen {
  name: string;
  language: Tongue;
}

/** The newest number in the address: what was replaced is not played from the browser's memory. */
export function addressOf({ language, name, versions }: Phrase, number = versions.at(-1) ?? 0): string {
  return desk.http.address(`/phrases/${language}/${encodeURIComponent(name)}`, { number });
}
