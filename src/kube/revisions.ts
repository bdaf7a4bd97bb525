/**
 * Resource versions as points in time: whole numbers that rise with every write of a resource, and may be compared
 * (documented since Kubernetes 1.35, true of every API server on etcd before). Anything else is not compared.
 */

const DECIMAL = /^[1-9]\d*$/;

/** Whether `a` is from before `b`; false where either cannot be compared. */
export function isOlder(a: string | undefined, b: string | undefined): boolean {
  if (a === undefined || b === undefined || !DECIMAL.test(a) || !DECIMAL.test(b)) return false;
  return a.length === b.length ? a < b : a.length < b.length;
}

/** The newer of two; the one that can be compared where the other cannot. */
export function newerOf(a: string | undefined, b: string | undefined): string | undefined {
  if (b === undefined || !DECIMAL.test(b)) return a;
  return a === undefined || isOlder(a, b) ? b : a;
}
