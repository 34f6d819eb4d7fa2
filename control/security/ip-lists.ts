/** Actions for the address lists that interfaces, domains and whole fronts share. */
import { Type } from 'typebox';
import { isIpRange } from '../../engine/contract/calls/ip-range.ts';
import { AppError } from '../../engine/contract/values/errors.ts';
import type { InterfaceDocument } from '../../gateways/documents/interface-document.ts';
import { IpListDocument } from '../../gateways/documents/ip-list-document.ts';
import { existing } from '../access/domains.ts';
import { closed, defineAction, type Action } from '../action/action.ts';
import { all, saving } from '../action/owners.ts';
import { onlyPage, pageOf } from '../action/pages.ts';
import { requireSameId } from '../action/require-same-id.ts';
import { changedFieldsOfIpList } from '../audit/changed-fields.ts';
import { refuseIfNamed } from './refuse-if-named.ts';
import type { SecurityServices } from './security-services.ts';

const ListId = Type.String({ maxLength: 64 });

export function ipListActions(services: SecurityServices): readonly Action[] {
  return [listIpLists(services), saveIpList(services), removeIpList(services)];
}

/** Returns the ids of the shared lists that an interface names. */
export function listsOf({ policies = {} }: InterfaceDocument): readonly string[] {
  const options = policies['ip-list'];
  const lists = options === false ? undefined : options?.['lists'];
  return Array.isArray(lists) ? lists.filter((id) => typeof id === 'string') : [];
}

function listIpLists({ registry }: SecurityServices): Action {
  return defineAction({
    name: 'ip-lists.list',
    right: 'callers.read',
    domain: 'filtered',
    text: { 'zh-CN': 'IP 名单列表', en: 'List the shared address lists' },
    input: onlyPage,
    audited: false,
    async run({ domains }, wish) {
      const seen = (await registry.ipLists.list()).filter(({ domain }) => domain === undefined || domains.holds(domain));
      const { items, ...rest } = pageOf(seen, ({ listId }) => [listId], wish);
      return { items: items.map((list) => ({ ...list, mayEdit: domains.holds(list.domain) })), ...rest };
    },
  });
}

function saveIpList({ registry, plans, owners, clock }: SecurityServices): Action {
  return defineAction({
    name: 'ip-lists.save',
    right: 'callers.edit',
    domain: ({ listId, document }) => saving(owners.ipList(listId), document),
    text: { 'zh-CN': '保存 IP 名单', en: 'Save a shared address list' },
    input: Type.Object({ listId: ListId, document: IpListDocument }, closed),
    audited: true,
    subject: ({ listId }) => listId,
    async run(ctx, { listId, document }) {
      requireSameId(document.listId, listId);
      requireSoundList(document, clock.now());
      const before = await registry.ipLists.get(listId);
      const saved = await registry.ipLists.save(document);
      ctx.note.changes = changedFieldsOfIpList(before, saved);
      ctx.note.after = { revision: saved.revision, size: saved.entries.length };
      plans.changed();
      return saved;
    },
  });
}

function removeIpList({ registry, plans, owners }: SecurityServices): Action {
  return defineAction({
    name: 'ip-lists.remove',
    right: 'callers.edit',
    domain: ({ listId }) => all(owners.ipList(listId)),
    text: { 'zh-CN': '删除 IP 名单（有接口引用时拒绝）', en: 'Delete a shared address list; refused while interfaces name it' },
    input: Type.Object({ listId: ListId }, closed),
    audited: true,
    subject: ({ listId }) => listId,
    async run(ctx, { listId }) {
      const list = existing(await registry.ipLists.get(listId), listId);
      await refuseIfNamed(registry, listId, (document) => listsOf(document).includes(listId));
      ctx.note.changes = changedFieldsOfIpList(list, undefined);
      const removed = await registry.ipLists.remove(listId);
      plans.changed();
      return { removed };
    },
  });
}

/** Rejects with an input error if an entry is no range, or if the list would refuse everyone. */
export function requireSoundList(document: IpListDocument, now: number): void {
  for (const { range } of document.entries) requireRange(range);
  requireSomebody(document, now);
}

/** An allow list for every request that names nobody would stop its fronts at once. */
function requireSomebody({ kind, everywhere, entries }: IpListDocument, now: number): void {
  if (kind === 'black' || !everywhere || entries.some(({ expiresAt = Infinity }) => now < expiresAt)) return;
  throw new AppError(
    'IP_LIST_ALLOWS_NOBODY',
    'input',
    'An allow list for every request needs an entry in force: it would refuse all callers.',
    {
      fix: 'Save the list for named interfaces only, add the addresses that may call, then apply it everywhere.',
    },
  );
}

function requireRange(range: string): void {
  if (isIpRange(range)) return;
  throw new AppError('IP_RANGE_INVALID', 'input', `${range} is neither an address nor a CIDR range.`, {
    values: { value: range },
    fix: 'Write an address such as 10.20.3.7, or a range such as 10.20.0.0/16 or 2001:db8::/32.',
  });
}
