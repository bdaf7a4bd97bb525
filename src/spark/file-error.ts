/** Why a file could not be read, and the mend; the end of a sentence that begins with the setting. */
export function unreadable(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error';
  return `the file cannot be read (${code}); mount it into this container, or correct the path`;
}
