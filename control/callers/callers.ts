/** Callers: apps, their keys, what they are granted; consumers of the bus front; keys that check user tokens. */
import { Type } from 'typebox';
import { AppDocument, type BusConsumer, GrantDocument, SIGNATURE_SCHEMES, UserTokenKey } from '../../gateways/documents.ts';
import { PLAIN_LINE } from '../../engine/contract/values/plain-text.ts';
import type { AppKey } from '../registry/key-store.ts';
import type { RevisionedStore } from '../registry/revisioned-store.ts';
import type { Registry, Revised } from '../registry/registry.ts';
import { closed, defineAction, type Action } from '../action/action.ts';
import { requireSameSides } from './grant-fixed.ts';
import { requireSameId } from '../action/require-same-id.ts';
import { type Demand, type DomainRule, type DomainScope, existing, notFound } from '../access/domains.ts';
import { grantsSeen } from './grants-seen.ts';
import { all, saving, type Owners } from '../action/owners.ts';
import type { Clock } from '../../engine/contract/values/clock.ts';
import type { Crypto } from '../../engine/contract/ports/crypto.ts';
import type { PlanPublisher } from '../registry/build-plan.ts';

export interface CallerServices {
  readonly crypto: Crypto;
  readonly clock: Clock;
  readonly registry: Registry;
  readonly plans: PlanPublisher;
  readonly owners: Owners;
}

const AppId = Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$' });
const KeyId = Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$' });
const byApp = Type.Object({ appId: AppId }, closed);
const byKey = Type.Object({ appId: AppId, keyId: KeyId }, closed);
const Scheme = Type.Enum(SIGNATURE_SCHEMES);
const Expiry = Type.Optional(
  Type.Integer({ minimum: 0, exclusiveMaximum: 4_102_444_800_000, description: 'Epoch milliseconds, before 2100' }),
);

const Label = Type.Optional(Type.String({ minLength: 1, maxLength: 100, pattern: PLAIN_LINE, description: 'Which system holds it' }));

export interface AppItem extends AppDocument {
  readonly keys: { readonly pending: number; readonly active: number; readonly retiring: number };
  readonly grants: number;
  readonly busConsumers: number;
  /** The soonest end of a usable key or of a grant, epoch milliseconds. */
  readonly expiresAt?: number;
}

export interface AppList {
  readonly items: readonly AppItem[];
}

export function callerActions(services: CallerServices): readonly Action[] {
  return [
    ...appActions(services),
    ...keyActions(services),
    ...grantActions(services),
    ...consumerActions(services),
    ...userTokenKeyActions(services),
  ];
}

function appActions({ registry, plans, owners }: CallerServices): readonly Action[] {
  const { apps } = registry;
  return [
    defineAction({
      name: 'apps.list',
      right: 'callers.read',
      domain: 'filtered',
      text: { 'zh-CN': '应用列表', en: 'List apps' },
      input: Type.Object({}, closed),
      audited: false,
      run: async ({ domains }): Promise<AppList> => ({ items: await listApps(registry, domains) }),
    }),
    defineAction({
      name: 'apps.get',
      right: 'callers.read',
      domain: ({ appId }) => all(owners.app(appId)),
      text: { 'zh-CN': '读取应用', en: 'Read an app' },
      input: byApp,
      audited: false,
      run: async (_ctx, { appId }) => existing(await apps.get(appId), appId),
    }),
    defineAction({
      name: 'apps.save',
      right: 'callers.edit',
      domain: ({ appId, document }) => saving(owners.app(appId), document),
      text: { 'zh-CN': '保存应用', en: 'Save an app' },
      input: Type.Object({ appId: AppId, document: AppDocument }, closed),
      audited: true,
      subject: ({ appId }) => appId,
      async run(ctx, { appId, document }) {
        requireSameId(document.appId, appId);
        const before = await apps.get(appId);
        // What was given to an app of the same id before, whoever that was, is not this one's.
        if (before === undefined) await removeAccess(registry, appId);
        ctx.note.before = before;
        const saved = await apps.save(document);
        ctx.note.after = saved;
        plans.changed();
        return saved;
      },
    }),
    defineAction({
      name: 'apps.remove',
      right: 'callers.edit',
      domain: ({ appId }) => all(owners.app(appId)),
      text: { 'zh-CN': '删除应用及其密钥、授权与总线消费方', en: 'Delete an app with its keys, grants and bus consumers' },
      input: byApp,
      audited: true,
      subject: ({ appId }) => appId,
      async run(ctx, { appId }) {
        ctx.note.before = existing(await apps.get(appId), appId);
        // The app goes last: until all is gone, deleting it can be asked again.
        await removeAccess(registry, appId);
        const removed = await apps.remove(appId);
        plans.changed();
        return { removed };
      },
    }),
  ];
}

/** Everything with which an app calls. */
async function removeAccess({ keys, grants, busConsumers }: Registry, appId: string): Promise<void> {
  await keys.removeAll(appId);
  for (const grant of await grants.listBy('appId', appId)) await grants.remove(grant.grantId);
  for (const { id, value } of await busConsumers.list()) if (value.appId === appId) await busConsumers.remove(id);
}

async function listApps(registry: Registry, domains: DomainScope): Promise<readonly AppItem[]> {
  const { apps, keys, busConsumers } = registry;
  const seen = grantsSeen(registry, domains);
  const [every, allKeys, allGrants, consumers] = await Promise.all([apps.list(), keys.list(), seen, busConsumers.list()]);
  const keysByApp = Map.groupBy(allKeys, ({ appId }) => appId);
  const grantsByApp = Map.groupBy(allGrants, ({ appId }) => appId);
  return domains.keep(every).map((app) => {
    const own = keysByApp.get(app.appId) ?? [];
    const granted = grantsByApp.get(app.appId) ?? [];
    const count = (state: AppKey['state']) => own.filter((key) => key.state === state).length;
    const usable = own.filter(({ state }) => state === 'ACTIVE' || state === 'RETIRING');
    const onBus = consumers.filter(({ value }) => value.appId === app.appId).map(({ value }) => value);
    const ends = [...usable, ...granted, ...onBus].flatMap(({ expiresAt }) => (expiresAt === undefined ? [] : [expiresAt]));
    return {
      ...app,
      keys: { pending: count('PENDING'), active: count('ACTIVE'), retiring: count('RETIRING') },
      grants: granted.length,
      busConsumers: onBus.length,
      ...(ends.length === 0 ? {} : { expiresAt: Math.min(...ends) }),
    };
  });
}

function keyActions({ registry, plans, owners }: CallerServices): readonly Action[] {
  const { apps, keys } = registry;
  return [
    defineAction({
      name: 'keys.list',
      right: 'callers.read',
      domain: ({ appId }) => all(owners.app(appId)),
      text: { 'zh-CN': '应用的密钥', en: 'Keys of an app' },
      input: byApp,
      audited: false,
      run: async (_ctx, { appId }) => ({ items: await keys.list(appId) }),
    }),
    defineAction({
      name: 'keys.upload',
      right: 'callers.edit',
      domain: ({ appId }) => all(owners.app(appId)),
      text: { 'zh-CN': '上传公钥，得到待签名的挑战', en: 'Upload a public key and get a challenge to sign' },
      input: Type.Object(
        { appId: AppId, keyId: KeyId, scheme: Scheme, publicPem: Type.String({ maxLength: 10_000 }), expiresAt: Expiry },
        closed,
      ),
      audited: true,
      stepUp: true,
      subject: ({ appId, keyId }) => `${appId}/${keyId}`,
      async run(ctx, input) {
        existing(await apps.get(input.appId), input.appId);
        const made = await keys.upload(input);
        ctx.note.after = { fingerprint: made.key.fingerprint, scheme: made.key.scheme };
        return made;
      },
    }),
    defineAction({
      name: 'keys.activate',
      right: 'callers.edit',
      domain: ({ appId }) => all(owners.app(appId)),
      text: { 'zh-CN': '以挑战的签名证明持有私钥', en: 'Prove possession by the signature of the challenge' },
      input: Type.Object({ appId: AppId, keyId: KeyId, signature: Type.String({ maxLength: 2000, description: 'base64url' }) }, closed),
      audited: true,
      stepUp: true,
      subject: ({ appId, keyId }) => `${appId}/${keyId}`,
      async run(_ctx, { appId, keyId, signature }) {
        const key = await keys.activate(appId, keyId, signature);
        plans.changed();
        return key;
      },
    }),
    defineAction({
      name: 'keys.create-secret',
      right: 'callers.edit',
      domain: ({ appId }) => all(owners.app(appId)),
      text: { 'zh-CN': '生成 HMAC 密钥，只显示这一次', en: 'Make an HMAC secret; shown only this once' },
      input: Type.Object({ appId: AppId, keyId: KeyId, scheme: Scheme, expiresAt: Expiry }, closed),
      audited: true,
      stepUp: true,
      subject: ({ appId, keyId }) => `${appId}/${keyId}`,
      async run(ctx, input) {
        existing(await apps.get(input.appId), input.appId);
        const made = await keys.createSecret(input);
        ctx.note.after = { fingerprint: made.key.fingerprint, scheme: made.key.scheme };
        plans.changed();
        return made;
      },
    }),
    defineAction({
      name: 'keys.retire',
      right: 'callers.edit',
      domain: ({ appId }) => all(owners.app(appId)),
      text: {
        'zh-CN': '退役密钥：7 天内仍可验签，腾出启用名额',
        en: 'Retire a key: it verifies for seven more days and makes room for another',
      },
      input: byKey,
      audited: true,
      stepUp: true,
      subject: ({ appId, keyId }) => `${appId}/${keyId}`,
      async run(ctx, { appId, keyId }) {
        const key = await keys.retire(appId, keyId);
        ctx.note.after = { state: key.state, expiresAt: key.expiresAt };
        plans.changed();
        return key;
      },
    }),
    defineAction({
      name: 'keys.revoke',
      right: 'callers.edit',
      domain: ({ appId }) => all(owners.app(appId)),
      text: { 'zh-CN': '吊销密钥，立即失效', en: 'Revoke a key at once' },
      input: byKey,
      audited: true,
      stepUp: true,
      subject: ({ appId, keyId }) => `${appId}/${keyId}`,
      async run(_ctx, { appId, keyId }) {
        const key = await keys.revoke(appId, keyId);
        plans.changed();
        return key;
      },
    }),
  ];
}

function grantActions({ registry, plans, owners }: CallerServices): readonly Action[] {
  const { apps, grants, interfaces } = registry;
  return [
    defineAction({
      name: 'grants.list',
      right: 'callers.read',
      domain: 'filtered',
      text: { 'zh-CN': '授权列表', en: 'List grants' },
      input: Type.Object({ appId: Type.Optional(AppId) }, closed),
      audited: false,
      async run({ domains }, { appId }) {
        const items = domains.only === undefined && appId !== undefined ? grants.listBy('appId', appId) : grantsSeen(registry, domains);
        return { items: (await items).filter((grant) => appId === undefined || grant.appId === appId) };
      },
    }),
    defineAction({
      name: 'grants.save',
      right: 'grants.edit',
      domain: ({ grantId, document }) => savingGrant(owners, grantId, document),
      text: { 'zh-CN': '授权应用调用接口', en: 'Grant an interface to an app' },
      input: Type.Object({ grantId: GrantDocument.properties.grantId, document: GrantDocument }, closed),
      audited: true,
      subject: ({ document }) => `${document.appId} -> ${document.interfaceId}`,
      async run(ctx, { grantId, document }) {
        requireSameId(document.grantId, grantId);
        existing(await apps.get(document.appId), document.appId);
        existing(await interfaces.get(document.interfaceId), document.interfaceId);
        const stored = await grants.get(grantId);
        requireSameSides(stored, document);
        ctx.note.before = stored;
        const saved = await grants.save(document);
        ctx.note.after = saved;
        plans.changed();
        return saved;
      },
    }),
    defineAction({
      name: 'grants.remove',
      right: 'grants.edit',
      domain: ({ grantId }) => all(owners.grant(grantId)),
      text: { 'zh-CN': '收回授权', en: 'Take a grant back' },
      input: Type.Object({ grantId: Type.String({ maxLength: 64 }) }, closed),
      audited: true,
      subject: ({ grantId }) => grantId,
      async run(ctx, { grantId }) {
        ctx.note.before = existing(await grants.get(grantId), grantId);
        const removed = await grants.remove(grantId);
        plans.changed();
        return { removed };
      },
    }),
  ];
}

/** A grant joins an app and an interface: to give it takes the domains of both. */
async function savingGrant(owners: Owners, grantId: string, { appId, interfaceId }: GrantDocument): Promise<readonly Demand[]> {
  const sides = await Promise.all([owners.app(appId), owners.interface(interfaceId)]);
  return [{ ...(await owners.grant(grantId)), mayBeNew: true }, ...sides];
}

/** A certificate stands for one app: the refusal of a second one shows the first. */
async function addingConsumer(owners: Owners, appId: string, id: string): Promise<readonly Demand[]> {
  return [await owners.app(appId), { ...(await owners.consumer(id)), mayBeNew: true }];
}

function consumerId(digest: string): string {
  return `bus_${digest.slice(0, 20)}`;
}

/** The bus front's consumers: a token that is made here and shown once, or a client certificate by its fingerprint. */
function consumerActions({ registry, plans, crypto, clock, owners }: CallerServices): readonly Action[] {
  const { apps, busConsumers } = registry;
  const aboutConsumer = (label: string | undefined, expiresAt: number | undefined) => ({
    createdAt: clock.now(),
    ...(label === undefined ? {} : { label }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
  });
  return [
    ...listAndRemove('bus-consumers', { 'zh-CN': '总线消费方', en: 'bus consumers' }, busConsumers, plans, {
      remove: ({ id }) => all(owners.consumer(id)),
      async see(items, domains) {
        const seen = new Set(domains.keep(await apps.list()).map(({ appId }) => appId));
        return items.filter(({ value }) => domains.only === undefined || seen.has(value.appId));
      },
    }),
    defineAction({
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
        const about = aboutConsumer(label, expiresAt);
        const saved = await busConsumers.save({ id: consumerId(tokenDigest), revision: 0, value: { appId, tokenDigest, ...about } });
        ctx.note.after = { id: saved.id, ...about };
        plans.changed();
        return { id: saved.id, appId, token };
      },
    }),
    defineAction({
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
        const about = aboutConsumer(label, expiresAt);
        const saved = await busConsumers.save({
          id: consumerId(certificateFingerprint),
          revision: 0,
          value: { appId, certificateFingerprint, ...about },
        });
        ctx.note.after = { id: saved.id, ...about };
        plans.changed();
        return saved;
      },
    }),
  ];
}

function userTokenKeyActions({ registry, plans, crypto }: CallerServices): readonly Action[] {
  const { userTokenKeys } = registry;
  return [
    // The user front checks every token with them, in every domain.
    ...listAndRemove('user-token-keys', { 'zh-CN': '用户令牌公钥', en: 'user token keys' }, userTokenKeys, plans, {
      remove: 'all',
      see: async (items, _domains) => items,
    }),
    defineAction({
      name: 'user-token-keys.save',
      right: 'callers.edit',
      domain: 'all',
      text: { 'zh-CN': '保存用户令牌公钥', en: 'Save a user token key' },
      input: Type.Object({ document: UserTokenKey, revision: Type.Optional(Type.Integer({ minimum: 0 })) }, closed),
      audited: true,
      stepUp: true,
      subject: ({ document }) => document.kid,
      async run(ctx, { document, revision }) {
        crypto.importKey({ format: 'pem', pem: document.publicPem }, document.alg, 'public');
        const saved = await userTokenKeys.save({ id: document.kid, revision: revision ?? 0, value: document as UserTokenKey });
        ctx.note.after = { kid: document.kid, issuer: document.issuer, alg: document.alg };
        plans.changed();
        return saved;
      },
    }),
  ];
}

interface Kept<T> {
  readonly remove: DomainRule<{ readonly id: string }>;
  see(items: readonly Revised<T>[], domains: DomainScope): Promise<readonly Revised<T>[]>;
}

function listAndRemove<T extends UserTokenKey | BusConsumer>(
  area: string,
  what: { readonly 'zh-CN': string; readonly en: string },
  store: RevisionedStore<Revised<T>>,
  plans: PlanPublisher,
  { remove, see }: Kept<T>,
): readonly Action[] {
  return [
    defineAction({
      name: `${area}.list`,
      right: 'callers.read',
      domain: 'filtered',
      text: { 'zh-CN': `${what['zh-CN']}列表`, en: `List ${what.en}` },
      input: Type.Object({}, closed),
      audited: false,
      run: async ({ domains }) => ({
        items: (await see(await store.list(), domains)).map((item) => ({ ...item, value: { ...item.value, tokenDigest: undefined } })),
      }),
    }),
    defineAction({
      name: `${area}.remove`,
      right: 'callers.edit',
      domain: remove,
      text: { 'zh-CN': `删除${what['zh-CN']}`, en: `Delete from ${what.en}` },
      input: Type.Object({ id: Type.String({ minLength: 1, maxLength: 100 }) }, closed),
      audited: true,
      stepUp: true,
      subject: ({ id }) => id,
      async run(_ctx, { id }) {
        const removed = await store.remove(id);
        if (!removed) throw notFound(id);
        plans.changed();
        return { removed };
      },
    }),
  ];
}
