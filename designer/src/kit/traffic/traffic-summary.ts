import type { TrafficPoint } from '../../api/operations.ts';

export interface TrafficSummary {
  readonly count: number;
  readonly failed: number;
  readonly refused: number;
  /** Mean over all executions, not a mean of the points. */
  readonly meanMs: number;
  readonly busiest: { readonly at: number; readonly count: number };
}

/** Returns the totals of a series of points. */
export function summaryOf(points: readonly TrafficPoint[]): TrafficSummary {
  let count = 0;
  let failed = 0;
  let refused = 0;
  let totalMs = 0;
  let busiest = { at: points[0]?.at ?? 0, count: 0 };
  for (const point of points) {
    count += point.count;
    failed += point.failed;
    refused += point.refused;
    totalMs += point.count * point.meanMs;
    if (point.count > busiest.count) busiest = { at: point.at, count: point.count };
  }
  return { count, failed, refused, meanMs: count === 0 ? 0 : totalMs / count, busiest };
}
