// The code editor (CodeMirror). It lives in a shadow root: there its styles are adopted sheets, which the content policy
// of the page allows, while <style> elements in the page are refused.
import { closeBrackets, closeBracketsKeymap, autocompletion, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { xml, type ElementSpec } from "@codemirror/lang-xml";
import { yaml } from "@codemirror/lang-yaml";
import { bracketMatching, foldGutter, foldKeymap, HighlightStyle, indentOnInput, syntaxHighlighting } from "@codemirror/language";
import { lintGutter, lintKeymap, setDiagnostics, type Diagnostic } from "@codemirror/lint";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { EditorState, Prec, type Extension, type Text } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, highlightActiveLineGutter, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import type { Element, Finding } from "./api";
import { PHRASES } from "./phrases";

export interface Settings {
  text: string;
  kind: "flow" | "tests";
  label: string;
  chinese: boolean;
  readOnly: boolean;
  catalogue: Element[];
  changed: (text: string) => void;
  /** The cursor stands in this line now. */
  moved: (line: number) => void;
}

/** One editor on the page. Lines and columns count from 1. */
export interface CodeEditor {
  replace: (text: string) => void;
  mark: (findings: Finding[]) => void;
  go: (line: number, column?: number) => void;
  close: () => void;
}

const colours = HighlightStyle.define([
  { tag: [tags.tagName, tags.definition(tags.propertyName), tags.propertyName], color: "var(--accent)" },
  { tag: [tags.attributeName, tags.meta], color: "var(--state-wrapup)" },
  { tag: [tags.attributeValue, tags.string], color: "var(--state-idle)" },
  { tag: [tags.comment, tags.processingInstruction], color: "var(--text-quiet)" },
  { tag: [tags.angleBracket, tags.punctuation], color: "var(--text-quiet)" },
  { tag: tags.invalid, color: "var(--alarm)" },
]);

const look = EditorView.theme({
  "&": { height: "100%", color: "var(--text)", backgroundColor: "var(--surface)", fontSize: "13px" },
  "&.cm-focused": { outline: "2px solid var(--accent)", outlineOffset: "-2px" },
  ".cm-scroller": { fontFamily: 'ui-monospace, "Cascadia Mono", "Noto Sans Mono CJK SC", Menlo, Consolas, monospace', lineHeight: "20px" },
  ".cm-content": { caretColor: "var(--text)" },
  ".cm-cursor": { borderLeftColor: "var(--text)" },
  ".cm-gutters": { backgroundColor: "var(--sunken)", color: "var(--text-quiet)", borderRight: "1px solid var(--line)" },
  ".cm-activeLine": { backgroundColor: "color-mix(in srgb, var(--hover) 60%, transparent)" },
  ".cm-activeLineGutter": { backgroundColor: "var(--chosen)", color: "var(--text)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": { backgroundColor: "var(--chosen)" },
  ".cm-panels": { backgroundColor: "var(--raised)", color: "var(--text)", borderColor: "var(--line)" },
  ".cm-tooltip": { backgroundColor: "var(--raised)", color: "var(--text)", border: "1px solid var(--line-strong)", maxWidth: "420px" },
  ".cm-tooltip-autocomplete > ul > li[aria-selected]": { backgroundColor: "var(--accent)", color: "var(--accent-text)" },
  ".cm-textfield": { backgroundColor: "var(--surface)", border: "1px solid var(--line-strong)", color: "var(--text)" },
  ".cm-button": { backgroundImage: "none", backgroundColor: "var(--surface)", border: "1px solid var(--line-strong)", color: "var(--text)" },
});

export function openEditor(host: HTMLElement, settings: Settings): CodeEditor {
  const place = host.appendChild(document.createElement("div"));
  place.className = "code-place";
  const root = place.attachShadow({ mode: "open" });
  const inside = root.appendChild(document.createElement("div"));
  inside.style.height = "100%";
  let quiet = false; // a change of ours is no change of the author's
  const heard = EditorView.updateListener.of((update) => {
    if (update.docChanged && !quiet) settings.changed(update.state.doc.toString());
    if (update.selectionSet || update.docChanged) settings.moved(update.state.doc.lineAt(update.state.selection.main.head).number);
  });
  const view = new EditorView({ root, parent: inside, state: EditorState.create({ doc: settings.text, extensions: [...extensions(settings), heard] }) });
  return {
    replace: (text) => {
      if (text === view.state.doc.toString()) return;
      quiet = true;
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } });
      quiet = false;
    },
    mark: (findings) => view.dispatch(setDiagnostics(view.state, findings.map((finding) => diagnostic(finding, view.state.doc, settings.chinese)))),
    go: (line, column = 1) => {
      const at = position(view.state.doc, line, column);
      view.dispatch({ selection: { anchor: at }, effects: EditorView.scrollIntoView(at, { y: "center" }) });
      view.focus();
    },
    close: () => {
      view.destroy();
      place.remove();
    },
  };
}

function extensions(settings: Settings): Extension[] {
  const keep = ["Mod-s", "Mod-Enter"].map((key) => ({ key, run: () => true })); // the page itself hears them
  return [
    lineNumbers(), foldGutter(), lintGutter(), history(), drawSelection(), indentOnInput(), bracketMatching(), closeBrackets(),
    highlightActiveLine(), highlightActiveLineGutter(), highlightSelectionMatches(), search({ top: true }), autocompletion(),
    Prec.highest(keymap.of(keep)),
    keymap.of([...closeBracketsKeymap, ...defaultKeymap, ...searchKeymap, ...historyKeymap, ...foldKeymap, ...completionKeymap, ...lintKeymap]),
    settings.kind === "flow" ? xml({ elements: specs(settings) }) : yaml(),
    syntaxHighlighting(colours), look, EditorView.lineWrapping,
    EditorView.contentAttributes.of({ "aria-label": settings.label, spellcheck: "false", tabindex: "0" }),
    EditorState.readOnly.of(settings.readOnly), EditorView.editable.of(!settings.readOnly),
    settings.chinese ? EditorState.phrases.of(PHRASES) : [],
  ];
}

/** What may stand where, with a sentence on it. */
function specs({ catalogue, chinese }: Settings): ElementSpec[] {
  return catalogue.map((element) => ({
    name: element.tag,
    top: element.tag === "vxml",
    children: element.children,
    completion: { info: chinese ? element.zh : element.en },
    attributes: element.attributes.map((attribute) => ({ name: attribute.name, values: attribute.values })),
  }));
}

function diagnostic(finding: Finding, doc: Text, chinese: boolean): Diagnostic {
  const from = position(doc, finding.line, finding.column);
  const to = Math.min(doc.lineAt(from).to, from + Math.max(1, wordLength(doc, from)));
  return { from, to, severity: finding.severity, message: chinese ? finding.zh : finding.en };
}

/** A fault is told where an element begins: its name is marked. */
function wordLength(doc: Text, from: number): number {
  return /^<?\/?[\w:-]*/.exec(doc.sliceString(from, doc.lineAt(from).to))?.[0].length ?? 1;
}

function position(doc: Text, line: number, column: number): number {
  const there = doc.line(Math.min(Math.max(1, line), doc.lines));
  return Math.min(there.from + column - 1, there.to);
}
