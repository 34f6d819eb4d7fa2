/**
 * Actions for the users and devices that the user front refuses. Their identifiers are personal data: the store, the
 * plan and the audit trail have only keyed digests.
 */
import { Type, type Static } from 'typebox';
import { PLAIN_LINE } from '../../engine/contract/values/plain-text.ts';
import { AppError } from '../../engine/contract/values/errors.ts';
import { blockedText, BlockedCaller } from '../../gateways/documents/blocked-caller.ts';
import { existing } from '../access/domains.ts';
import { closed, defineAction, type Action } from '../action/action.ts';
import { onlyPage, pageOf } from '../action/pages.ts';
import type { SecurityServices } from './security-services.ts';

/** Most entries. Each plan contains all of them. */
const MOST_BLOCKED = 10_000;

const WHO = {
  kind: BlockedCaller.properties.kind,
  id: Type.String({ minLength: 1, maxLength: 200, pattern: PLAIN_LINE, description: 'The sub of the token, or the device id' }),
  issuer: BlockedCaller.properties.issuer,
};
const Who = Type.Object(WHO, closed);

export function blockedCallerActions(services: SecurityServices): readonly Action[] {
  return [listBlocked(services), findBlocked(services), block(services), unblock(services)];
}

function listBlocked({ registry }: SecurityServices): Action {
  return defineAction({
    name: 'blocked-callers.list',
    right: 'callers.read',
    domain: 'all',
    text: { 'zh-CN': '用户与设备黑名单', en: 'List blocked users and devices' },
    input: onlyPage,
    audited: false,
    async run(_ctx, wish) {
      const { items, ...rest } = pageOf(await registry.blockedCallers.list(), ({ createdAt, blockId }) => [-createdAt, blockId], wish);
      return { items: items.map(shown), ...rest };
    },
  });
}

function findBlocked(services: SecurityServices): Action {
  return defineAction({
    name: 'blocked-callers.find',
    right: 'callers.read',
    domain: 'all',
    text: { 'zh-CN': '查询用户或设备是否在黑名单中', en: 'Find out whether a user or a device is blocked' },
    input: Who,
    // The trail would show who was asked about.
    audited: false,
    async run(_ctx, who) {
      const { digest } = identify(services, who);
      const found = (await services.registry.blockedCallers.list()).filter((entry) => entry.kind === who.kind && entry.digest === digest);
      return { items: found.filter(({ issuer }) => who.issuer === undefined || issuer === undefined || issuer === who.issuer).map(shown) };
    },
  });
}

function block(services: SecurityServices): Action {
  const { registry, plans, clock } = services;
  const { expiresAt, reason } = BlockedCaller.properties;
  return defineAction({
    name: 'blocked-callers.block',
    right: 'callers.edit',
    domain: 'all',
    text: { 'zh-CN': '把用户或设备加入黑名单', en: 'Block a user or a device' },
    input: Type.Object({ ...WHO, expiresAt, reason }, closed),
    audited: true,
    subject: (input) => identify(services, input).blockId,
    async run(ctx, { kind, issuer, expiresAt: endsAt, reason: why, ...rest }) {
      const { blockId, digest } = identify(services, { kind, ...rest, ...(issuer === undefined ? {} : { issuer }) });
      const before = await registry.blockedCallers.get(blockId);
      if (before === undefined) await requireRoom(services);
      const saved = await registry.blockedCallers.save({
        ...{ blockId, revision: before?.revision ?? 0, kind, digest, reason: why, createdAt: before?.createdAt ?? clock.now() },
        ...(issuer === undefined ? {} : { issuer }),
        ...(endsAt === undefined ? {} : { expiresAt: endsAt }),
      });
      ctx.note.after = { kind, ...(endsAt === undefined ? {} : { expiresAt: endsAt }) };
      plans.changed();
      return shown(saved);
    },
  });
}

function unblock({ registry, plans }: SecurityServices): Action {
  return defineAction({
    name: 'blocked-callers.unblock',
    right: 'callers.edit',
    domain: 'all',
    text: { 'zh-CN': '把用户或设备移出黑名单', en: 'Unblock a user or a device' },
    input: Type.Object({ blockId: Type.String({ maxLength: 64 }) }, closed),
    audited: true,
    subject: ({ blockId }) => blockId,
    async run(ctx, { blockId }) {
      const { kind, expiresAt } = existing(await registry.blockedCallers.get(blockId), blockId);
      ctx.note.before = { kind, ...(expiresAt === undefined ? {} : { expiresAt }) };
      const removed = await registry.blockedCallers.remove(blockId);
      plans.changed();
      return { removed };
    },
  });
}

/** Returns the keyed digest of an identifier, and the id of its entry. */
function identify(
  { crypto, registry }: SecurityServices,
  { kind, id, issuer = '' }: Static<typeof Who>,
): { digest: string; blockId: string } {
  const key = Buffer.from(registry.blockedCallersKey, 'base64url');
  const hmac = (text: string) => Buffer.from(crypto.hmac('sm3', key, text));
  return {
    digest: hmac(blockedText(kind, id)).toString('hex'),
    blockId: `ban_${hmac(`${blockedText(kind, id)}\n${issuer}`)
      .toString('base64url')
      .slice(0, 22)}`,
  };
}

/** Removes expired entries if the list is full. Rejects with BLOCKED_CALLERS_FULL (input) if it still is. */
async function requireRoom({ registry: { blockedCallers }, clock }: SecurityServices): Promise<void> {
  const entries = await blockedCallers.list();
  if (entries.length < MOST_BLOCKED) return;
  const over = entries.filter(({ expiresAt }) => expiresAt !== undefined && expiresAt <= clock.now());
  for (const { blockId } of over) await blockedCallers.remove(blockId);
  if (over.length > 0) return;
  throw new AppError('BLOCKED_CALLERS_FULL', 'input', `At most ${MOST_BLOCKED} users and devices can be blocked.`, {
    values: { limit: MOST_BLOCKED },
    fix: 'Unblock some of them, or give entries an end.',
  });
}

function shown({ digest: _digest, ...entry }: BlockedCaller): Omit<BlockedCaller, 'digest'> {
  return entry;
}
