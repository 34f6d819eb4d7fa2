/** A sync flow that runs in the process to which its caller is connected. */
import type { FlowCall } from '../contract/node/run-flow.ts';
import type { Span } from '../contract/values/observe.ts';
import type { RunJob } from '../execution/run-job.ts';
import type { Origin } from './origin.ts';
import type { CompiledFlow } from '../compile/compile-flow.ts';
import type { ExecutionJournal } from '../execution/journal/execution-journal.ts';

export interface InlineCall {
  readonly flow: CompiledFlow;
  readonly call: FlowCall;
  /** Undefined if the caller sent no Idempotency-Key. */
  readonly origin: Origin | undefined;
}

export interface Inline {
  readonly executionId: string;
  readonly job: RunJob;
  readonly journal: ExecutionJournal;
  readonly dedupe: string;
  readonly span: Span | undefined;
  stop(): void;
}
