// What each user chooses for this browser, remembered in it. A browser that keeps nothing still works for the day.
import { useSyncExternalStore } from "react";

export type Theme = "system" | "light" | "dark";
export type Language = "zh-CN" | "en";
export type Density = "normal" | "compact";

interface Values {
  theme: Theme;
  language: Language;
  density: Density;
  /** Of the ring, 0–100. */
  volume: number;
  /** Let the browser clean the microphone's sound (echo, noise, level). */
  noise: boolean;
  /** Extension last signed in at. */
  device: string;
  /** Ids of the chosen sound devices; "": the system's own. */
  microphone: string;
  speaker: string;
  ringer: string;
  /** The microphone was heard and the test played here: signing in need not begin with the sound check. */
  soundFine: boolean;
  /** Whether the script is unfolded. */
  script: boolean;
  /** Disposition codes used lately, newest first. */
  codes: string[];
}

const DEFAULTS: Values = {
  theme: "system",
  language: navigator.language.toLowerCase().startsWith("zh") ? "zh-CN" : "en",
  density: "normal",
  volume: 60,
  noise: true,
  device: "",
  microphone: "",
  speaker: "",
  ringer: "",
  soundFine: false,
  script: true,
  codes: [],
};

/** Where a browser keeps them. */
const KEY = "yingda";

export interface Preference<T> {
  get(): T;
  set(value: T): void;
}

const values: Values = { ...DEFAULTS, ...kept() };
const listeners = new Set<() => void>();

export function preference<N extends keyof Values>(name: N): Preference<Values[N]> {
  return {
    get: () => values[name],
    set: (value) => {
      values[name] = value;
      keep();
      for (const listener of listeners) listener();
    },
  };
}

export function subscribeToPreferences(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function usePreference<N extends keyof Values>(name: N): [Values[N], (value: Values[N]) => void] {
  const one = preference(name);
  return [useSyncExternalStore(subscribeToPreferences, one.get), one.set];
}

function kept(): Partial<Values> {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? "{}") as Partial<Values>;
  } catch {
    return {};
  }
}

function keep(): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(values));
  } catch {
    // Storage is full or forbidden: the choice holds until the page is closed.
  }
}
