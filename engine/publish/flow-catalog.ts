import type { Clock } from '../contract/clock.ts';
import { AppError, type Issue } from '../contract/errors.ts';
import type { FlowDocument, FlowVersion } from '../contract/flow-document.ts';
import type { Logger } from '../contract/observe.ts';
import { contentHash } from '../flow/content-hash.ts';
import { diffFlows } from '../flow/diff-flows.ts';
import { parseFlow } from '../flow/parse-flow.ts';
import { isPublishable, validateFlow } from '../flow/validate-flow.ts';
import type { CompiledFlow } from '../run/compile-flow.ts';
import {
  StaleDraft,
  type Bindings,
  type FlowCatalog,
  type FlowSummary,
  type NodeRegistry,
  type PublishReport,
  type PublishStage,
  type TestReport,
} from '../services.ts';
import { checkListener } from './check-listener.ts';
import { findAll, toVersion, type CommandRecord, type DraftRecord, type FlowStores, type PointerRecord } from './flow-stores.ts';
import type { RunningPublishedFlows } from './published-flows.ts';
import { runTests, testMessage, type RunTrial } from './run-tests.ts';

export interface FlowCatalogDeps {
  readonly stores: FlowStores;
  readonly published: RunningPublishedFlows;
  readonly nodes: NodeRegistry;
  readonly bindings: Bindings;
  /** `compileFlow` with its dependencies bound; throws FLOW_INVALID with issues. */
  compile(version: FlowVersion): CompiledFlow;
  /** `runTrial` with its dependencies bound. */
  readonly runTrial: RunTrial;
  /** Throws an `input` AppError when the text does not compile. */
  checkExpression?(text: string): void;
  /** Can this process listen for the flow? Rejects with the reason. Runs before the commit, on what does not listen yet. */
  prepareTrigger?(flow: CompiledFlow, signal: AbortSignal): Promise<void>;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface FlowHistory {
  /** The latest saves of a draft, newest first: who, when, what (`FlowDiff`). */
  commands(flowId: string, limit: number): Promise<readonly (Omit<CommandRecord, '_id' | 'diff'> & { readonly diff: unknown })[]>;
}

const NO_TESTS: TestReport = { passed: true, tests: [] };

/** Drafts, versions and publication of flows. Whatever fails before the commit leaves the old version serving; nothing after it is undone. */
export function createFlowCatalog(deps: FlowCatalogDeps): FlowCatalog & FlowHistory {
  const { stores, published, clock } = deps;

  async function validate(raw: unknown): Promise<readonly Issue[]> {
    return examine(deps, raw).issues;
  }

  async function saveDraft(raw: unknown, actor: string): Promise<FlowDocument> {
    const { flow, issues } = parseFlow(raw);
    if (flow === undefined) throw invalid(issues);
    const before = await stores.drafts.get(flow.flowId);
    const saved: FlowDocument = { ...flow, revision: flow.revision + 1 };
    const record: DraftRecord = {
      _id: flow.flowId,
      revision: saved.revision,
      contentHash: contentHash(saved),
      body: JSON.stringify(saved),
      updatedAt: clock.now(),
      updatedBy: actor,
    };
    const isSaved =
      before === undefined
        ? (await stores.drafts.insert(record, { durability: 'full' })).inserted
        : (await stores.drafts.replaceIf(record, { revision: flow.revision }, { durability: 'full' })).outcome === 'patched';
    if (!isSaved) throw stale(flow, bodyOf(await stores.drafts.get(flow.flowId)));
    await logCommand(stores, saved, bodyOf(before), actor, clock.now());
    return saved;
  }

  async function publish(
    flowId: string,
    actor: string,
    signal: AbortSignal,
    onStage?: (stage: PublishStage) => void,
  ): Promise<PublishReport> {
    onStage?.('validate');
    const document = bodyOf(await stores.drafts.get(flowId));
    if (document === undefined) throw unknown(flowId);
    const pointer = await stores.pointers.get(flowId);
    const { issues } = examine(deps, document);
    if (!isPublishable(issues)) throw invalid(issues);
    const hash = contentHash(document);
    const warnings = issues.filter((issue) => issue.severity === 'warning');
    if (pointer?.version != null && pointer.contentHash === hash) {
      return { flowId, version: pointer.version, contentHash: hash, changed: false, warnings, tests: NO_TESTS };
    }
    onStage?.('test');
    const number = ((await latestVersion(flowId)) ?? 0) + 1;
    const version: FlowVersion = { flowId, version: number, contentHash: hash, document };
    const flow = deps.compile(version);
    const tests = await runTests(flow, document.tests, deps.runTrial, clock, signal);
    if (!tests.passed) throw testsFailed(flowId, tests);
    onStage?.('prepare');
    await prepare(flow, signal);
    onStage?.('commit');
    const record = {
      _id: `${flowId}@${number}`,
      flowId,
      version: number,
      contentHash: hash,
      body: JSON.stringify(document),
      publishedAt: clock.now(),
      publishedBy: actor,
    };
    if (!(await stores.versions.insert(record, { durability: 'full' })).inserted) throw raced(flowId);
    try {
      await commit(flowId, pointer, number, hash, actor);
    } catch (error) {
      await stores.versions.remove(record._id);
      throw error;
    }
    onStage?.('apply');
    await apply(flowId, flow);
    return { flowId, version: number, contentHash: hash, changed: true, warnings, tests };
  }

  async function rollback(flowId: string, version: number, actor: string, signal: AbortSignal): Promise<PublishReport> {
    const pointer = await stores.pointers.get(flowId);
    const record = await stores.versions.get(`${flowId}@${version}`);
    if (record === undefined) throw unknown(flowId, version);
    const report: PublishReport = {
      flowId,
      version,
      contentHash: record.contentHash,
      changed: pointer?.version !== version,
      warnings: [],
      tests: NO_TESTS,
    };
    if (!report.changed) return report;
    const flow = await published.at(flowId, version);
    await prepare(flow, signal);
    await commit(flowId, pointer, version, record.contentHash, actor);
    await apply(flowId, flow);
    return report;
  }

  async function unpublish(flowId: string, actor: string): Promise<boolean> {
    const pointer = await stores.pointers.get(flowId);
    if (pointer?.version == null) return false;
    await commit(flowId, pointer, null, '', actor);
    await apply(flowId);
    return true;
  }

  async function prepare(flow: CompiledFlow, signal: AbortSignal): Promise<void> {
    checkListener(flow, published.list(), deps.bindings);
    await deps.prepareTrigger?.(flow, signal);
    signal.throwIfAborted();
  }

  /** The one write that publishes: whoever read an older pointer loses. */
  async function commit(
    flowId: string,
    before: PointerRecord | undefined,
    version: number | null,
    hash: string,
    actor: string,
  ): Promise<void> {
    const revision = (before?.revision ?? 0) + 1;
    const pointer: PointerRecord = { _id: flowId, revision, version, contentHash: hash, changedAt: clock.now(), changedBy: actor };
    const isCommitted =
      before === undefined
        ? (await stores.pointers.insert(pointer, { durability: 'full' })).inserted
        : (await stores.pointers.replaceIf(pointer, { revision: before.revision }, { durability: 'full' })).outcome === 'patched';
    if (!isCommitted) throw raced(flowId);
  }

  /** After the commit nothing is undone: a process that cannot follow says so in its status. */
  async function apply(flowId: string, flow?: CompiledFlow): Promise<void> {
    await published.refresh(flowId, flow).catch((error: unknown) => deps.logger.error('flow.apply-failed', error, { flowId }));
    await published.hint(flowId);
  }

  async function latestVersion(flowId: string): Promise<number | undefined> {
    return (await stores.versions.find({ flowId }, { sort: ['-version'], limit: 1 }))[0]?.version;
  }

  return {
    validate,
    saveDraft,
    publish,
    rollback,
    unpublish,
    draft: async (flowId) => bodyOf(await stores.drafts.get(flowId)),
    async list() {
      const pointers = new Map((await findAll(stores.pointers)).map((pointer) => [pointer._id, pointer]));
      return (await findAll(stores.drafts)).map((draft) => summarise(draft, pointers.get(draft._id)));
    },
    async remove(flowId) {
      const pointer = await stores.pointers.get(flowId);
      if (pointer?.version != null) {
        throw new AppError('FLOW_PUBLISHED', 'input', `${flowId} is published, so it cannot be removed.`, {
          values: { flowId },
          fix: 'Unpublish it first.',
        });
      }
      return stores.drafts.remove(flowId);
    },
    async test(raw, signal, tests) {
      const flow = ready(deps, raw);
      return runTests(flow, tests ?? flow.document.tests, deps.runTrial, clock, signal);
    },
    trial: async (raw, input, mocks, signal) => deps.runTrial(ready(deps, raw), testMessage(input), mocks, signal),
    versions: async (flowId) =>
      (await findAll(stores.versions, { flowId }, ['-version'])).map(({ version, contentHash, publishedAt, publishedBy }) => ({
        version,
        contentHash,
        publishedAt,
        publishedBy,
      })),
    async version(flowId, version) {
      const record = await stores.versions.get(`${flowId}@${version}`);
      return record && toVersion(record);
    },
    commands: async (flowId, limit) =>
      (await stores.commands.find({ flowId }, { sort: ['-revision'], limit })).map(({ _id, diff, ...command }) => ({
        ...command,
        diff: JSON.parse(diff) as unknown,
      })),
  };
}

/** Schema, rules and, when these find no error, what compiling alone can tell. */
function examine(deps: FlowCatalogDeps, raw: unknown): { readonly flow?: CompiledFlow; readonly issues: readonly Issue[] } {
  const parsed = parseFlow(raw);
  if (parsed.flow === undefined) return { issues: parsed.issues };
  const { bindings, checkExpression } = deps;
  const issues = validateFlow(parsed.flow, {
    nodes: deps.nodes,
    hasAdapter: (id) => bindings.adapter(id) !== undefined,
    adapterProtocol: (id) => bindings.adapter(id)?.protocol,
    hasTable: (id) => bindings.tables().has(id),
    ...(checkExpression === undefined ? {} : { checkExpression }),
  });
  if (!isPublishable(issues)) return { issues };
  try {
    return {
      issues,
      flow: deps.compile({ flowId: parsed.flow.flowId, version: 0, contentHash: contentHash(parsed.flow), document: parsed.flow }),
    };
  } catch (error) {
    if (!(error instanceof AppError) || error.issues.length === 0) throw error;
    return { issues: [...error.issues, ...issues] };
  }
}

function ready(deps: FlowCatalogDeps, raw: unknown): CompiledFlow {
  const { flow, issues } = examine(deps, raw);
  if (flow === undefined) throw invalid(issues);
  return flow;
}

async function logCommand(
  stores: FlowStores,
  saved: FlowDocument,
  before: FlowDocument | undefined,
  by: string,
  at: number,
): Promise<void> {
  const { flowId, revision } = saved;
  const _id = `${flowId}#${String(revision).padStart(9, '0')}`;
  // A draft that was removed and made anew begins at 1 again: its commands replace the old ones.
  const command: CommandRecord = { _id, flowId, revision, at, by, diff: JSON.stringify(diffFlows(before, saved)) };
  if (!(await stores.commands.insert(command)).inserted) await stores.commands.replaceIf(command, {});
}

function summarise(draft: DraftRecord, pointer: PointerRecord | undefined): FlowSummary {
  const { name, domain, mode, tags } = JSON.parse(draft.body) as FlowDocument;
  return {
    flowId: draft._id,
    name,
    domain,
    mode,
    tags,
    draftRevision: draft.revision,
    publishedVersion: pointer?.version ?? undefined,
    isChanged: pointer?.version == null || pointer.contentHash !== draft.contentHash,
    updatedAt: draft.updatedAt,
    updatedBy: draft.updatedBy,
  };
}

function bodyOf(record: DraftRecord | undefined): FlowDocument | undefined {
  return record && (JSON.parse(record.body) as FlowDocument);
}

function invalid(issues: readonly Issue[]): AppError {
  const count = issues.filter((issue) => issue.severity === 'error').length;
  return new AppError('FLOW_INVALID', 'input', `The flow has ${count} ${count === 1 ? 'problem' : 'problems'}.`, {
    issues,
    fix: 'Correct the problems that are listed.',
  });
}

function stale(yours: FlowDocument, theirs: FlowDocument | undefined): AppError {
  const side = (path: string, version: unknown): Issue => ({
    path,
    code: 'FLOW_STALE',
    severity: 'error',
    message: JSON.stringify(version ?? null),
  });
  return new AppError('FLOW_STALE', 'input', `${yours.flowId} was saved by somebody else in the meantime.`, {
    values: { flowId: yours.flowId, revision: yours.revision },
    fix: 'Look at the newer draft, and save your change again on top of it.',
    issues: [side('/yours', yours), side('/theirs', theirs)],
    cause: new StaleDraft(yours, theirs),
  });
}

function testsFailed(flowId: string, report: TestReport): AppError {
  const issues = report.tests.flatMap((test, index) =>
    test.problems.map((message): Issue => ({
      path: `/tests/${index}`,
      code: 'FLOW_TEST_FAILED',
      severity: 'error',
      message: `${test.name}: ${message}`,
    })),
  );
  return new AppError('FLOW_TESTS_FAILED', 'input', `Saved tests of ${flowId} fail, so it is not published.`, {
    values: { flowId },
    issues,
    fix: 'Correct the flow or its tests.',
  });
}

function raced(flowId: string): AppError {
  return new AppError('FLOW_PUBLISH_RACE', 'input', `${flowId} was published by somebody else at the same moment.`, {
    values: { flowId },
    fix: 'Look at what is published now, and publish again if it is still wanted.',
  });
}

function unknown(flowId: string, version?: number): AppError {
  const what = version === undefined ? flowId : `Version ${version} of ${flowId}`;
  return new AppError('FLOW_UNKNOWN', 'input', `${what} does not exist.`, {
    values: { flowId },
    fix: 'List the flows to see what there is.',
  });
}
