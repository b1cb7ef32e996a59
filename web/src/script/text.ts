// A script's text, line by line: "# " heads a part, "1. " is a step, "? " a question, "- " a point, all else a paragraph;
// **strong**, and {variables}. What comes out is data for React, never markup.

export interface Piece {
  text: string;
  strong: boolean;
}

export interface Line {
  kind: "heading" | "step" | "question" | "point" | "text";
  pieces: Piece[];
}

const VARIABLE = /\{([^{}\n]{1,80})\}/g;

/** Unknown and empty variables show as a blank to be filled by the speaker. */
export function linesOf(text: string, values: Record<string, string>): Line[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean)
    .map((line): Line => {
      const [kind, rest] = kindOf(line);
      return { kind, pieces: piecesOf(rest, values) };
    });
}

function kindOf(line: string): [Line["kind"], string] {
  if (line.startsWith("# ")) return ["heading", line.slice(2)];
  const question = /^[?？]\s+/.exec(line);
  if (question !== null) return ["question", line.slice(question[0].length)];
  const step = /^\d{1,2}[.、]\s*/.exec(line);
  if (step !== null) return ["step", line.slice(step[0].length)];
  return line.startsWith("- ") ? ["point", line.slice(2)] : ["text", line];
}

/** Marks are read before variables are put in, so that nothing in a customer's name counts as one. */
function piecesOf(line: string, values: Record<string, string>): Piece[] {
  return line.split("**").map((part, place) => ({ text: part.replace(VARIABLE, (_, name: string) => values[name] || "＿＿"), strong: place % 2 === 1 }));
}

/** How far a contact has come in its script: places of ticked lines, answers by place. */
export interface Progress {
  ticked: readonly number[];
  answers: Readonly<Record<number, string>>;
}

/** What a summary keeps of it, a line each: ticked steps, and questions with their answers. "" when there is nothing. */
export function recordOf(lines: readonly Line[], progress: Progress): string {
  const said = lines.flatMap((line, place) => {
    const words = line.pieces.map(({ text }) => text).join("").trim();
    const answer = progress.answers[place]?.trim() ?? "";
    if (line.kind === "step" && progress.ticked.includes(place)) return [`✓ ${words}`];
    return line.kind === "question" && answer !== "" ? [`${words} ${answer}`] : [];
  });
  return said.join("\n");
}
