/**
 * Finds what sets the count, by labels: from worker pods upward, and where there is no pod at present, by the labels of
 * the controllers themselves.
 */
import { err, ok, type OperatingError, type Result } from '../../core/result.ts';
import type { KubeClient } from '../client.ts';
import { listObjects } from './objects.ts';
import { aboveOf, followOwner, LABELLED_KINDS, listReferences, sameReference } from './owners.ts';
import { listPods } from './pod-list.ts';
import { KINDS, type KindFacts, type KnownKind, type TargetReference } from './reference.ts';
import { parseWorkload } from './workload.ts';

/** A search that failed is not repeated with every look at the count: it may take a dozen calls. */
const SEARCH_AGAIN_AFTER_MS = 10_000;
const MEND = 'set ELASTIC_WORKER_TARGET to the one that sets the number of workers';

/** Tries each list of labels in turn, the pods before the controllers, until something carries them. */
export async function findTarget(
  client: KubeClient,
  selectors: readonly string[],
  signal: AbortSignal,
): Promise<Result<TargetReference>> {
  for (const selector of selectors) {
    const found = await fromPods(client, selector, signal);
    if (!found.ok) return err(rarely(found.error));
    if (found.value !== undefined) return ok(found.value);
  }
  const refused: string[] = [];
  for (const selector of selectors) {
    const found = await fromControllers(client, selector, refused, signal);
    if (!found.ok) return err(rarely(found.error));
    if (found.value !== undefined) return ok(found.value);
  }
  return err(rarely(await nothing(client, selectors, refused, signal)));
}

/** The failure of a search, with the time to leave before the next one where it would fail again. */
export function rarely(error: OperatingError): OperatingError {
  const lasting = error.kind === 'not-found' || error.kind === 'refused' || error.kind === 'unauthorized';
  return lasting ? { ...error, retryAfterMs: SEARCH_AGAIN_AFTER_MS } : error;
}

/** What sets the count of the pods with these labels; undefined where there are none. */
async function fromPods(
  client: KubeClient,
  selector: string,
  signal: AbortSignal,
): Promise<Result<TargetReference | undefined>> {
  const pods = await listPods(client, selector, signal);
  if (!pods.ok) return pods;
  if (pods.value.length === 0) return ok(undefined);
  const owners = new Map(pods.value.flatMap(({ owner }) => (owner === undefined ? [] : [[owner.uid, owner]])));
  const tops: TargetReference[] = [];
  for (const owner of owners.values()) {
    const top = await followOwner(client, owner, signal);
    if (top.ok) add(tops, top.value);
    // Pods may outlive their controller for a while.
    else if (top.error.kind !== 'not-found') return top;
  }
  const bare = pods.value.find(({ owner }) => owner === undefined);
  if (bare !== undefined && tops.length === 0) {
    const detail = `pod ${bare.name} was made by hand: nothing sets how many there are; ${MEND}`;
    return err({ kind: 'not-found', what: `what makes pods with ${selector}`, detail });
  }
  return only(tops, `pods with ${selector}`);
}

/** The controller that carries these labels, or what sets its count. Kinds that may not be listed go into `refused`. */
async function fromControllers(
  client: KubeClient,
  selector: string,
  refused: string[],
  signal: AbortSignal,
): Promise<Result<TargetReference | undefined>> {
  const tops: TargetReference[] = [];
  const listed = await Promise.all(LABELLED_KINDS.map((kind) => listKind(client, kind, selector, signal)));
  for (const one of listed) {
    if (one.ok) {
      for (const reference of one.value) {
        const top = 'apiVersion' in reference ? await followOwner(client, reference, signal) : ok(reference);
        if (!top.ok) return top;
        add(tops, top.value);
      }
    } else if (one.error.kind === 'unauthorized' && one.error.status === 403) refused.push(one.error.detail);
    else return one;
  }
  return only(tops, selector);
}

type Found = TargetReference | { readonly apiVersion: string; readonly kind: string; readonly name: string };

/** Objects of one kind with these labels, each as what stands above it. A kind that is not served has none. */
async function listKind(
  client: KubeClient,
  kind: KnownKind,
  selector: string | undefined,
  signal: AbortSignal,
): Promise<Result<readonly Found[]>> {
  const facts: KindFacts = KINDS[kind];
  const what = `${facts.plural} with ${selector ?? 'any labels'}`;
  const listed = await listObjects(client, facts, selector, what, signal);
  if (!listed.ok) return listed.error.kind === 'not-found' ? ok([]) : listed;
  const found: Found[] = [];
  for (const item of listed.value) {
    const workload = parseWorkload(item, what);
    if (!workload.ok) return workload;
    const above = aboveOf(kind, workload.value);
    if (above === undefined) found.push({ kind, name: workload.value.metadata.name });
    else found.push(above.known ? above.reference : above.owner);
  }
  return ok(found);
}

function only(tops: readonly TargetReference[], what: string): Result<TargetReference | undefined> {
  if (tops.length < 2) return ok(tops[0]);
  const detail = `several set the number of such pods: ${listReferences(tops)}; ${MEND}`;
  return err({ kind: 'refused', what, detail });
}

function add(tops: TargetReference[], top: TargetReference): void {
  if (!tops.some((one) => sameReference(one, top))) tops.push(top);
}

async function nothing(
  client: KubeClient,
  selectors: readonly string[],
  refused: readonly string[],
  signal: AbortSignal,
): Promise<OperatingError> {
  const what = `what makes pods with ${selectors.join(' or ')}`;
  const all = await Promise.all(LABELLED_KINDS.map((kind) => listKind(client, kind, undefined, signal)));
  const there: TargetReference[] = [];
  for (const one of all) {
    if (one.ok) for (const reference of one.value) if (!('apiVersion' in reference)) add(there, reference);
  }
  const parts = [
    'no pod and no controller has these labels',
    `in namespace ${client.namespace} there are: ${listReferences(there) || 'none'}`,
    ...(refused.length > 0 ? [`with no pod to begin at: ${refused.join('; ')}`] : []),
    MEND,
  ];
  return { kind: 'not-found', what, detail: parts.join('; ') };
}
