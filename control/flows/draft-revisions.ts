/**
 * Earlier saves of a draft, and the other people who have it open. Several people may edit one flow, and no work is
 * lost.
 */
import { Type } from 'typebox';
import type { DraftRevision, FlowCatalog } from '../../engine/publish/interface.ts';
import type { FlowDocument } from '../../engine/contract/flow/flow-document.ts';
import { isRecord } from '../../engine/contract/values/is-record.ts';
import type { FlowVisitor, FlowVisitors } from './flow-visitors.ts';
import { type Action, closed, defineAction, FlowId } from '../action/action.ts';
import { existing, requireTouched } from '../access/domains.ts';
import { requireOwnId } from './flows.ts';
import { all, type Owners } from '../action/owners.ts';
import { type Key, type Page, pageFields, pageOf } from '../action/pages.ts';
import { isAllowed } from '../access/permissions.ts';
import { showFlow } from './shown-flow.ts';

export interface DraftRevisionServices {
  readonly catalog: FlowCatalog;
  readonly visitors: FlowVisitors;
  readonly owners: Owners;
}

export interface DraftRevisionItem extends DraftRevision {
  /** Versions that were published with the content of this save. */
  readonly versions: readonly number[];
}

export interface FlowVisit {
  /** Revision of the stored draft; absent if the draft was removed. */
  readonly revision?: number;
  readonly others: readonly FlowVisitor[];
}

const RevisionId = Type.String({ pattern: '^[0-9]{1,9}(~[0-9a-f]{12})?$' });

export function draftRevisionActions(services: DraftRevisionServices): readonly Action[] {
  return [listDraftRevisions(services), getDraftRevision(services), setDraftAside(services), visitFlow(services)];
}

function listDraftRevisions({ catalog, owners }: DraftRevisionServices): Action {
  return defineAction({
    name: 'flows.revisions',
    right: 'flows.read',
    domain: ({ flowId }) => all(owners.flow(flowId)),
    text: { 'zh-CN': '草稿的修改记录：谁在何时保存，新的在前', en: 'The saved revisions of a draft: by whom and when, newest first' },
    input: Type.Object({ flowId: FlowId, ...pageFields }, closed),
    audited: false,
    async run({ domains }, { flowId, ...wish }): Promise<Page<DraftRevisionItem>> {
      const versions = Map.groupBy(await catalog.versions(flowId), ({ contentHash }) => contentHash);
      const numbersOf = (hash: string) => (versions.get(hash) ?? []).map(({ version }) => version);
      // The flow may have been moved to this domain. Leave out saves from before the move: they belong to the other
      // domain.
      const here = (await catalog.revisions(flowId)).filter(({ domain }) => domain === undefined || domains.holds(domain));
      const { items, ...rest } = pageOf(here, placeOf, wish);
      return { items: items.map((item) => ({ ...item, versions: numbersOf(item.contentHash) })), ...rest };
    },
  });
}

/** Returns the key by which saves are ordered, the newest first. */
function placeOf({ revision, savedAt, id }: DraftRevision): Key {
  return [-revision, -savedAt, id];
}

function getDraftRevision({ catalog, owners }: DraftRevisionServices): Action {
  return defineAction({
    name: 'flows.revision',
    right: 'flows.read',
    domain: ({ flowId }) => all(owners.flow(flowId)),
    text: { 'zh-CN': '读取草稿的一条修改记录', en: 'Read a saved revision of a draft' },
    input: Type.Object({ flowId: FlowId, revisionId: RevisionId }, closed),
    audited: false,
    async run({ actor, domains }, { flowId, revisionId }): Promise<FlowDocument> {
      const id = `${flowId}@${revisionId}`;
      const kept = existing(await catalog.revision(flowId, revisionId), id);
      requireTouched({ id, domains: [kept.domain] }, domains);
      return showFlow(kept, actor);
    },
  });
}

function setDraftAside({ catalog, owners }: DraftRevisionServices): Action {
  return defineAction({
    name: 'flows.set-aside',
    right: 'flows.edit',
    domain: ({ flowId }) => all(owners.flow(flowId)),
    text: {
      'zh-CN': '冲突时把放弃的文档存入修改记录，草稿不变',
      en: 'Keep a document that loses a conflict; the draft stays as it is',
    },
    input: Type.Object({ flowId: FlowId, document: Type.Unknown() }, closed),
    audited: true,
    subject: ({ flowId }) => flowId,
    async run({ actor, note }, { flowId, document }) {
      requireOwnId(flowId, document);
      await catalog.setAside(document, actor.account);
      note.after = { flowId, revision: isRecord(document) ? document['revision'] : undefined };
      return {};
    },
  });
}

function visitFlow({ catalog, owners, visitors }: DraftRevisionServices): Action {
  return defineAction({
    name: 'flows.visit',
    right: 'flows.read',
    domain: ({ flowId }) => all(owners.flow(flowId)),
    text: {
      'zh-CN': '报告自己打开着一条流程（每 15 秒一次），得知还有谁、草稿已保存几次',
      en: 'Report every 15 s that you have a flow open; returns who else has it open, and the revision of its draft',
    },
    input: Type.Object({ flowId: FlowId, isLeaving: Type.Optional(Type.Boolean()) }, closed),
    audited: false,
    async run({ actor }, { flowId, isLeaving = false }): Promise<FlowVisit> {
      if (isLeaving) {
        await visitors.leave(flowId, actor.account);
        return { others: [] };
      }
      const draft = await catalog.draft(flowId);
      if (draft === undefined) return { others: [] };
      const others = await visitors.visit(flowId, actor.account, isAllowed(actor, 'flows.edit'));
      return { revision: draft.revision, others };
    },
  });
}
