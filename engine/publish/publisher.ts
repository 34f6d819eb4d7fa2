import type { FlowDocument, FlowVersion } from '../contract/flow/flow-document.ts';
import { contentHash } from '../flow/content-hash.ts';
import { isPublishable } from '../flow/validate-flow.ts';
import type { CompiledFlow } from '../compile/compile-flow.ts';
import type { PublishOptions, PublishReport, TestReport } from './interface.ts';
import { checkListener } from './check-listener.ts';
import type { FlowCatalogDeps } from './examine-flow.ts';
import { findIssues } from './find-issues.ts';
import { draftChanged, invalid, raced, testsFailed, unknown } from './flow-errors.ts';
import { bodyOf, isPublished, sealJson, wasPublished, type PointerRecord } from './flow-stores.ts';
import { runTests } from './run-tests.ts';

const NO_TESTS: TestReport = { passed: true, tests: [] };

/**
 * Publishes flows in five steps: validate, test, prepare, commit, apply. If a step before the commit fails, the old
 * version keeps serving. Nothing after the commit is undone.
 */
export class Publisher {
  readonly #deps: FlowCatalogDeps;

  constructor(deps: FlowCatalogDeps) {
    this.#deps = deps;
  }

  async publish(
    flowId: string,
    actor: string,
    signal: AbortSignal,
    { onStage, note, revision }: PublishOptions = {},
  ): Promise<PublishReport> {
    const { stores } = this.#deps;
    onStage?.('validate');
    const document = await this.#readDraft(flowId, revision);
    const pointer = await stores.pointers.get(flowId);
    const issues = await findIssues(this.#deps, document, actor);
    if (!isPublishable(issues)) throw invalid(issues);
    const hash = contentHash(document);
    const warnings = issues.filter((issue) => issue.severity === 'warning');
    if (isPublished(pointer) && pointer.contentHash === hash) {
      return { flowId, version: pointer.version, contentHash: hash, changed: false, warnings, tests: NO_TESTS };
    }
    onStage?.('test');
    const number = Math.max(pointer?.newest ?? 0, await this.#latestVersion(flowId)) + 1;
    const version: FlowVersion = { flowId, version: number, contentHash: hash, document };
    const { flow, tests } = await this.#test(version, signal);
    onStage?.('prepare');
    await this.#prepare(flow, signal);
    onStage?.('commit');
    // The tests and the check of the listener take seconds, so check again that the draft exists. If the draft is
    // removed between this line and the commit, this is not noticed.
    if ((await stores.drafts.get(flowId)) === undefined) throw unknown(flowId);
    await this.#storeVersion(version, actor, note);
    // If the commit fails, the stored version is kept: the commit may have taken effect although its response was lost.
    await this.#commit(flowId, pointer, { version: number, contentHash: hash, ...countUp(pointer, number) }, actor);
    onStage?.('apply');
    await this.#apply(flowId, flow);
    return { flowId, version: number, contentHash: hash, changed: true, warnings, tests };
  }

  async rollback(flowId: string, version: number, actor: string, signal: AbortSignal): Promise<PublishReport> {
    const { stores, published } = this.#deps;
    const pointer = await stores.pointers.get(flowId);
    const record = await stores.versions.get(`${flowId}@${version}`);
    if (record === undefined || pointer === undefined || !wasPublished(pointer, version)) throw unknown(flowId, version);
    const { contentHash: hash } = record;
    const changed = pointer.version !== version;
    const report: PublishReport = { flowId, version, contentHash: hash, changed, warnings: [], tests: NO_TESTS };
    if (!changed) return report;
    const flow = await published.at(flowId, version);
    await this.#prepare(flow, signal);
    await this.#commit(flowId, pointer, { ...pointer, version, contentHash: hash }, actor);
    await this.#apply(flowId, flow);
    return report;
  }

  async unpublish(flowId: string, actor: string): Promise<boolean> {
    const pointer = await this.#deps.stores.pointers.get(flowId);
    if (!isPublished(pointer)) return false;
    await this.#commit(flowId, pointer, { ...pointer, version: null, contentHash: '' }, actor);
    await this.#apply(flowId);
    return true;
  }

  /** Reads the draft. `revision` is the one that the person saw. */
  async #readDraft(flowId: string, revision: number | undefined): Promise<FlowDocument> {
    const { stores } = this.#deps;
    const draft = await stores.drafts.get(flowId);
    const document = bodyOf(stores, draft);
    if (draft === undefined || document === undefined) throw unknown(flowId);
    if (revision !== undefined && revision !== draft.revision) throw draftChanged(revision, draft);
    return document;
  }

  async #latestVersion(flowId: string): Promise<number> {
    const [latest] = await this.#deps.stores.versions.find({ flowId }, { sort: ['-version'], limit: 1 });
    return latest?.version ?? 0;
  }

  async #test(version: FlowVersion, signal: AbortSignal): Promise<{ readonly flow: CompiledFlow; readonly tests: TestReport }> {
    const { runTrial, clock } = this.#deps;
    const flow = await this.#deps.compileInTurns(version, signal);
    const tests = await runTests(flow, version.document.tests, runTrial, clock, signal);
    if (!tests.passed) throw testsFailed(version.flowId, tests);
    return { flow, tests };
  }

  async #prepare(flow: CompiledFlow, signal: AbortSignal): Promise<void> {
    checkListener(flow, this.#deps);
    await this.#deps.prepareTrigger?.(flow, signal);
    signal.throwIfAborted();
  }

  async #storeVersion({ document, ...version }: FlowVersion, actor: string, note: string | undefined): Promise<void> {
    const { stores, clock } = this.#deps;
    const _id = `${version.flowId}@${version.version}`;
    const record = {
      _id,
      ...version,
      body: sealJson(stores.seal, stores.versions, _id, document),
      publishedAt: clock.now(),
      publishedBy: actor,
      ...(note === undefined ? {} : { note: sealJson(stores.seal, stores.versions, _id, note) }),
    };
    if (!(await stores.versions.insert(record, { durability: 'full' })).inserted) throw raced(version.flowId);
  }

  /**
   * Publishes a version by one conditional write. The write fails if the stored pointer has changed since this process
   * read it.
   */
  async #commit(
    flowId: string,
    before: PointerRecord | undefined,
    after: Pick<PointerRecord, 'version' | 'contentHash' | 'newest' | 'skipped'>,
    actor: string,
  ): Promise<void> {
    const { stores, clock } = this.#deps;
    const revision = (before?.revision ?? 0) + 1;
    const pointer: PointerRecord = { ...after, _id: flowId, revision, changedAt: clock.now(), changedBy: actor };
    const isCommitted =
      before === undefined
        ? (await stores.pointers.insert(pointer, { durability: 'full' })).inserted
        : (await stores.pointers.replaceIf(pointer, { revision: before.revision }, { durability: 'full' })).outcome === 'patched';
    if (!isCommitted) throw raced(flowId);
  }

  /**
   * Loads the version in this process and notifies the others. Nothing is undone after the commit: a process that
   * cannot load the version reports this in its status.
   */
  async #apply(flowId: string, flow?: CompiledFlow): Promise<void> {
    const { published, logger } = this.#deps;
    await published.refresh(flowId, flow).catch((error: unknown) => logger.error('flow.apply-failed', error, { flowId }));
    await published.hint(flowId);
  }
}

/**
 * Returns the number of the newest published version and the numbers of the skipped ones. A number between the previous
 * newest version and this one belongs to a version that was stored but not committed. Its commit expects an old
 * pointer, so it fails after this commit. Such a version is skipped. If the previous newest version is unknown, nothing
 * is skipped: a superfluous version in a list is better than executions that no list shows.
 */
function countUp(before: PointerRecord | undefined, version: number): Required<Pick<PointerRecord, 'newest' | 'skipped'>> {
  const newest = before?.newest ?? version - 1;
  const failed = Array.from({ length: version - 1 - newest }, (_, index) => newest + 1 + index);
  return { newest: version, skipped: [...(before?.skipped ?? []), ...failed] };
}
