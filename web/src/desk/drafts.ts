// What was typed into summaries, by handling: outlives a change of room and the end of wrap-up, not the page.

export interface Draft {
  handlingId: string;
  caller: string | null | undefined;
  queueId: string | null;
  codes: string[];
  resolved: boolean | null;
  note: string;
  saved: boolean;
}

export function isBlank(draft: Draft): boolean {
  return draft.codes.length === 0 && draft.note === "" && draft.resolved === null;
}

class Drafts {
  private all = new Map<string, Draft>();
  private count = 0;
  private readonly listeners = new Set<() => void>();

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly version = (): number => this.count;

  /** The draft of a handling; a new one is empty. */
  of(handlingId: string, caller?: string | null, queueId: string | null = null): Draft {
    const known = this.all.get(handlingId);
    if (known !== undefined) return known;
    const fresh: Draft = { handlingId, caller, queueId, codes: [], resolved: null, note: "", saved: false };
    this.all.set(handlingId, fresh);
    return fresh;
  }

  change(handlingId: string, part: Partial<Draft>): void {
    this.put({ ...this.of(handlingId), saved: false, ...part });
  }

  saved(handlingId: string): void {
    this.put({ ...this.of(handlingId), saved: true });
  }

  /** The last draft in which something stands that was not saved. */
  unsaved(): Draft | undefined {
    return [...this.all.values()].findLast((draft) => !draft.saved && !isBlank(draft));
  }

  private put(draft: Draft): void {
    this.all.set(draft.handlingId, draft);
    this.count += 1;
    for (const listener of this.listeners) listener();
  }
}

export const drafts = new Drafts();
