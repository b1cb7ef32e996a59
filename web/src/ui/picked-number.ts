// What of a marked text is a telephone number.
const NUMBER = /^\+?[0-9]{3,20}$/;

/** Digits without the blanks, dashes and brackets that people write between them. null: no number is marked. */
export function numberIn(text: string): string | null {
  const bare = text.trim().replace(/[\s\u00a0\u202f()（）.-]/g, "");
  return NUMBER.test(bare) ? bare : null;
}
