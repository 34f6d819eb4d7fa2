/**
 * What a process tells of executions that ended or need a person: metrics of all, a log line of each that is held or failed. Ids and codes
 * alone, never the sentence of an error. A storm is folded: an adapter that goes down holds thousands of messages within a minute.
 */
import { createCallStats, outcomeOf, type CallCounts } from '../contract/calls/call-stats.ts';
import type { Clock } from '../contract/values/clock.ts';
import type { ErrorRecord } from '../contract/values/errors.ts';
import type { LogFields, Logger, Metrics } from '../contract/values/observe.ts';
import type { CompiledFlow } from '../compile/compile-flow.ts';
import type { RunEnd } from '../execution/run-job.ts';

export interface EndNotes {
  /** The end is kept by the store, or the caller has it. */
  ended(flow: CompiledFlow, executionId: string, end: Exclude<RunEnd, { status: 'lost' }>): void;
  /** By flow: executions that came to an end or are held. What a flow refuses is no failure of it. */
  counts(): readonly CallCounts[];
}

export interface EndNotesDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
}

/** Lines of the same flow, node and code within one window; the rest of the window is one line with their number. */
const LINES = 5;
const WINDOW_MS = 10_000;
const CODE = /^[A-Z][A-Z0-9_]{1,60}$/;
/** Causes at the same time; what comes beyond them is folded together. */
const MOST_CAUSES = 500;

interface Cause {
  lines: number;
  /** Not logged yet. */
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

  /** A cause that goes on has one line in each window. */
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

/** Codes are constants of the platform, of a node type or of a flow; what looks like none is not told. */
function codeOf({ code }: ErrorRecord): string {
  return CODE.test(code) ? code : 'unreadable';
}
