import { setImmediate as nextTurn } from 'node:timers/promises';
import { AppError } from '../contract/values/errors.ts';
import type { FlowDocument } from '../contract/flow/flow-document.ts';
import { isTooLarge, tooCostly } from '../examine/examine-protocol.ts';
import { contentHash } from '../flow/content-hash.ts';
import { readFlow } from '../flow/parse-flow.ts';
import type { DraftRevision } from './interface.ts';
import { createDraftRevisions, type DraftRevisions } from './draft-revisions.ts';
import type { FlowCatalogDeps } from './examine-flow.ts';
import { findIssues } from './find-issues.ts';
import { invalid, stale } from './flow-errors.ts';
import { bodyOf, isPublished, sealJson, type DraftRecord } from './flow-stores.ts';

/**
 * Stores the draft of each flow. A save succeeds only if the stored draft still has the revision that was edited.
 * Earlier saves are kept as revisions.
 */
export class Drafts {
  readonly #deps: FlowCatalogDeps;
  readonly #revisions: DraftRevisions;

  constructor(deps: FlowCatalogDeps) {
    this.#deps = deps;
    this.#revisions = createDraftRevisions(deps.stores, deps.clock);
  }

  async read(flowId: string): Promise<FlowDocument | undefined> {
    const { stores } = this.#deps;
    return bodyOf(stores, await stores.drafts.get(flowId));
  }

  async save(raw: unknown, actor: string): Promise<FlowDocument> {
    const { stores } = this.#deps;
    const flow = await this.#parse(raw, actor);
    const before = await stores.drafts.get(flow.flowId);
    if (before !== undefined && before.revision !== flow.revision) throw stale(flow, before, bodyOf(stores, before));
    // A removed flow that is saved again continues its numbering: a revision number identifies one content forever.
    const last = before?.revision ?? (await this.#revisions.newest(flow.flowId));
    // The flow was removed while this person edited it, so it is restored only if they ask for that with revision 0. A
    // file from another installation is saved as a new flow.
    if (before === undefined && flow.revision !== 0 && last > 0) throw stale(flow, undefined, undefined);
    const saved: FlowDocument = { ...flow, revision: last + 1 };
    const record = await this.#toRecord(saved, actor);
    if (before !== undefined) await this.#revisions.keep(before);
    if (await this.#replace(record, before)) return saved;
    const theirs = await stores.drafts.get(flow.flowId);
    throw stale(flow, theirs, bodyOf(stores, theirs));
  }

  async remove(flowId: string): Promise<boolean> {
    const { stores } = this.#deps;
    if (isPublished(await stores.pointers.get(flowId))) {
      throw new AppError('FLOW_PUBLISHED', 'input', `${flowId} is published, so it cannot be removed.`, {
        values: { flowId },
        fix: 'Unpublish it first.',
      });
    }
    const draft = await stores.drafts.get(flowId);
    if (draft === undefined) return false;
    await this.#revisions.keep(draft);
    return stores.drafts.remove(flowId, { revision: draft.revision });
  }

  async setAside(raw: unknown, actor: string): Promise<void> {
    return this.#revisions.setAside(await this.#parse(raw, actor), actor);
  }

  revisions(flowId: string): Promise<readonly DraftRevision[]> {
    return this.#revisions.list(flowId);
  }

  revision(flowId: string, id: string): Promise<FlowDocument | undefined> {
    return this.#revisions.read(flowId, id);
  }

  /**
   * Parses a draft. It may break rules, but must be readable. Rejects with FLOW_INVALID (input) and every issue if it
   * is not.
   */
  async #parse(raw: unknown, actor: string): Promise<FlowDocument> {
    const flow = readFlow(raw, this.#deps.fits);
    if (flow === undefined) throw invalid(await findIssues(this.#deps, raw, actor));
    if (isTooLarge(flow, JSON.stringify(flow))) throw invalid([tooCostly(flow, 0, 'size')]);
    return flow;
  }

  async #toRecord(flow: FlowDocument, actor: string): Promise<DraftRecord> {
    const { stores, clock } = this.#deps;
    // Each step takes tens of milliseconds for the largest documents, so yield to the event loop in between.
    await nextTurn();
    const hash = contentHash(flow);
    await nextTurn();
    return {
      _id: flow.flowId,
      revision: flow.revision,
      contentHash: hash,
      body: sealJson(stores.seal, stores.drafts, flow.flowId, flow),
      updatedAt: clock.now(),
      updatedBy: actor,
    };
  }

  /** Stores a draft. Returns false if another save came first. */
  async #replace(record: DraftRecord, before: DraftRecord | undefined): Promise<boolean> {
    const { drafts } = this.#deps.stores;
    if (before === undefined) return (await drafts.insert(record, { durability: 'full' })).inserted;
    const { outcome } = await drafts.replaceIf(record, { revision: before.revision }, { durability: 'full' });
    return outcome === 'patched';
  }
}
