// The code editor as a component: the text is its own, what others set comes in by `text`, marks by `findings`.
import { useEffect, useRef } from "react";
import { openEditor, type CodeEditor } from "./code";
import type { Element, Finding } from "./api";

export interface Place {
  line: number;
  column: number;
  /** Rises with every wish to go there, the same place included. */
  count: number;
}

export interface EditorProps {
  kind: "flow" | "tests";
  label: string;
  text: string;
  chinese: boolean;
  readOnly: boolean;
  catalogue: Element[];
  findings: Finding[];
  place: Place | null;
  changed: (text: string) => void;
  moved: (line: number) => void;
}

export function Editor({ kind, label, text, chinese, readOnly, catalogue, findings, place, changed, moved }: EditorProps) {
  const host = useRef<HTMLDivElement>(null);
  const editor = useRef<CodeEditor | null>(null);
  const latest = useRef({ text, changed, moved });
  latest.current = { text, changed, moved };
  useEffect(() => {
    if (host.current === null) return;
    const opened = openEditor(host.current, {
      kind, label, chinese, readOnly, catalogue,
      text: latest.current.text,
      changed: (now) => latest.current.changed(now),
      moved: (line) => latest.current.moved(line),
    });
    editor.current = opened;
    return () => {
      editor.current = null;
      opened.close();
    };
  }, [kind, label, chinese, readOnly, catalogue]);
  useEffect(() => editor.current?.replace(text), [text]);
  useEffect(() => editor.current?.mark(findings), [findings, chinese]);
  useEffect(() => {
    if (place !== null) editor.current?.go(place.line, place.column);
  }, [place]);
  return <div className="flow-code" ref={host} />;
}
