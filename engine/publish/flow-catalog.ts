import type { FlowCatalog, FlowSummary } from './interface.ts';
import { createAdapterUsers } from './adapter-users.ts';
import { listenerIssues } from './check-listener.ts';
import { createDraftHeads, type DraftHead } from './draft-heads.ts';
import { Drafts } from './drafts.ts';
import { readyFlow, type FlowCatalogDeps } from './examine-flow.ts';
import { findIssues } from './find-issues.ts';
import { createFlowScopes } from './flow-scopes.ts';
import { findAll } from '../contract/ports/find-all.ts';
import { isPublished, toVersion, type PointerRecord } from './flow-stores.ts';
import { Publisher } from './publisher.ts';
import { runTests } from './run-tests.ts';
import { runTrialOf } from './run-trial-of.ts';
import { createVersionHeads } from './version-heads.ts';

/** Creates the catalog of flows: their drafts, versions and publication. */
export function createFlowCatalog(deps: FlowCatalogDeps): FlowCatalog {
  const { stores, clock } = deps;
  const readHeads = createDraftHeads(stores);
  const versionHeads = createVersionHeads(stores);
  const drafts = new Drafts(deps);
  const publisher = new Publisher(deps);

  return {
    async list() {
      const pointers = new Map((await findAll(stores.pointers)).map((pointer) => [pointer._id, pointer]));
      return (await readHeads()).map((head) => summarise(head, pointers.get(head.record._id)));
    },
    draft: (flowId) => drafts.read(flowId),
    saveDraft: (raw, actor) => drafts.save(raw, actor),
    remove: (flowId) => drafts.remove(flowId),
    revisions: (flowId) => drafts.revisions(flowId),
    revision: (flowId, id) => drafts.revision(flowId, id),
    setAside: (raw, actor) => drafts.setAside(raw, actor),
    validate: async (raw, by) => [...(await findIssues(deps, raw, by)), ...listenerIssues(raw, deps)],
    async test(raw, signal, tests, by) {
      const flow = await readyFlow(deps, raw, signal, by);
      return runTests(flow, tests ?? flow.document.tests, deps.runTrial, clock, signal);
    },
    trial: async (raw, request, signal, by) => runTrialOf(deps, raw, request, signal, by),
    publish: (flowId, actor, signal, options) => publisher.publish(flowId, actor, signal, options),
    rollback: (flowId, version, actor, signal) => publisher.rollback(flowId, version, actor, signal),
    unpublish: (flowId, actor) => publisher.unpublish(flowId, actor),
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
