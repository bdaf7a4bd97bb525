/** What is wrong with a setting, said so that a person can mend it, and safe to print. */

/** Longest text of a value that is ever printed, in characters. */
export const LONGEST_SHOWN = 80;
/** Stands for a value that was never given. */
export const NOT_SET = '(not set)';
/** Stands for a value that may be a secret. */
export const NOT_SHOWN = '(not shown)';

export interface Problem {
  /** The environment variable or the key of the ConfigMap. */
  readonly name: string;
  /** The value as given, by way of {@link printable}; or {@link NOT_SET} or {@link NOT_SHOWN}. */
  readonly value: string;
  /** What may stand there, as the end of "allowed is …". */
  readonly allowed: string;
  /** How to mend it, as an order: "write 5s". */
  readonly mend: string;
}

/** One line for the log, the status page and the terminal. */
export function describeProblem({ name, value, allowed, mend }: Problem): string {
  return `${name}=${value}: allowed is ${allowed}; ${mend}`;
}

/** Control, format and separator characters, and halves of surrogate pairs: they hide or forge what is printed. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\\]/u;
const SHORT_ESCAPES: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\\': '\\\\' };

/** The text with unsafe characters escaped (`\n`, `\u{1b}`), cut to {@link LONGEST_SHOWN} characters. */
export function printable(text: string): string {
  let shown = '';
  for (const character of text) {
    const piece = UNSAFE.test(character) ? escape(character) : character;
    if (shown.length + piece.length > LONGEST_SHOWN) return `${cut(shown)}…`;
    shown += piece;
  }
  return shown;
}

function escape(character: string): string {
  return SHORT_ESCAPES[character] ?? `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}

/** Room for the ellipsis, without leaving half a character. */
function cut(shown: string): string {
  const short = shown.slice(0, LONGEST_SHOWN - 1);
  return short.isWellFormed() ? short : short.slice(0, -1);
}
