import type { FlowVersion } from '../contract/flow/flow-document.ts';
import { contentHash } from '../flow/content-hash.ts';
import { isPublishable } from '../flow/validate-flow.ts';
import type { CompiledFlow } from '../compile/compile-flow.ts';
import type { FlowCatalog, PublishOptions, PublishReport, TestReport } from './interface.ts';
import { checkListener } from './check-listener.ts';
import type { FlowCatalogDeps } from './examine-flow.ts';
import { findIssues } from './find-issues.ts';
import { draftChanged, invalid, raced, testsFailed, unknown } from './flow-errors.ts';
import { bodyOf, isPublished, sealJson, wasPublished, type PointerRecord } from './flow-stores.ts';
import { runTests } from './run-tests.ts';

const NO_TESTS: TestReport = { passed: true, tests: [] };

/**
 * Publication: validate, test, prepare, commit, apply. If a step before the commit fails, the old version keeps
 * serving. Nothing after the commit is undone.
 */
export function createPublisher(deps: FlowCatalogDeps): Pick<FlowCatalog, 'publish' | 'rollback' | 'unpublish'> {
  const { stores, published, clock } = deps;

  async function publish(
    flowId: string,
    actor: string,
    signal: AbortSignal,
    { onStage, note, revision }: PublishOptions = {},
  ): Promise<PublishReport> {
    onStage?.('validate');
    const draft = await stores.drafts.get(flowId);
    const document = bodyOf(stores, draft);
    if (draft === undefined || document === undefined) throw unknown(flowId);
    if (revision !== undefined && revision !== draft.revision) throw draftChanged(revision, draft);
    const pointer = await stores.pointers.get(flowId);
    const issues = await findIssues(deps, document, actor);
    if (!isPublishable(issues)) throw invalid(issues);
    const hash = contentHash(document);
    const warnings = issues.filter((issue) => issue.severity === 'warning');
    if (isPublished(pointer) && pointer.contentHash === hash) {
      return { flowId, version: pointer.version, contentHash: hash, changed: false, warnings, tests: NO_TESTS };
    }
    onStage?.('test');
    const number = Math.max(pointer?.newest ?? 0, await latestVersion(flowId)) + 1;
    const version: FlowVersion = { flowId, version: number, contentHash: hash, document };
    const flow = await deps.compileInTurns(version, signal);
    const tests = await runTests(flow, document.tests, deps.runTrial, clock, signal);
    if (!tests.passed) throw testsFailed(flowId, tests);
    onStage?.('prepare');
    await prepare(flow, signal);
    onStage?.('commit');
    // Tests and listeners take seconds, so check again. A removal between this line and the commit is still missed.
    if ((await stores.drafts.get(flowId)) === undefined) throw unknown(flowId);
    const _id = `${flowId}@${number}`;
    const record = {
      _id,
      flowId,
      version: number,
      contentHash: hash,
      body: sealJson(stores.seal, stores.versions, _id, document),
      publishedAt: clock.now(),
      publishedBy: actor,
      ...(note === undefined ? {} : { note: sealJson(stores.seal, stores.versions, _id, note) }),
    };
    if (!(await stores.versions.insert(record, { durability: 'full' })).inserted) throw raced(flowId);
    // If the commit fails the version stays: a commit whose response was lost may have taken effect.
    await commit(flowId, pointer, { version: number, contentHash: hash, ...countUp(pointer, number) }, actor);
    onStage?.('apply');
    await apply(flowId, flow);
    return { flowId, version: number, contentHash: hash, changed: true, warnings, tests };
  }

  async function rollback(flowId: string, version: number, actor: string, signal: AbortSignal): Promise<PublishReport> {
    const pointer = await stores.pointers.get(flowId);
    const record = await stores.versions.get(`${flowId}@${version}`);
    if (record === undefined || pointer === undefined || !wasPublished(pointer, version)) throw unknown(flowId, version);
    const report: PublishReport = {
      flowId,
      version,
      contentHash: record.contentHash,
      changed: pointer.version !== version,
      warnings: [],
      tests: NO_TESTS,
    };
    if (!report.changed) return report;
    const flow = await published.at(flowId, version);
    await prepare(flow, signal);
    await commit(flowId, pointer, { ...pointer, version, contentHash: record.contentHash }, actor);
    await apply(flowId, flow);
    return report;
  }

  async function unpublish(flowId: string, actor: string): Promise<boolean> {
    const pointer = await stores.pointers.get(flowId);
    if (!isPublished(pointer)) return false;
    await commit(flowId, pointer, { ...pointer, version: null, contentHash: '' }, actor);
    await apply(flowId);
    return true;
  }

  async function prepare(flow: CompiledFlow, signal: AbortSignal): Promise<void> {
    checkListener(flow, deps);
    await deps.prepareTrigger?.(flow, signal);
    signal.throwIfAborted();
  }

  /** The one write that publishes: a process that read an older pointer fails. */
  async function commit(
    flowId: string,
    before: PointerRecord | undefined,
    after: Pick<PointerRecord, 'version' | 'contentHash' | 'newest' | 'skipped'>,
    actor: string,
  ): Promise<void> {
    const revision = (before?.revision ?? 0) + 1;
    const pointer: PointerRecord = { ...after, _id: flowId, revision, changedAt: clock.now(), changedBy: actor };
    const isCommitted =
      before === undefined
        ? (await stores.pointers.insert(pointer, { durability: 'full' })).inserted
        : (await stores.pointers.replaceIf(pointer, { revision: before.revision }, { durability: 'full' })).outcome === 'patched';
    if (!isCommitted) throw raced(flowId);
  }

  /** Nothing is undone after the commit: a process that cannot follow says so in its status. */
  async function apply(flowId: string, flow?: CompiledFlow): Promise<void> {
    await published.refresh(flowId, flow).catch((error: unknown) => deps.logger.error('flow.apply-failed', error, { flowId }));
    await published.hint(flowId);
  }

  async function latestVersion(flowId: string): Promise<number> {
    return (await stores.versions.find({ flowId }, { sort: ['-version'], limit: 1 }))[0]?.version ?? 0;
  }

  return { publish, rollback, unpublish };
}

/**
 * A version stored between the newest and this one was based on the same pointer or an older one, so this commit
 * makes its commit fail for good. If the newest is unknown, nothing is skipped: a superfluous version in a list is
 * better than executions that no list shows.
 */
function countUp(before: PointerRecord | undefined, version: number): Required<Pick<PointerRecord, 'newest' | 'skipped'>> {
  const newest = before?.newest ?? version - 1;
  const failed = Array.from({ length: version - 1 - newest }, (_, index) => newest + 1 + index);
  return { newest: version, skipped: [...(before?.skipped ?? []), ...failed] };
}
