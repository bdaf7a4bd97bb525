/** Times as Spark and Kubernetes print them; all in UTC. */

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** Kubernetes `Time`: whole seconds, like 2026-11-23T00:44:42Z. */
export function kubeTime(epochMs: number): string {
  return `${new Date(epochMs).toISOString().slice(0, 19)}Z`;
}

/** Spark's identifiers: 20261123004442. */
export function idTime(epochMs: number): string {
  return new Date(epochMs).toISOString().slice(0, 19).replaceAll(/[-:T]/g, '');
}

/** Java's `Date.toString`: Mon Nov 23 00:44:42 UTC 2026. */
export function javaDate(epochMs: number): string {
  const date = new Date(epochMs);
  const day = String(date.getUTCDate()).padStart(2, '0');
  const time = date.toISOString().slice(11, 19);
  return `${DAYS[date.getUTCDay()] ?? ''} ${MONTHS[date.getUTCMonth()] ?? ''} ${day} ${time} UTC ${date.getUTCFullYear()}`;
}

/** As on the master's pages: 2026/11/23 00:44:42. */
export function pageTime(epochMs: number): string {
  return new Date(epochMs).toISOString().slice(0, 19).replaceAll('-', '/').replace('T', ' ');
}

/** As in the driver's REST API: 2026-11-23T00:44:42.000GMT. */
export function restTime(epochMs: number): string {
  return new Date(epochMs).toISOString().replace('Z', 'GMT');
}
