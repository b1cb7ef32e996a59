// How well a text fits what was typed: all letters in their order, the closer together and the nearer to the beginning of
// words the better.

/** null: not at all. Higher is better. */
export function fits(typed: string, ...texts: string[]): number | null {
  const wanted = plain(typed);
  if (wanted === "") return 0;
  const scores = texts.flatMap((text) => score(wanted, plain(text)) ?? []);
  return scores.length === 0 ? null : Math.max(...scores);
}

function plain(text: string): string {
  return text.normalize("NFKC").toLowerCase().replace(/\s+/g, " ").trim();
}

function score(wanted: string, text: string): number | null {
  const whole = text.indexOf(wanted);
  if (whole >= 0) return 1000 - whole + (whole === 0 || text[whole - 1] === " " ? 500 : 0);
  let at = -1;
  let gaps = 0;
  for (const letter of wanted.replaceAll(" ", "")) {
    const next = text.indexOf(letter, at + 1);
    if (next < 0) return null;
    gaps += at < 0 ? 0 : next - at - 1;
    at = next;
  }
  return 100 - gaps;
}
