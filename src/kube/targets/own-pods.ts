/** Which controllers between an object and its pods are the object's, however many levels lie between. */
import { ok, type Result } from '../../core/result.ts';
import type { KubeClient } from '../client.ts';
import { getObject } from './objects.ts';
import { listPods } from './pod-list.ts';
import { KINDS, kindOfOwner } from './reference.ts';
import { controllerOf, Owned, parseAs, type Owner } from './workload.ts';

/** Pod, ReplicaSet, Deployment, and one more. */
const MOST_LEVELS = 3;
const MOST_REMEMBERED = 500;

/** Follows owner references upward, each controller once: who owns what never changes. */
export class OwnPods {
  readonly #client: KubeClient;
  /** UIDs above each controller that was looked at, itself included. */
  readonly #chains = new Map<string, readonly string[]>();

  constructor(client: KubeClient) {
    this.#client = client;
  }

  /** UIDs of `uid` and of the controllers below it that own pods with these labels. */
  async ownersBelow(uid: string, podSelector: string, signal: AbortSignal): Promise<Result<readonly string[]>> {
    const pods = await listPods(this.#client, podSelector, signal);
    if (!pods.ok) return pods;
    const direct = new Map(pods.value.flatMap(({ owner }) => (owner === undefined ? [] : [[owner.uid, owner]])));
    const below: string[] = [];
    for (const owner of direct.values()) {
      const chain = await this.#chainOf(owner, signal);
      if (!chain.ok) return chain;
      if (chain.value.includes(uid)) below.push(owner.uid);
    }
    return ok([...new Set([uid, ...below])]);
  }

  async #chainOf(owner: Owner, signal: AbortSignal, level = 0): Promise<Result<readonly string[]>> {
    const remembered = this.#chains.get(owner.uid);
    if (remembered !== undefined) return ok(remembered);
    const kind = kindOfOwner(owner.apiVersion, owner.kind);
    // What we have no name for is not looked into: it is the object itself, or it is not ours.
    if (kind === undefined || level >= MOST_LEVELS) return ok([owner.uid]);
    const what = `${owner.kind}/${owner.name}`;
    const found = await getObject(this.#client, KINDS[kind], owner.name, what, signal);
    if (!found.ok) return found.error.kind === 'not-found' ? ok([owner.uid]) : found;
    const above = parseAs(Owned, found.value, what);
    if (!above.ok) return above;
    const next = controllerOf(above.value);
    const rest = next === undefined ? ok([]) : await this.#chainOf(next, signal, level + 1);
    if (!rest.ok) return rest;
    const chain = [owner.uid, ...rest.value];
    if (this.#chains.size >= MOST_REMEMBERED) this.#chains.clear();
    this.#chains.set(owner.uid, chain);
    return ok(chain);
  }
}
