import { setImmediate as nextTurn } from 'node:timers/promises';
import { AppError } from '../contract/values/errors.ts';
import type { FlowDocument } from '../contract/flow/flow-document.ts';
import { contentHash } from '../flow/content-hash.ts';
import { isTooLarge, tooCostly } from '../examine/examine-protocol.ts';
import { readFlow } from '../flow/parse-flow.ts';
import type { FlowCatalog, FlowSummary } from './interface.ts';
import { createAdapterUsers } from './adapter-users.ts';
import { listenerIssues } from './check-listener.ts';
import { createDraftHeads, type DraftHead } from './draft-heads.ts';
import { createDraftRevisions } from './draft-revisions.ts';
import { readyFlow, type FlowCatalogDeps } from './examine-flow.ts';
import { findIssues } from './find-issues.ts';
import { createFlowScopes } from './flow-scopes.ts';
import { invalid, stale } from './flow-errors.ts';
import { bodyOf, findAll, isPublished, sealJson, toVersion, type DraftRecord, type PointerRecord } from './flow-stores.ts';
import { createPublisher } from './publish-flow.ts';
import { runTests } from './run-tests.ts';
import { runTrialOf } from './run-trial-of.ts';
import { createVersionHeads } from './version-heads.ts';

/** Drafts, versions and publication of flows. */
export function createFlowCatalog(deps: FlowCatalogDeps): FlowCatalog {
  const { stores, clock } = deps;
  const readHeads = createDraftHeads(stores);
  const versionHeads = createVersionHeads(stores);
  const revisions = createDraftRevisions(stores, clock);

  /** A draft may break rules, but must be readable. FLOW_INVALID with every issue. */
  async function readDraft(raw: unknown, actor: string): Promise<FlowDocument> {
    const flow = readFlow(raw, deps.fits);
    if (flow === undefined) throw invalid(await findIssues(deps, raw, actor));
    if (isTooLarge(flow, JSON.stringify(flow))) throw invalid([tooCostly(flow, 0, 'size')]);
    return flow;
  }

  async function saveDraft(raw: unknown, actor: string): Promise<FlowDocument> {
    const flow = await readDraft(raw, actor);
    const before = await stores.drafts.get(flow.flowId);
    if (before !== undefined && before.revision !== flow.revision) throw stale(flow, before, bodyOf(stores, before));
    // A removed flow that is saved again continues its numbering: a revision number identifies one content forever.
    const last = before?.revision ?? (await revisions.newest(flow.flowId));
    // It was removed while this person edited it, so it is restored only if they ask for that. A file from another
    // installation is new here.
    if (before === undefined && flow.revision !== 0 && last > 0) throw stale(flow, undefined, undefined);
    const saved: FlowDocument = { ...flow, revision: last + 1 };
    // Each step takes tens of milliseconds for the largest documents, so yield to the event loop in between.
    await nextTurn();
    const hash = contentHash(saved);
    await nextTurn();
    const record: DraftRecord = {
      _id: flow.flowId,
      revision: saved.revision,
      contentHash: hash,
      body: sealJson(stores.seal, stores.drafts, flow.flowId, saved),
      updatedAt: clock.now(),
      updatedBy: actor,
    };
    if (before !== undefined) await revisions.keep(before);
    const isSaved =
      before === undefined
        ? (await stores.drafts.insert(record, { durability: 'full' })).inserted
        : (await stores.drafts.replaceIf(record, { revision: flow.revision }, { durability: 'full' })).outcome === 'patched';
    if (isSaved) return saved;
    const theirs = await stores.drafts.get(flow.flowId);
    throw stale(flow, theirs, bodyOf(stores, theirs));
  }

  return {
    validate: async (raw, by) => [...(await findIssues(deps, raw, by)), ...listenerIssues(raw, deps)],
    saveDraft,
    ...createPublisher(deps),
    draft: async (flowId) => bodyOf(stores, await stores.drafts.get(flowId)),
    async list() {
      const pointers = new Map((await findAll(stores.pointers)).map((pointer) => [pointer._id, pointer]));
      return (await readHeads()).map((head) => summarise(head, pointers.get(head.record._id)));
    },
    async remove(flowId) {
      const pointer = await stores.pointers.get(flowId);
      if (isPublished(pointer)) {
        throw new AppError('FLOW_PUBLISHED', 'input', `${flowId} is published, so it cannot be removed.`, {
          values: { flowId },
          fix: 'Unpublish it first.',
        });
      }
      const draft = await stores.drafts.get(flowId);
      if (draft === undefined) return false;
      await revisions.keep(draft);
      return stores.drafts.remove(flowId, { revision: draft.revision });
    },
    async test(raw, signal, tests, by) {
      const flow = await readyFlow(deps, raw, signal, by);
      return runTests(flow, tests ?? flow.document.tests, deps.runTrial, clock, signal);
    },
    trial: async (raw, request, signal, by) => runTrialOf(deps, raw, request, signal, by),
    async versions(flowId) {
      const pointer = await stores.pointers.get(flowId);
      if (pointer === undefined) return [];
      return (await versionHeads(pointer)).map(({ adapters: _adapters, ...head }) => ({
        ...head,
        isCurrent: head.version === pointer.version,
      }));
    },
    async version(flowId, version) {
      const record = await stores.versions.get(`${flowId}@${version}`);
      return record && toVersion(stores, record);
    },
    usersOf: createAdapterUsers(stores, versionHeads),
    scopesOf: createFlowScopes(stores, versionHeads),
    revisions: (flowId) => revisions.list(flowId),
    revision: (flowId, id) => revisions.read(flowId, id),
    setAside: async (raw, actor) => revisions.setAside(await readDraft(raw, actor), actor),
  };
}

function summarise({ record: draft, flow }: DraftHead, pointer: PointerRecord | undefined): FlowSummary {
  return {
    flowId: draft._id,
    ...flow,
    draftRevision: draft.revision,
    publishedVersion: pointer?.version ?? undefined,
    isChanged: !isPublished(pointer) || pointer.contentHash !== draft.contentHash,
    updatedAt: draft.updatedAt,
    updatedBy: draft.updatedBy,
  };
}
