/** Converts the end of a run to the form that the execution stores. */
import type { RunEnd } from '../run-job.ts';
import type { Stopped } from '../leg-payload.ts';
import type { ExecutionEnd } from '../transition.ts';

export type TerminalEnd = Extract<RunEnd, { status: 'completed' | 'failed' | 'cancelled' }>;

export function stoppedOf(end: RunEnd): Stopped {
  if (end.status !== 'failed' && end.status !== 'held') return {};
  return { error: end.error, ...(end.stopped === undefined ? {} : { stopped: end.stopped }) };
}

export function executionEnd(end: TerminalEnd): ExecutionEnd {
  switch (end.status) {
    case 'completed':
      return { status: 'completed' };
    case 'failed':
      return { status: 'failed', error: { code: end.error.code, kind: end.error.kind }, isDeadLetter: end.isDeadLetter };
    case 'cancelled':
      return end;
  }
}
