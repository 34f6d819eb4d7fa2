import { AppError, type Issue } from '../contract/errors.ts';
import type { FlowDocument } from '../contract/flow-document.ts';
import { contentHash } from '../flow/content-hash.ts';
import { diffFlows } from '../flow/diff-flows.ts';
import { parseFlow } from '../flow/parse-flow.ts';
import type { FlowCatalog, FlowSummary } from '../services.ts';
import { createAdapterUsers } from './adapter-users.ts';
import { examineFlow, readyFlow, type FlowCatalogDeps } from './examine-flow.ts';
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

export interface FlowHistory {
  /** The latest saves of a draft, newest first: who, when, what (`FlowDiff`). */
  commands(flowId: string, limit: number): Promise<readonly (Omit<CommandRecord, '_id' | 'diff'> & { readonly diff: unknown })[]>;
}

/** Drafts, versions and publication of flows. */
export function createFlowCatalog(deps: FlowCatalogDeps): FlowCatalog & FlowHistory {
  const { stores, clock } = deps;

  async function validate(raw: unknown): Promise<readonly Issue[]> {
    return examineFlow(deps, raw).issues;
  }

  async function saveDraft(raw: unknown, actor: string): Promise<FlowDocument> {
    const { flow } = parseFlow(raw);
    // A draft may break rules, but whoever has to mend it hears of these in the same answer.
    if (flow === undefined) throw invalid(await validate(raw));
    const before = await stores.drafts.get(flow.flowId);
    const saved: FlowDocument = { ...flow, revision: flow.revision + 1 };
    const record: DraftRecord = {
      _id: flow.flowId,
      revision: saved.revision,
      contentHash: contentHash(saved),
      body: sealJson(stores.seal, stores.drafts, flow.flowId, saved),
      updatedAt: clock.now(),
      updatedBy: actor,
    };
    const isSaved =
      before === undefined
        ? (await stores.drafts.insert(record, { durability: 'full' })).inserted
        : (await stores.drafts.replaceIf(record, { revision: flow.revision }, { durability: 'full' })).outcome === 'patched';
    if (!isSaved) throw stale(flow, bodyOf(stores, await stores.drafts.get(flow.flowId)));
    await logCommand(stores, saved, bodyOf(stores, before), actor, clock.now());
    return saved;
  }

  return {
    validate,
    saveDraft,
    ...createPublisher(deps),
    draft: async (flowId) => bodyOf(stores, await stores.drafts.get(flowId)),
    async list() {
      const pointers = new Map((await findAll(stores.pointers)).map((pointer) => [pointer._id, pointer]));
      return (await findAll(stores.drafts)).map((draft) => summarise(draft, bodyOf(stores, draft)!, pointers.get(draft._id)));
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
    async test(raw, signal, tests) {
      const flow = readyFlow(deps, raw);
      return runTests(flow, tests ?? flow.document.tests, deps.runTrial, clock, signal);
    },
    trial: async (raw, request, signal) => runTrialOf(deps, raw, request, signal),
    async versions(flowId) {
      const current = (await stores.pointers.get(flowId))?.version;
      return (await findAll(stores.versions, { flowId }, ['-version'])).map(
        ({ _id, version, contentHash, publishedAt, publishedBy, note }) => ({
          ...{ version, contentHash, publishedAt, publishedBy },
          isCurrent: version === current,
          ...(note === undefined ? {} : { note: openJson(stores.seal, stores.versions, _id, note) as string }),
        }),
      );
    },
    async version(flowId, version) {
      const record = await stores.versions.get(`${flowId}@${version}`);
      return record && toVersion(stores, record);
    },
    usersOf: createAdapterUsers(stores),
    commands: async (flowId, limit) =>
      (await stores.commands.find({ flowId }, { sort: ['-revision'], limit })).map(({ _id, diff, ...command }) => ({
        ...command,
        diff: openJson(stores.seal, stores.commands, _id, diff),
      })),
  };
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
  const command: CommandRecord = {
    _id,
    flowId,
    revision,
    at,
    by,
    diff: sealJson(stores.seal, stores.commands, _id, diffFlows(before, saved)),
  };
  if (!(await stores.commands.insert(command)).inserted) await stores.commands.replaceIf(command, {});
}

function summarise(draft: DraftRecord, { name, domain, mode, tags }: FlowDocument, pointer: PointerRecord | undefined): FlowSummary {
  return {
    flowId: draft._id,
    name,
    domain,
    mode,
    tags,
    draftRevision: draft.revision,
    publishedVersion: pointer?.version ?? undefined,
    isChanged: !isPublished(pointer) || pointer.contentHash !== draft.contentHash,
    updatedAt: draft.updatedAt,
    updatedBy: draft.updatedBy,
  };
}
