/**
 * Tracks the flow versions that this process leaves to other processes, because it does not serve them or lacks a node
 * type they use.
 */
import type { Clock } from '../contract/values/clock.ts';
import { toErrorRecord } from '../contract/values/errors.ts';
import type { Logger } from '../contract/values/observe.ts';
import type { SharedState } from '../contract/ports/shared-state.ts';
import type { CompiledFlow } from '../compile/compile-flow.ts';
import type { ExecutionDocument } from '../execution/execution-document.ts';
import type { PublishedFlows } from '../compile/published-flows.ts';
import type { PartitionReader } from './partition-reader.ts';

export interface ForeignFlows {
  isForeign(document: ExecutionDocument): boolean;
  /**
   * Called if this process turns out to be unable to run the execution. That may change with the next publication, or
   * with other settings of an adapter.
   */
  leaveAlone(document: ExecutionDocument): void;
}

export interface ForeignFlowsDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly shared: Pick<SharedState, 'publish'>;
  readonly published: Pick<PublishedFlows, 'cached'>;
  serves?(flow: CompiledFlow): boolean;
  readonly reader: Pick<PartitionReader, 'takeRing'>;
}

/** The channel on which a worker tells other workers about a partition with work that it cannot do. */
export const PASSED_ON_CHANNEL = 'executions.passed-on';

/** How long a flow that this process cannot run is left alone before it is checked again. */
const LEFT_ALONE_MS = 30_000;
const MAX_FOREIGN = 10_000;

export function createForeignFlows(deps: ForeignFlowsDeps): ForeignFlows {
  const { clock, log, shared, published, reader } = deps;
  /** For each `flow@version` that this process cannot run or does not serve: the time until which it is left alone. */
  const foreignUntil = new Map<string, number>();

  return {
    isForeign(document) {
      const flow = published.cached(document.flowId, document.version);
      const until = foreignUntil.get(versionOf(document)) ?? 0;
      const isLeft = flow ? !(deps.serves?.(flow) ?? true) : clock.monotonic() < until;
      if (isLeft && reader.takeRing(document.part)) passOn(document.part);
      return isLeft;
    },
    leaveAlone(document) {
      const flow = versionOf(document);
      if (!foreignUntil.has(flow)) log.warn('worker.flow_left_to_others', { flow });
      if (foreignUntil.size > MAX_FOREIGN) foreignUntil.clear();
      foreignUntil.set(flow, clock.monotonic() + LEFT_ALONE_MS);
      reader.takeRing(document.part);
      passOn(document.part);
    },
  };

  /**
   * Tells the other workers about the partition. The queue signals each piece of work to only one worker, so that
   * worker must pass on work that it leaves to others.
   */
  function passOn(part: number): void {
    shared
      .publish(PASSED_ON_CHANNEL, String(part))
      .catch((error: unknown) => log.debug('worker.not_passed_on', { code: toErrorRecord(error).code }));
  }
}

function versionOf({ flowId, version }: ExecutionDocument): string {
  return `${flowId}@${version}`;
}
