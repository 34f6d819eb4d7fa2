import { setImmediate as nextTurn } from 'node:timers/promises';
import { AppError } from '../contract/errors.ts';
import type { FlowDocument } from '../contract/flow-document.ts';
import { contentHash } from '../flow/content-hash.ts';
import { isTooLarge, tooCostly } from '../examine/examine-protocol.ts';
import { diffFlows, type FlowDiff } from '../flow/diff-flows.ts';
import { readFlow } from '../flow/parse-flow.ts';
import type { FlowCatalog, FlowSummary } from '../services.ts';
import { createAdapterUsers } from './adapter-users.ts';
import { createDraftHeads, type DraftHead } from './draft-heads.ts';
import { readyFlow, type FlowCatalogDeps } from './examine-flow.ts';
import { findIssues } from './find-issues.ts';
import { createFlowScopes } from './flow-scopes.ts';
import { invalid, stale } from './flow-errors.ts';
import {
  bodyOf,
  findAll,
  isPublished,
  openJson,
  sealJson,
  toVersion,
  type CommandRecord,
  type DraftRecord,
  type FlowStores,
  type PointerRecord,
} from './flow-stores.ts';
import { createPublisher } from './publish-flow.ts';
import { runTests } from './run-tests.ts';
import { runTrialOf } from './run-trial-of.ts';
import { createVersionHeads } from './version-heads.ts';

export interface FlowHistory {
  /** The latest saves of a draft, newest first: who, when, what (`FlowDiff`). */
  commands(flowId: string, limit: number): Promise<readonly (Omit<CommandRecord, '_id' | 'diff'> & { readonly diff: unknown })[]>;
}

/** Drafts, versions and publication of flows. */
export function createFlowCatalog(deps: FlowCatalogDeps): FlowCatalog & FlowHistory {
  const { stores, clock } = deps;
  const readHeads = createDraftHeads(stores);
  const versionHeads = createVersionHeads(stores);

  async function saveDraft(raw: unknown, actor: string): Promise<FlowDocument> {
    const flow = readFlow(raw, deps.fits);
    // A draft may break rules; the same response lists these for the person who has to mend it.
    if (flow === undefined) throw invalid(await findIssues(deps, raw, actor));
    if (isTooLarge(flow, JSON.stringify(flow))) throw invalid([tooCostly(flow, 0, 'size')]);
    const before = await stores.drafts.get(flow.flowId);
    const saved: FlowDocument = { ...flow, revision: flow.revision + 1 };
    // Each step takes tens of milliseconds for the largest documents: others have their turn between them.
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
    const isSaved =
      before === undefined
        ? (await stores.drafts.insert(record, { durability: 'full' })).inserted
        : (await stores.drafts.replaceIf(record, { revision: flow.revision }, { durability: 'full' })).outcome === 'patched';
    if (!isSaved) throw stale(flow, bodyOf(stores, await stores.drafts.get(flow.flowId)));
    await nextTurn();
    const flowBefore = bodyOf(stores, before);
    await nextTurn();
    const diff = diffFlows(flowBefore, saved);
    await nextTurn();
    await logCommand(stores, saved, diff, actor, clock.now());
    return saved;
  }

  return {
    validate: (raw, by) => findIssues(deps, raw, by),
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
      return stores.drafts.remove(flowId);
    },
    async test(raw, signal, tests, by) {
      const flow = await readyFlow(deps, raw, signal, by);
      return runTests(flow, tests ?? flow.document.tests, deps.runTrial, clock, signal);
    },
    trial: async (raw, request, signal, by) => runTrialOf(deps, raw, request, signal, by),
    async versions(flowId) {
      const pointer = await stores.pointers.get(flowId);
      if (pointer === undefined) return [];
      return (await versionHeads(pointer)).map(({ domain: _domain, adapters: _adapters, ...head }) => ({
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
    commands: async (flowId, limit) =>
      (await stores.commands.find({ flowId }, { sort: ['-revision'], limit })).map(({ _id, diff, ...command }) => ({
        ...command,
        diff: openJson(stores.seal, stores.commands, _id, diff),
      })),
  };
}

async function logCommand(stores: FlowStores, saved: FlowDocument, diff: FlowDiff, by: string, at: number): Promise<void> {
  const { flowId, revision } = saved;
  const _id = `${flowId}#${String(revision).padStart(9, '0')}`;
  // A draft that was removed and created again begins at 1: its commands replace the old ones.
  const command: CommandRecord = {
    _id,
    flowId,
    revision,
    at,
    by,
    diff: sealJson(stores.seal, stores.commands, _id, diff),
  };
  if (!(await stores.commands.insert(command)).inserted) await stores.commands.replaceIf(command, {});
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
