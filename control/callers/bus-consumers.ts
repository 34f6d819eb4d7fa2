/**
 * Consumers of the bus front: a token that is generated here and shown once, or a client certificate by its
 * fingerprint.
 */
import { Type } from 'typebox';
import type { CallerServices } from './caller-services.ts';
import { type Action, closed, defineAction } from '../action/action.ts';
import { all, type Owners } from '../action/owners.ts';
import { AppId, Expiry, Label } from './caller-inputs.ts';
import { type Demand, existing } from '../access/domains.ts';
import { listAndRemove } from './list-and-remove.ts';

export function consumerActions(services: CallerServices): readonly Action[] {
  const { registry, plans, owners } = services;
  const { apps, busConsumers } = registry;
  return [
    ...listAndRemove('bus-consumers', { 'zh-CN': '总线消费方', en: 'bus consumers' }, busConsumers, plans, {
      remove: ({ id }) => all(owners.consumer(id)),
      async see(items, domains) {
        const seen = new Set(domains.keep(await apps.list()).map(({ appId }) => appId));
        return items.filter(({ value }) => domains.only === undefined || seen.has(value.appId));
      },
    }),
    createToken(services),
    addCertificate(services),
  ];
}

function createToken({ registry, plans, crypto, clock, owners }: CallerServices): Action {
  const { apps, busConsumers } = registry;
  return defineAction({
    name: 'bus-consumers.create-token',
    right: 'callers.edit',
    domain: ({ appId }) => all(owners.app(appId)),
    text: { 'zh-CN': '生成总线令牌，只显示这一次', en: 'Make a bus token; shown only this once' },
    input: Type.Object({ appId: AppId, label: Label, expiresAt: Expiry }, closed),
    audited: true,
    stepUp: true,
    subject: ({ appId }) => appId,
    async run(ctx, { appId, label, expiresAt }) {
      existing(await apps.get(appId), appId);
      const token = `kqb_${Buffer.from(crypto.randomBytes(32)).toString('base64url')}`;
      const tokenDigest = Buffer.from(crypto.digest('sm3', token)).toString('hex');
      const about = aboutConsumer(clock.now(), label, expiresAt);
      const saved = await busConsumers.save({ id: consumerId(tokenDigest), revision: 0, value: { appId, tokenDigest, ...about } });
      ctx.note.after = { id: saved.id, ...about };
      plans.changed();
      return { id: saved.id, appId, token };
    },
  });
}

function addCertificate({ registry, plans, clock, owners }: CallerServices): Action {
  const { apps, busConsumers } = registry;
  return defineAction({
    name: 'bus-consumers.add-certificate',
    right: 'callers.edit',
    domain: ({ appId, certificateFingerprint }) => addingConsumer(owners, appId, consumerId(certificateFingerprint)),
    text: { 'zh-CN': '登记客户端证书指纹', en: 'Register a client certificate by its SHA-256 fingerprint' },
    input: Type.Object(
      { appId: AppId, certificateFingerprint: Type.String({ pattern: '^[0-9a-f]{64}$' }), label: Label, expiresAt: Expiry },
      closed,
    ),
    audited: true,
    stepUp: true,
    subject: ({ appId }) => appId,
    async run(ctx, { appId, certificateFingerprint, label, expiresAt }) {
      existing(await apps.get(appId), appId);
      const about = aboutConsumer(clock.now(), label, expiresAt);
      const saved = await busConsumers.save({
        id: consumerId(certificateFingerprint),
        revision: 0,
        value: { appId, certificateFingerprint, ...about },
      });
      ctx.note.after = { id: saved.id, ...about };
      plans.changed();
      return saved;
    },
  });
}

function aboutConsumer(createdAt: number, label: string | undefined, expiresAt: number | undefined) {
  return { createdAt, ...(label === undefined ? {} : { label }), ...(expiresAt === undefined ? {} : { expiresAt }) };
}

/**
 * A certificate stands for one app, and the error for a second one shows the first, so its domain is required too.
 */
async function addingConsumer(owners: Owners, appId: string, id: string): Promise<readonly Demand[]> {
  return [await owners.app(appId), { ...(await owners.consumer(id)), mayBeNew: true }];
}

function consumerId(digest: string): string {
  return `bus_${digest.slice(0, 20)}`;
}
