/** Whether a driver that answers at an application's address is that application's. */
import { err, ok, type Result } from '../core/result.ts';
import type { ApplicationView } from '../core/spark-view.ts';
import type { Census } from '../spark/ports.ts';
import { shown } from '../spark/plain-text.ts';
import { ownerMatcher, type OwnerRules } from './owners.ts';

/**
 * Checks the owner in the names of an answer's series. Addresses are used again: after a driver's end another one may
 * answer there, and its demand is not this application's.
 */
export function isOwn(
  application: ApplicationView,
  owner: string,
  what: string,
  census: Census,
  rules: OwnerRules,
): Result<void> {
  const found = ownerMatcher([application], census, rules)(owner);
  if (found.kind === 'application') return ok(undefined);
  const detail = `its series are those of ${shown(owner)}: another application answers there, or ELASTIC_WORKER_METRICS_NAMESPACE is not what it publishes under`;
  return err({ kind: 'malformed', what, detail });
}
