/**
 * Keeps earlier saves of a draft, so that no work is lost. Deletes some of them, so that their number stays bounded.
 */
import { randomBytes } from 'node:crypto';
import type { Clock } from '../contract/values/clock.ts';
import type { FlowDocument } from '../contract/flow/flow-document.ts';
import { contentHash } from '../flow/content-hash.ts';
import type { DraftRevision } from './interface.ts';
import { unknown } from './flow-errors.ts';
import { bodyOf, openJson, sealJson, type DraftRecord, type FlowStores, type RevisionRecord } from './flow-stores.ts';

/** The number of newest saves that are all kept. Of older saves, only some are kept. */
const WHOLE = 100;
const MOST = { count: 300, bytes: 50 * 1024 * 1024 };
/**
 * The limits for documents set aside, per domain of the flow. They are separate, so that these documents do not
 * displace saves, or documents set aside in another domain.
 */
const MOST_ASIDE = { count: 50, bytes: 10 * 1024 * 1024 };
/**
 * Consecutive saves by one person belong to one session if the pauses between them are shorter than this. Of an older
 * session, only the last save is kept.
 */
const PAUSE_MS = 10 * 60_000;
/** Number of saves after which revisions are deleted. The deletion reads all heads, so it does not run at each save. */
const THIN_EVERY = 25;

type Head = Omit<RevisionRecord, 'body'>;

export interface DraftRevisions {
  /**
   * Keeps a draft before it is replaced or removed. Its revision identifies its content, so a repeated call does no
   * harm.
   */
  keep(draft: DraftRecord): Promise<void>;
  /**
   * Keeps a document that lost a conflict and never was the draft. Rejects with FLOW_UNKNOWN (input) if the flow has no
   * draft.
   */
  setAside(flow: FlowDocument, by: string): Promise<void>;
  /** Returns the newest revision number of a flow whose draft was removed; 0 if there was none. */
  newest(flowId: string): Promise<number>;
  list(flowId: string): Promise<readonly DraftRevision[]>;
  read(flowId: string, id: string): Promise<FlowDocument | undefined>;
}

export function createDraftRevisions(stores: FlowStores, clock: Clock): DraftRevisions {
  const { revisions, drafts, seal } = stores;

  async function insert(flow: FlowDocument, head: Omit<Head, 'flowId' | 'bytes'>): Promise<void> {
    const body = sealJson(seal, revisions, head._id, flow);
    await revisions.insert({ ...head, flowId: flow.flowId, bytes: body.length, body }, { durability: 'full' });
    if (head.revision % THIN_EVERY === 0 || head.isSetAside === true) await thin(flow.flowId);
  }

  async function thin(flowId: string): Promise<void> {
    for (const { _id } of surplusOf(await headsOf(flowId))) await revisions.remove(_id);
  }

  /**
   * Returns the heads, newest first. There may be a few more than the limits allow, because not every save deletes old
   * ones.
   */
  const headsOf = (flowId: string) => revisions.find({ flowId }, { sort: ['-revision', '-at'], limit: 1000, omit: ['body'] });

  return {
    async keep(draft) {
      const { _id: flowId, revision, contentHash: hash, updatedAt, updatedBy } = draft;
      const flow = bodyOf(stores, draft)!;
      await insert(flow, {
        _id: recordId(flowId, String(revision)),
        revision,
        contentHash: hash,
        at: updatedAt,
        by: updatedBy,
        domain: flow.domain,
      });
    },
    async setAside(given, by) {
      const draft = await drafts.get(given.flowId);
      if (draft === undefined) throw unknown(given.flowId);
      // The caller chooses the revision number. Limit it to numbers that a save has used.
      const flow = { ...given, revision: Math.min(given.revision, draft.revision) };
      const id = `${flow.revision}~${randomBytes(6).toString('hex')}`;
      const head = {
        revision: flow.revision,
        contentHash: contentHash(flow),
        at: clock.now(),
        by,
        domain: bodyOf(stores, draft)!.domain,
        isSetAside: true as const,
      };
      await insert(flow, { _id: recordId(flow.flowId, id), ...head });
    },
    newest: async (flowId) =>
      (await revisions.find({ flowId, isSetAside: { exists: false } }, { sort: ['-revision'], limit: 1, omit: ['body'] }))[0]?.revision ??
      0,
    async list(flowId) {
      const draft = await drafts.get(flowId);
      const now = draft && { ...shown(String(draft.revision), draft, draft.updatedAt, draft.updatedBy), isCurrent: true as const };
      const heads = await headsOf(flowId);
      const before = heads.map((head) => ({
        ...shown(head._id.slice(flowId.length + 1), head, head.at, head.by),
        ...(head.domain === undefined ? {} : { domain: head.domain }),
        ...(head.isSetAside === true ? { isSetAside: true as const } : {}),
      }));
      // While a draft is being replaced, it is still the current draft and already among the earlier saves. List it
      // once.
      return [...(now === undefined ? [] : [now]), ...before.filter(({ id }) => id !== now?.id)];
    },
    async read(flowId, id) {
      const _id = recordId(flowId, id);
      const kept = await revisions.get(_id);
      if (kept !== undefined) return openJson(seal, revisions, _id, kept.body) as FlowDocument;
      const draft = await drafts.get(flowId);
      return draft !== undefined && String(draft.revision) === id ? bodyOf(stores, draft) : undefined;
    },
  };
}

/**
 * Returns the revisions to delete; the input is newest first. These are older saves except the last of each session,
 * and revisions that exceed the limits on number and bytes per flow.
 */
export function surplusOf<T extends Pick<Head, 'at' | 'by' | 'bytes' | 'domain' | 'isSetAside'>>(heads: readonly T[]): readonly T[] {
  const [aside, saved] = [heads.filter(({ isSetAside }) => isSetAside === true), heads.filter(({ isSetAside }) => isSetAside !== true)];
  const isWithinStretch = (head: T, index: number) => {
    const later = saved[index - 1];
    return index >= WHOLE && later?.by === head.by && later.at - head.at < PAUSE_MS;
  };
  const folded = saved.filter(isWithinStretch);
  const ends = saved.filter((head, index) => !isWithinStretch(head, index));
  const newestFirst = aside.toSorted((a, b) => b.at - a.at);
  const byDomain = Map.groupBy(newestFirst, ({ domain }) => domain);
  const surplusAside = [...byDomain.values()].flatMap((of) => beyond(of, MOST_ASIDE));
  return [...folded, ...beyond(ends, MOST), ...surplusAside];
}

/** Returns the heads beyond the limits. The newest head always stays. */
function beyond<T extends Pick<Head, 'bytes'>>(heads: readonly T[], most: typeof MOST): readonly T[] {
  let bytes = 0;
  return heads.filter((head, index) => {
    bytes += head.bytes;
    return index > 0 && (index >= most.count || bytes > most.bytes);
  });
}

function recordId(flowId: string, id: string): string {
  return `${flowId}@${id}`;
}

function shown(id: string, { revision, contentHash: hash }: Pick<Head, 'revision' | 'contentHash'>, savedAt: number, savedBy: string) {
  return { id, revision, contentHash: hash, savedAt, savedBy };
}
