/** What clients asked for, and what it cost to answer. */

export interface Usage {
  /** Requests by name: "patch replicationcontrollers/scale", "master /json/". */
  readonly requests: Map<string, number>;
  /** Bytes of all bodies sent. */
  bytesSent: number;
}

export function noUsage(): Usage {
  return { requests: new Map(), bytesSent: 0 };
}

export function countRequest(usage: Usage, name: string, bytes: number): void {
  usage.requests.set(name, (usage.requests.get(name) ?? 0) + 1);
  usage.bytesSent += bytes;
}
