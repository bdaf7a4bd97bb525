/** Who is not beaten in cost and in time at once. */

export interface Point {
  readonly cost: number;
  readonly time: number;
}

/** Whether `a` is nowhere worse than `b`, and somewhere better. */
export function dominates(a: Point, b: Point): boolean {
  return a.cost <= b.cost && a.time <= b.time && (a.cost < b.cost || a.time < b.time);
}

/** Those that no other dominates, by rising cost. */
export function paretoFront<P extends Point>(points: readonly P[]): readonly P[] {
  return points
    .filter((point) => !points.some((other) => dominates(other, point)))
    .sort((a, b) => a.cost - b.cost || a.time - b.time);
}
