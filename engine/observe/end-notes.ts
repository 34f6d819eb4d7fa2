/**
 * Reports executions that ended or need a person: metrics for all, and a log line for each that is held or failed. Logs
 * only ids and codes, never an error message. Bursts are combined into one line, because thousands of messages can be
 * held within a minute when an adapter goes down.
 */
import { createCallStats, outcomeOf, type CallCounts } from '../contract/calls/call-stats.ts';
import { isReceiverFault } from '../contract/calls/receiver-fault.ts';
import type { Clock } from '../contract/values/clock.ts';
import type { ErrorRecord } from '../contract/values/errors.ts';
import type { LogFields, Logger, Metrics } from '../contract/values/observe.ts';
import type { CompiledFlow } from '../compile/compile-flow.ts';
import type { RunEnd } from '../execution/run-job.ts';

export interface EndNotes {
  /** Called when the end of an execution is stored, or its caller has the result. */
  ended(flow: CompiledFlow, executionId: string, end: Exclude<RunEnd, { status: 'lost' }>): void;
  /**
   * Returns the number of executions that ended or are held, by flow. A message that the flow refuses does not count as
   * a failure.
   */
  counts(): readonly CallCounts[];
}

export interface EndNotesDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
}

/**
 * Maximum number of separate log lines for one cause (flow, node and code). Further ones are combined into one line
 * every 10 seconds, with their number. After 10 seconds without a further one, separate lines are logged again.
 */
const LINES = 5;
const WINDOW_MS = 10_000;
const CODE = /^[A-Z][A-Z0-9_]{1,60}$/;
/** Maximum number of distinct causes that are counted separately. Further causes are combined into one. */
const MOST_CAUSES = 500;

interface Cause {
  lines: number;
  /** The number of executions that were not logged separately since the last combined line. */
  folded: number;
  last: LogFields;
}

export function createEndNotes({ clock, log, metrics }: EndNotesDeps): EndNotes {
  const causes = new Map<string, Cause>();
  let isWatching = false;
  const stats = createCallStats(clock);

  return {
    counts: () => stats.counts(),
    ended(flow, executionId, end) {
      const { flowId, version, document } = flow;
      metrics.count('executions_total', { flow: flowId, mode: document.mode, status: end.status });
      if (end.status !== 'waiting' && end.status !== 'cancelled')
        stats.called(flowId, 0, outcomeOf('error' in end ? end.error.kind : undefined));
      if (end.status === 'failed' && end.isDeadLetter) metrics.count('dead_letters_total', { flow: flowId });
      if (end.status !== 'failed' && end.status !== 'held') return;
      const { node, error, stopped } = end;
      const fields = { executionId, flowId, version, status: end.status, node, code: codeOf(error), attempt: stopped?.attempt };
      tell(`${flowId}\n${node}\n${fields.code}`, {
        ...fields,
        // These messages say what is wrong with the flow or the other system, and quote nothing of the payload.
        ...(isReceiverFault(error) ? { reason: error.message } : {}),
        ...(end.status === 'failed' && end.isDeadLetter ? { deadLetter: true } : {}),
      });
    },
  };

  function tell(key: string, fields: LogFields): void {
    const name = causes.has(key) || causes.size < MOST_CAUSES ? key : '';
    const cause = causes.get(name) ?? { lines: 0, folded: 0, last: fields };
    causes.set(name, cause);
    if (cause.lines < LINES) {
      cause.lines += 1;
      log.warn('execution.not_completed', fields);
    } else {
      cause.folded += 1;
      cause.last = fields;
    }
    if (!isWatching) clock.after(WINDOW_MS, turn);
    isWatching = true;
  }

  /**
   * Runs every 10 seconds while there are causes. Logs one combined line for each cause with further executions, and
   * forgets the other causes.
   */
  function turn(): void {
    for (const [key, cause] of causes) {
      if (cause.folded === 0) causes.delete(key);
      else log.warn('execution.not_completed', { ...cause.last, count: cause.folded });
      cause.folded = 0;
    }
    isWatching = causes.size > 0;
    if (isWatching) clock.after(WINDOW_MS, turn);
  }
}

/**
 * Returns the code for the log. Codes are constants of the platform, of a node type or of a flow, so a text that does
 * not look like one is not logged.
 */
function codeOf({ code }: ErrorRecord): string {
  return CODE.test(code) ? code : 'unreadable';
}
