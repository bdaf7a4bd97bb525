/** The daemon's own pod: where it is, and who else is in it (R15). */
import { err, ok, type Result } from '../core/result.ts';
import type { KubeClient } from './client.ts';
import type { ContainerText, PodText } from './container.ts';
import { malformed, type KubeCall } from './errors.ts';

export interface OwnPod {
  readonly name: string;
  readonly uid: string;
  readonly addresses: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  /** Name of the container with the original daemon in it, if there is one. */
  readonly originalDaemon: string | undefined;
}

/** Reads the pod this process runs in; its name comes from the downward API. */
export async function readOwnPod(client: KubeClient, name: string, signal: AbortSignal): Promise<Result<OwnPod>> {
  const { namespace } = client;
  const call: KubeCall = { verb: 'get', group: '', resource: 'pods', what: `own pod ${name}`, namespace };
  const result = await client.call(call, signal, (o) => client.core.readNamespacedPod({ name, namespace }, o));
  if (!result.ok) return result;
  const { metadata, status } = result.value;
  if (metadata?.uid === undefined) return err(malformed(call.what, 'metadata.uid'));
  return ok({
    name,
    uid: metadata.uid,
    addresses: (status?.podIPs ?? []).map(({ ip }) => ip),
    labels: metadata.labels ?? {},
    originalDaemon: originalDaemonIn(result.value),
  });
}

/**
 * The container of the original daemon: its name ends in `-stare`, and it is not us. Oshinko gives that name to whatever
 * image it is told to run, so it may be ours: a container of ours has a setting of ours or our image's name, and where
 * no other is ours, a single `-stare` is.
 */
export function originalDaemonIn({ spec }: PodText): string | undefined {
  const containers = [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])];
  const others = containers.filter(({ name }) => name.endsWith('-stare')).filter((one) => !isOurs(one));
  if (others.length === 1 && !containers.some(isOurs)) return undefined;
  return others[0]?.name;
}

function isOurs({ env = [], image = '' }: ContainerText): boolean {
  return env.some(({ name }) => name.startsWith('ELASTIC_WORKER_')) || isOurImage(image);
}

/** Whether an image is this program's, by the last part of its repository. */
export function isOurImage(image: string): boolean {
  return image.split('@')[0]?.split('/').at(-1)?.split(':')[0] === 'elastic-worker';
}
