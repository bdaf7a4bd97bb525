/** Ray's resource-demand scheduler: requests onto nodes, best score first (policies.md 6). One kind of node. */

/** What a request asks for and a node has: cores and memory. Other kinds are left out. */
export interface Amounts {
  readonly cores: number;
  readonly memoryMiB: number;
}

/** So many equal requests. */
export interface Requests extends Amounts {
  readonly count: number;
}

export interface RayNode {
  /** Undefined for a node that would have to be launched. */
  readonly name: string | undefined;
  readonly total: Amounts;
  readonly free: Amounts;
}

export interface Packing {
  /** Nodes that are there and that got at least one request. */
  readonly used: ReadonlySet<string>;
  readonly launches: number;
  /** Requests that fit nowhere; they are told, and never tried again by adding more. */
  readonly infeasible: number;
}

interface Trial {
  readonly left: readonly Requests[];
  readonly placed: number;
  readonly score: readonly number[];
}

/**
 * Places requests without turning back: the node with the best score takes all it can, then the next best of the rest;
 * those that are there first, then up to `headroom` new ones.
 */
export function pack(
  requests: readonly Requests[],
  nodes: readonly RayNode[],
  empty: Amounts,
  headroom: number,
): Packing {
  let left: readonly Requests[] = [...requests].sort(hardestFirst).filter(({ count }) => count > 0);
  const pool = [...nodes];
  const used = new Set<string>();
  while (left.length > 0) {
    const best = bestOf(pool, left);
    if (best === undefined) break;
    const [node] = pool.splice(best.index, 1);
    if (node?.name !== undefined) used.add(node.name);
    left = best.trial.left;
  }
  let launches = 0;
  while (left.length > 0 && launches < headroom) {
    const trial = place({ name: undefined, total: empty, free: empty }, left);
    if (trial.placed === 0) break;
    launches += 1;
    left = trial.left;
  }
  return { used, launches, infeasible: left.reduce((sum, { count }) => sum + count, 0) };
}

/** More kinds of resources, then more of them in all, then the larger items. */
function hardestFirst(a: Requests, b: Requests): number {
  const kinds = ({ cores, memoryMiB }: Requests): number => Number(cores > 0) + Number(memoryMiB > 0);
  return kinds(b) - kinds(a) || b.cores + b.memoryMiB - (a.cores + a.memoryMiB) || b.cores - a.cores;
}

function bestOf(
  pool: readonly RayNode[],
  requests: readonly Requests[],
): { readonly index: number; readonly trial: Trial } | undefined {
  let best: { readonly index: number; readonly trial: Trial } | undefined;
  // Nodes that are equally free and large score the same; the first of them goes first.
  const tried = new Set<string>();
  for (const [index, node] of pool.entries()) {
    const key = `${node.free.cores}/${node.free.memoryMiB}/${node.total.cores}/${node.total.memoryMiB}`;
    if (tried.has(key)) continue;
    tried.add(key);
    const trial = place(node, requests);
    if (trial.placed > 0 && (best === undefined || isLarger(trial.score, best.trial.score))) best = { index, trial };
  }
  return best;
}

function place(node: RayNode, requests: readonly Requests[]): Trial {
  let { cores, memoryMiB } = node.free;
  let placed = 0;
  const left: Requests[] = [];
  for (const request of requests) {
    const fit = Math.min(
      request.count,
      request.cores > 0 ? Math.floor(cores / request.cores) : Infinity,
      request.memoryMiB > 0 ? Math.floor(memoryMiB / request.memoryMiB) : Infinity,
    );
    cores -= fit * request.cores;
    memoryMiB -= fit * request.memoryMiB;
    placed += fit;
    if (fit < request.count) left.push({ ...request, count: request.count - fit });
  }
  return { left, placed, score: scoreOf(node.total, { cores, memoryMiB }, requests) };
}

/** Of what tells nodes of one kind apart: kinds that are asked for, the least and the mean of v × u³. */
export function scoreOf(total: Amounts, free: Amounts, requests: readonly Amounts[]): readonly number[] {
  const kinds = (['cores', 'memoryMiB'] as const).filter((kind) => total[kind] > 0);
  const asked = kinds.filter((kind) => requests.some((one) => one[kind] > 0)).length;
  const values = kinds.map((kind) => total[kind] * (1 - free[kind] / total[kind]) ** 3);
  if (values.length === 0) return [asked, 0, 0];
  return [asked, Math.min(...values), values.reduce((sum, value) => sum + value, 0) / values.length];
}

function isLarger(a: readonly number[], b: readonly number[]): boolean {
  const at = a.findIndex((value, index) => value !== b[index]);
  return at >= 0 && (a[at] ?? 0) > (b[at] ?? 0);
}
