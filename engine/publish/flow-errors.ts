import { AppError, type Issue } from '../contract/values/errors.ts';
import type { FlowDocument } from '../contract/flow/flow-document.ts';
import type { TestReport } from './interface.ts';
import { StaleDraft } from '../contract/values/stale-draft.ts';
import type { DraftRecord } from './flow-stores.ts';

export function invalid(issues: readonly Issue[]): AppError {
  const count = issues.filter((issue) => issue.severity === 'error').length;
  return new AppError('FLOW_INVALID', 'input', `The flow has ${count} ${count === 1 ? 'problem' : 'problems'}.`, {
    values: { count },
    issues,
    fix: 'Correct the problems that are listed.',
  });
}

/**
 * Returns the error FLOW_STALE. `record` is the stored draft, and `theirs` is its document; they are undefined if the
 * draft was removed.
 */
export function stale(yours: FlowDocument, record: DraftRecord | undefined, theirs: FlowDocument | undefined): AppError {
  const { flowId, revision } = yours;
  if (record === undefined) {
    return new AppError('FLOW_STALE', 'input', `${flowId} was removed; your change is based on revision ${revision}.`, {
      values: { flowId, revision, problem: 'removed' },
      fix: 'If you still want it, save it with revision 0.',
      cause: new StaleDraft(yours, theirs),
    });
  }
  const { revision: stored, updatedBy: savedBy, updatedAt: savedAt } = record;
  return new AppError('FLOW_STALE', 'input', `${flowId} is stored with revision ${stored}; your change is based on revision ${revision}.`, {
    values: { flowId, revision, stored, savedBy, savedAt },
    fix: 'Look at the newer draft, apply your change to it and save again.',
    cause: new StaleDraft(yours, theirs),
  });
}

export function testsFailed(flowId: string, report: TestReport): AppError {
  const issues = report.tests.flatMap((test, index) =>
    test.problems.map((problem): Issue => ({
      ...problem,
      path: `/tests/${index}${problem.path}`,
      message: `${test.name}: ${problem.message}`,
    })),
  );
  return new AppError('FLOW_TESTS_FAILED', 'input', `Saved tests of ${flowId} fail, so it is not published.`, {
    values: { flowId },
    issues,
    fix: 'Correct the flow or its tests.',
  });
}

export function raced(flowId: string): AppError {
  return new AppError('FLOW_PUBLISH_RACE', 'input', `Someone else published ${flowId} at the same moment.`, {
    values: { flowId },
    fix: 'Look at what is published now, and publish again if you still want to.',
  });
}

export function draftChanged(revision: number, { _id: flowId, revision: stored, updatedBy, updatedAt }: DraftRecord): AppError {
  const what = `${updatedBy} has since saved the draft of ${flowId}: it has revision ${stored}, not ${revision}.`;
  return new AppError('FLOW_DRAFT_CHANGED', 'input', what, {
    values: { flowId, revision, stored, savedBy: updatedBy, savedAt: updatedAt },
    fix: 'Look at the draft as it is now, and publish it if you still want to.',
  });
}

export function unknown(flowId: string, version?: number): AppError {
  const what = version === undefined ? flowId : `Version ${version} of ${flowId}`;
  return new AppError('FLOW_UNKNOWN', 'input', `${what} does not exist.`, {
    values: { flowId, ...(version === undefined ? {} : { version }) },
    fix: 'List the flows to see which exist.',
  });
}
