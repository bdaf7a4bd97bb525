/** What a Lease says, as plain data. */
import type { V1Lease } from '@kubernetes/client-node';
import { STATE } from './annotations.ts';

export interface LeaseRecord {
  readonly resourceVersion: string;
  /** "" where nobody holds it. */
  readonly holder: string;
  readonly durationMs: number;
  /** How often it has gone from one holder to another. */
  readonly transitions: number;
  /** What a holder left to remember. */
  readonly saved: string | undefined;
  /** The holder's part as one text: any change of it is a sign of life. */
  readonly text: string;
}

/** Undefined for an answer that is no stored object. */
export function recordOf({ metadata, spec }: V1Lease): LeaseRecord | undefined {
  if (metadata?.resourceVersion === undefined) return undefined;
  return {
    resourceVersion: metadata.resourceVersion,
    holder: spec?.holderIdentity ?? '',
    durationMs: (spec?.leaseDurationSeconds ?? 0) * 1000,
    transitions: spec?.leaseTransitions ?? 0,
    saved: metadata.annotations?.[STATE],
    text: JSON.stringify([
      spec?.holderIdentity,
      spec?.leaseDurationSeconds,
      spec?.leaseTransitions,
      spec?.acquireTime,
      spec?.renewTime,
    ]),
  };
}

/** "2026-11-23T08:00:00.123000Z": the API refuses these times without exactly six digits. */
export function microTime(epochMs: number): string {
  return new Date(epochMs).toISOString().replace('Z', '000Z');
}
