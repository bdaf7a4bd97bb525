/** Text that others chose, made safe to print. */

/** Control, format and separator characters, and halves of pairs: they move the cursor, begin lines or hide text. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** The text with such characters written as `\u001b`, as JSON would: a line of JSON stays one, and says the same. */
export function plain(text: string): string {
  return text.replace(UNSEEN, (character) =>
    Array.from({ length: character.length }, (_, unit) => escape(character.charCodeAt(unit))).join(''),
  );
}

function escape(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, '0')}`;
}
