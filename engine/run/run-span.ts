import { toErrorRecord } from '../contract/values/errors.ts';
import type { Span } from '../contract/values/observe.ts';
import type { CompiledFlow } from '../compile/compile-flow.ts';
import type { RunEnd } from '../execution/run-job.ts';
import type { RunDeps } from './run-deps.ts';

/**
 * Starts the span of a flow that runs inside a call; the spans of its nodes are children. Returns undefined if the
 * call is not traced.
 */
export function beginRunSpan(
  { flowId, version }: CompiledFlow,
  executionId: string,
  parent: string | undefined,
  { tracer }: RunDeps,
): Span | undefined {
  if (tracer === undefined || parent === undefined) return undefined;
  const fields = { 'kangqiao.flow': flowId, 'kangqiao.flow_version': version, 'kangqiao.execution': executionId };
  return tracer.child(`run ${flowId}`, parent, { kind: 'internal', fields });
}

export function endRunSpan(span: Span | undefined, end: RunEnd): void {
  if (span === undefined) return;
  const code = 'error' in end ? end.error.code : end.status === 'lost' ? toErrorRecord(end.cause).code : undefined;
  span.end({ 'kangqiao.status': end.status }, code);
}
