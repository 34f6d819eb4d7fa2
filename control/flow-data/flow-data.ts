/** What flows keep between executions: collections that wait for a group, and entries of the state. */
import { randomUUID } from 'node:crypto';
import { Type } from 'typebox';
import type { WaitingCollection } from '../../engine/collections/list-collections.ts';
import type { Removed } from '../../engine/collections/remove-items.ts';
import type { WaitingCollections } from '../../engine/collections/waiting-collections.ts';
import { DomainName } from '../../engine/contract/values/domain.ts';
import type { FlowStateStore } from '../../engine/state/flow-state-store.ts';
import type { DomainRequirement } from '../access/domains.ts';
import { closed, defineAction, type Action } from '../action/action.ts';
import { onlyPage, pageOf, type Page } from '../action/pages.ts';
import { usersOf, type FlowUses, type UsedBy } from '../flows/flow-uses.ts';

export interface FlowDataServices {
  readonly waiting: WaitingCollections;
  readonly flowState: FlowStateStore;
  readonly flowUses: FlowUses;
}

export const CollectionName = Type.String({ pattern: '^[a-z][a-z0-9-]{0,62}$' });

export interface ShownCollection extends WaitingCollection {
  /** False if no published flow takes its groups. */
  readonly isTaken: boolean;
  /** Flows that add to the collection or take its groups. */
  readonly flows: readonly UsedBy[];
}

export interface FoundState {
  readonly found: boolean;
  readonly value?: unknown;
  /** Epoch milliseconds. */
  readonly expiresAt?: number;
}

export function flowDataActions(services: FlowDataServices): readonly Action[] {
  return [listCollectionsAction(services), removeItemsAction(services), findState(services), removeState(services)];
}

function listCollectionsAction({ waiting, flowUses }: FlowDataServices): Action {
  return defineAction({
    name: 'flow-data.collections',
    right: 'executions.read',
    domain: 'filtered',
    text: { 'zh-CN': '等待成组的汇集：键数、条数、最早时间', en: 'Collections with items that wait: keys, items, oldest time' },
    input: onlyPage,
    audited: false,
    async run({ domains }, wish): Promise<Page<ShownCollection>> {
      const [found, uses, takers] = await Promise.all([waiting.list(), flowUses.of('collection'), flowUses.of('taken-collection')]);
      const shown = domains.keep(found).map((one) => {
        const flows = usersOf(uses, one.collection, domains).filter(({ domain }) => domain === one.domain);
        const isTaken = (takers.get(one.collection) ?? []).some(({ domain, inPublished }) => inPublished && domain === one.domain);
        return { ...one, isTaken, flows };
      });
      return pageOf(shown, ({ domain, collection }) => [domain, collection], wish);
    },
  });
}

/** Names the collection only: the key can name a person. */
function removeItemsAction({ waiting }: FlowDataServices): Action {
  return defineAction({
    name: 'flow-data.remove-items',
    right: 'executions.cancel',
    domain: ofDomain,
    text: {
      'zh-CN': '移除汇集中等待的数据，可只移除一个键的；须说明理由，不能恢复',
      en: 'Remove what waits in a collection, or under one key of it; requires a reason, and cannot be undone',
    },
    input: Type.Object(
      {
        domain: DomainName,
        collection: CollectionName,
        key: Type.Optional(Type.String({ maxLength: 500 })),
        dryRun: Type.Optional(Type.Boolean({ description: 'Only counts' })),
      },
      closed,
    ),
    audited: true,
    needsReason: ({ dryRun }) => dryRun !== true,
    subject: ({ domain, collection }) => `${domain} ${collection}`,
    async run(ctx, { domain, collection, key, dryRun }): Promise<Removed> {
      const ofOneKey = key !== undefined;
      if (dryRun === true) {
        ctx.note.after = { dryRun, ofOneKey };
        return waiting.count({ domain, collection, key });
      }
      const onRemoved = (done: Removed) => {
        // Counts for the audit line too if it fails later.
        ctx.note.after = { ofOneKey, ...done };
        ctx.progress({ ...done });
      };
      const done = await waiting.remove({ domain, collection, key, signal: ctx.signal, onRemoved });
      ctx.note.after = { ofOneKey, ...done };
      return done;
    },
  });
}

const oneEntry = Type.Object(
  {
    domain: DomainName,
    store: Type.String({ pattern: '^[a-z][a-z0-9-]{0,62}$' }),
    key: Type.String({ minLength: 1, maxLength: 500 }),
  },
  closed,
);
const ofDomain = async ({ domain }: { readonly domain: string }): Promise<readonly DomainRequirement[]> => [
  { id: domain, domains: [domain] },
];
/** The key can name a person, so it is not part of the audit line. */
const subjectOf = ({ domain, store }: { readonly domain: string; readonly store: string }) => `${domain} ${store}`;

function findState({ flowState }: FlowDataServices): Action {
  return defineAction({
    name: 'flow-data.find-state',
    right: 'executions.payload',
    domain: ofDomain,
    text: { 'zh-CN': '按键查看流程状态的一项（留下审计）', en: 'Look up one entry of the state of flows by its key; writes an audit line' },
    input: oneEntry,
    audited: true,
    subject: subjectOf,
    async run(ctx, { domain, store, key }): Promise<FoundState> {
      const entry = await flowState.of(domain).get(store, key);
      ctx.note.after = { found: entry !== undefined };
      return entry === undefined ? { found: false } : { found: true, ...entry };
    },
  });
}

function removeState({ flowState }: FlowDataServices): Action {
  return defineAction({
    name: 'flow-data.remove-state',
    right: 'executions.retry',
    domain: ofDomain,
    text: {
      'zh-CN': '删除流程状态的一项，须说明理由：流程把它当作从未有过',
      en: 'Remove one entry of the state of flows, with a reason; flows then act as if it had never been there',
    },
    input: oneEntry,
    audited: true,
    needsReason: () => true,
    subject: subjectOf,
    async run(ctx, { domain, store, key }) {
      const removed = await flowState.of(domain).remove(store, key, { act: randomUUID() });
      ctx.note.after = { removed };
      return { removed };
    },
  });
}
