/** What came to an embedded listener, in numbers: garbage is counted, never logged line by line. */

export interface FeedCounts {
  /** Lines or metrics in all, whatever they were. */
  lines: number;
  /** Of these, allocation gauges that were handed on. */
  gauges: number;
  /** Not of the protocol's form, or an allocation gauge with a value that is none. */
  garbage: number;
  /** Too long: skipped up to their end. */
  cut: number;
}

/** Nothing yet. */
export function newFeedCounts(): FeedCounts {
  return { lines: 0, gauges: 0, garbage: 0, cut: 0 };
}
