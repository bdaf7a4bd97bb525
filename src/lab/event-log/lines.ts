/** Cuts a stream of bytes into lines; holds no more than one line. */

const NEWLINE = 0x0a;

export interface Line {
  /** Undefined for a line longer than the limit, which is passed over and not held. */
  readonly bytes: Buffer | undefined;
  /** Whether a line end came: the last line of a log that is still written may be cut. */
  readonly whole: boolean;
}

/** Lines without their ends; no line after the last line end. */
export async function* linesOf(chunks: AsyncIterable<Uint8Array>, mostBytes: number): AsyncGenerator<Line> {
  let held: Uint8Array[] = [];
  let length = 0;
  const line = (whole: boolean): Line => ({ bytes: length > mostBytes ? undefined : Buffer.concat(held), whole });
  const hold = (part: Uint8Array): void => {
    length += part.length;
    if (length > mostBytes) held = [];
    else if (part.length > 0) held.push(part);
  };
  try {
    for await (const chunk of chunks) {
      let from = 0;
      for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, from)) {
        hold(chunk.subarray(from, end));
        yield line(true);
        held = [];
        length = 0;
        from = end + 1;
      }
      // A copy: part of a chunk would keep the whole chunk.
      if (from < chunk.length) hold(Uint8Array.from(chunk.subarray(from)));
    }
  } catch (error) {
    if (length > 0) yield line(false);
    throw error;
  }
  if (length > 0) yield line(false);
}
