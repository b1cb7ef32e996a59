// A draft while somebody writes: saved by itself, never over another's save unseen, checked as the text changes.
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { desk, Refusal } from "../api/client";
import { check, type Finding, type FlowDocument, type Outline, type Written } from "./api";

const CHECK_AFTER_MS = 400;
const SAVE_AFTER_MS = 2_000;

export type Saving = "saved" | "unsaved" | "saving" | "failed" | "moved";

export interface Draft {
  document: FlowDocument;
  written: Written;
  /** The same at this moment, for what a key begins. */
  present: () => Written;
  saving: Saving;
  /** null: not looked at yet. */
  findings: Finding[] | null;
  /** The picture of the text as it was last in order; null: not looked at yet, undefined: it never was. */
  outline: Outline | null | undefined;
  write: (change: Partial<Written>) => void;
  /** Save now. Resolves to the document as saved; rejects with the refusal. */
  save: () => Promise<FlowDocument>;
  /** What the server holds by now, in place of what stands here. */
  take: (document: FlowDocument) => void;
  /** Mine, over whatever was saved or published meanwhile. */
  insist: (base?: number) => Promise<FlowDocument>;
}

export function useDraft(opened: FlowDocument, mayWrite: boolean): Draft {
  const queries = useQueryClient();
  const [document, setDocument] = useState(opened);
  const [written, setWritten] = useState<Written>({ text: opened.text, tests: opened.tests });
  const [saving, setSaving] = useState<Saving>("saved");
  const { findings, outline } = useFindings(opened.name, written);
  // What stands there this moment: keys come faster than pages are drawn.
  const now = useRef({ document, written, saving });
  now.current.document = document;
  now.current.saving = saving;
  const queue = useRef<Promise<unknown>>(Promise.resolve());

  const keep = (saved: FlowDocument): FlowDocument => {
    now.current.document = saved;
    setDocument(saved);
    queries.setQueryData(["flow", saved.document_id], saved);
    void queries.invalidateQueries({ queryKey: ["flows"] });
    return saved;
  };

  /** One save after another: each is made from the revision that the one before it left. */
  const put = (revisionOf: () => FlowDocument, base?: number): Promise<FlowDocument> => {
    const act = async (): Promise<FlowDocument> => {
      const before = revisionOf();
      const sent = now.current.written;
      setSaving("saving");
      try {
        const body = { ...sent, revision: before.draft?.revision ?? 0, base: base ?? before.draft?.base ?? before.published?.number ?? 0 };
        const saved = keep(await desk.http.call("save_flow_draft", { path: { document_id: before.document_id }, body }));
        setSaving(now.current.written === sent ? "saved" : "unsaved");
        return saved;
      } catch (error) {
        setSaving(error instanceof Refusal && error.code === "flow_draft_moved" ? "moved" : "failed");
        throw error;
      }
    };
    const turn = queue.current.then(act, act);
    queue.current = turn.catch(() => undefined);
    return turn;
  };

  const save = (): Promise<FlowDocument> => {
    if (now.current.saving === "saved" && now.current.document.draft !== null) return Promise.resolve(now.current.document);
    return put(() => now.current.document);
  };

  useEffect(() => {
    if (saving !== "unsaved" || !mayWrite) return;
    const timer = setTimeout(() => void save().catch(() => undefined), SAVE_AFTER_MS);
    return () => clearTimeout(timer);
  }, [saving, written, mayWrite]);
  useUnloadWarning(saving !== "saved");
  useEffect(
    () => () => {
      if (now.current.saving === "unsaved" && mayWrite) void save().catch(() => undefined);
    },
    [],
  );

  return {
    document, written, saving, findings, outline, save,
    present: () => now.current.written,
    write: (change) => {
      setWritten((now.current.written = { ...now.current.written, ...change }));
      setSaving((before) => (before === "moved" ? before : "unsaved"));
    },
    take: (taken) => {
      keep(taken);
      setWritten((now.current.written = { text: taken.text, tests: taken.tests }));
      setSaving("saved");
    },
    insist: async (base) => {
      const there = await desk.http.call("read_flow_document", { path: { document_id: opened.document_id } });
      return put(() => there, base);
    },
  };
}

type Looked = Pick<Draft, "findings" | "outline">;

/** What is wrong with the text, and its picture, a moment after the last key. */
function useFindings(name: string, written: Written): Looked {
  const [looked, setLooked] = useState<Looked>({ findings: null, outline: null });
  useEffect(() => {
    const abort = new AbortController();
    const timer = setTimeout(() => {
      check(name, written, abort.signal).then(
        ({ items, outline }) => setLooked((before) => ({ findings: items, outline: outline ?? before.outline ?? undefined })),
        () => undefined, // asked again with the next key
      );
    }, CHECK_AFTER_MS);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [name, written]);
  return looked;
}

/** The browser asks before it leaves a page whose text is nowhere else. */
function useUnloadWarning(unsaved: boolean): void {
  useEffect(() => {
    if (!unsaved) return;
    const ask = (event: BeforeUnloadEvent): void => event.preventDefault();
    addEventListener("beforeunload", ask);
    return () => removeEventListener("beforeunload", ask);
  }, [unsaved]);
}
