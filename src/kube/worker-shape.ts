/** The size of one worker as its pod template states it (R6). */
import { resources, type Resources } from '../core/resources.ts';
import type { ContainerText, EnvEntry, PodText } from './container.ts';
import { parseQuantity, parseSparkMemoryMiB } from './quantity.ts';

const CORES = 'SPARK_WORKER_CORES';
const MEMORY = 'SPARK_WORKER_MEMORY';
const BYTES_PER_MIB = 1024 * 1024;
/** What a worker that was not told its memory leaves to the system, and the least it offers: both 1 GiB. */
const RESERVED_MIB = 1024;

/**
 * The worker's size: `SPARK_WORKER_CORES` and `SPARK_WORKER_MEMORY` of its container, each replaced by what a worker
 * infers from the container's limits where it is not given or comes from a place we do not read (a ConfigMap, a
 * Secret). A limit named like `nvidia.com/gpu` counts as `gpu`.
 *
 * @returns undefined where cores or memory cannot be told.
 */
export function workerShapeOf(template: PodText | undefined): Resources | undefined {
  const containers = template?.spec?.containers ?? [];
  const container =
    containers.find(({ env }) => env?.some(({ name }) => name === CORES || name === MEMORY)) ??
    containers.find(({ name }) => name.includes('worker')) ??
    containers[0];
  if (container === undefined) return undefined;
  const cores = coresOf(container, containers);
  const memoryMiB = memoryOf(container, containers);
  if (cores === undefined || memoryMiB === undefined || cores < 1 || memoryMiB < 1) return undefined;
  return resources(cores, memoryMiB, gpusOf(container));
}

function coresOf(container: ContainerText, all: readonly ContainerText[]): number | undefined {
  const text = resolveEnv(CORES, container, all);
  if (text !== undefined && /^\d+$/.test(text)) return Number(text);
  const limit = quantityAt(container, 'limits', 'cpu');
  return limit === undefined ? undefined : Math.ceil(limit); // as the JVM counts its processors
}

function memoryOf(container: ContainerText, all: readonly ContainerText[]): number | undefined {
  const text = resolveEnv(MEMORY, container, all);
  const stated = text === undefined ? undefined : parseSparkMemoryMiB(text);
  if (stated !== undefined) return stated;
  const limit = quantityAt(container, 'limits', 'memory');
  return limit === undefined ? undefined : Math.max(Math.floor(limit / BYTES_PER_MIB) - RESERVED_MIB, RESERVED_MIB);
}

function gpusOf(container: ContainerText): Record<string, number> {
  const limits = Object.entries(container.resources?.limits ?? {}).filter(([name]) => name.endsWith('/gpu'));
  const gpu = limits.reduce((sum, [, amount]) => sum + (parseQuantity(amount) ?? 0), 0);
  return gpu > 0 ? { gpu } : {};
}

/** The variable's text, with `$(OTHER)` replaced; undefined if any part of it is not written in the template. */
function resolveEnv(
  name: string,
  container: ContainerText,
  all: readonly ContainerText[],
  depth = 0,
): string | undefined {
  const variable = container.env?.findLast((one) => one.name === name);
  if (variable === undefined || depth > 5) return undefined;
  if (variable.valueFrom !== undefined) return resolveReference(variable, container, all);
  const missing: string[] = [];
  const text = (variable.value ?? '').replace(/\$\(([A-Za-z_][A-Za-z0-9_]*)\)/g, (_, other: string) => {
    const part = resolveEnv(other, container, all, depth + 1);
    if (part === undefined) missing.push(other);
    return part ?? '';
  });
  return missing.length === 0 ? text : undefined;
}

/** A limit or request handed over as a variable, rounded up to whole divisors as the kubelet does. */
function resolveReference(
  { valueFrom }: EnvEntry,
  container: ContainerText,
  all: readonly ContainerText[],
): string | undefined {
  const reference = valueFrom?.resourceFieldRef;
  if (reference === undefined) return undefined;
  const of = all.find((one) => one.name === reference.containerName) ?? container;
  const [kind, resource = ''] = reference.resource.split('.');
  const amount = kind === 'limits' || kind === 'requests' ? quantityAt(of, kind, resource) : undefined;
  const divisor = parseQuantity(reference.divisor ?? '1') ?? 0;
  // The API writes an absent divisor out as "0".
  return amount === undefined ? undefined : String(Math.ceil(amount / (divisor === 0 ? 1 : divisor)));
}

function quantityAt(container: ContainerText, kind: 'limits' | 'requests', resource: string): number | undefined {
  const text = container.resources?.[kind]?.[resource];
  return text === undefined ? undefined : parseQuantity(text);
}
