/** Callers: apps, their keys, what they are granted; consumers of the bus front; keys that check user tokens. */
import { Type } from 'typebox';
import { AppDocument, type BusConsumer, GrantDocument, SIGNATURE_SCHEMES, UserTokenKey } from '../../gateways/documents.ts';
import { AppError } from '../../engine/contract/errors.ts';
import type { Permission } from '../../engine/contract/access.ts';
import type { AppKey } from '../registry/key-store.ts';
import type { RevisionedStore } from '../registry/revisioned-store.ts';
import type { Revised } from '../registry/registry.ts';
import { closed, defineAction, type Action } from './action.ts';
import { requireSameId } from './require-same-id.ts';
import { existing } from './flows.ts';
import type { ControlServices } from './services.ts';

const AppId = Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$' });
const KeyId = Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$' });
const byApp = Type.Object({ appId: AppId }, closed);
const byKey = Type.Object({ appId: AppId, keyId: KeyId }, closed);
const Scheme = Type.Enum(SIGNATURE_SCHEMES);
const Expiry = Type.Optional(Type.Integer({ minimum: 0, description: 'Epoch milliseconds' }));

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

export function callerActions(services: ControlServices): readonly Action[] {
  return [
    ...appActions(services),
    ...keyActions(services),
    ...grantActions(services),
    ...consumerActions(services),
    ...userTokenKeyActions(services),
  ];
}

function appActions({ registry, plans }: ControlServices): readonly Action[] {
  const { apps } = registry;
  return [
    defineAction({
      name: 'apps.list',
      right: 'callers.read',
      text: { 'zh-CN': '应用列表', en: 'List apps' },
      input: Type.Object({}, closed),
      audited: false,
      run: async (): Promise<AppList> => ({ items: await listApps(registry) }),
    }),
    defineAction({
      name: 'apps.get',
      right: 'callers.read',
      text: { 'zh-CN': '读取应用', en: 'Read an app' },
      input: byApp,
      audited: false,
      run: async (_ctx, { appId }) => existing(await apps.get(appId), appId),
    }),
    defineAction({
      name: 'apps.save',
      right: 'callers.edit',
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
async function removeAccess({ keys, grants, busConsumers }: ControlServices['registry'], appId: string): Promise<void> {
  await keys.removeAll(appId);
  for (const grant of await grants.listBy('appId', appId)) await grants.remove(grant.grantId);
  for (const { id, value } of await busConsumers.list()) if (value.appId === appId) await busConsumers.remove(id);
}

async function listApps({ apps, keys, grants, busConsumers }: ControlServices['registry']): Promise<readonly AppItem[]> {
  const [all, allKeys, allGrants, consumers] = await Promise.all([apps.list(), keys.list(), grants.list(), busConsumers.list()]);
  const keysByApp = Map.groupBy(allKeys, ({ appId }) => appId);
  const grantsByApp = Map.groupBy(allGrants, ({ appId }) => appId);
  return all.map((app) => {
    const own = keysByApp.get(app.appId) ?? [];
    const granted = grantsByApp.get(app.appId) ?? [];
    const count = (state: AppKey['state']) => own.filter((key) => key.state === state).length;
    const usable = own.filter(({ state }) => state === 'ACTIVE' || state === 'RETIRING');
    const ends = [...usable, ...granted].flatMap(({ expiresAt }) => (expiresAt === undefined ? [] : [expiresAt]));
    return {
      ...app,
      keys: { pending: count('PENDING'), active: count('ACTIVE'), retiring: count('RETIRING') },
      grants: granted.length,
      busConsumers: consumers.filter(({ value }) => value.appId === app.appId).length,
      ...(ends.length === 0 ? {} : { expiresAt: Math.min(...ends) }),
    };
  });
}

function keyActions({ registry, plans }: ControlServices): readonly Action[] {
  const { apps, keys } = registry;
  return [
    defineAction({
      name: 'keys.list',
      right: 'callers.read',
      text: { 'zh-CN': '应用的密钥', en: 'Keys of an app' },
      input: byApp,
      audited: false,
      run: async (_ctx, { appId }) => ({ items: await keys.list(appId) }),
    }),
    defineAction({
      name: 'keys.upload',
      right: 'callers.edit',
      text: { 'zh-CN': '上传公钥，得到待签名的挑战', en: 'Upload a public key and get a challenge to sign' },
      input: Type.Object(
        { appId: AppId, keyId: KeyId, scheme: Scheme, publicPem: Type.String({ maxLength: 10_000 }), expiresAt: Expiry },
        closed,
      ),
      audited: true,
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
      text: { 'zh-CN': '以挑战的签名证明持有私钥', en: 'Prove possession by the signature of the challenge' },
      input: Type.Object({ appId: AppId, keyId: KeyId, signature: Type.String({ maxLength: 2000, description: 'base64url' }) }, closed),
      audited: true,
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
      text: { 'zh-CN': '生成 HMAC 密钥，只显示这一次', en: 'Make an HMAC secret; shown only this once' },
      input: Type.Object({ appId: AppId, keyId: KeyId, scheme: Scheme, expiresAt: Expiry }, closed),
      audited: true,
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
      text: {
        'zh-CN': '退役密钥：7 天内仍可验签，腾出启用名额',
        en: 'Retire a key: it verifies for seven more days and makes room for another',
      },
      input: byKey,
      audited: true,
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
      text: { 'zh-CN': '吊销密钥，立即失效', en: 'Revoke a key at once' },
      input: byKey,
      audited: true,
      subject: ({ appId, keyId }) => `${appId}/${keyId}`,
      async run(_ctx, { appId, keyId }) {
        const key = await keys.revoke(appId, keyId);
        plans.changed();
        return key;
      },
    }),
  ];
}

function grantActions({ registry, plans }: ControlServices): readonly Action[] {
  const { apps, grants, interfaces } = registry;
  return [
    defineAction({
      name: 'grants.list',
      right: 'callers.read',
      text: { 'zh-CN': '授权列表', en: 'List grants' },
      input: Type.Object({ appId: Type.Optional(AppId) }, closed),
      audited: false,
      run: async (_ctx, { appId }) => ({ items: appId === undefined ? await grants.list() : await grants.listBy('appId', appId) }),
    }),
    defineAction({
      name: 'grants.save',
      right: 'grants.edit',
      text: { 'zh-CN': '授权应用调用接口', en: 'Grant an interface to an app' },
      input: Type.Object({ grantId: Type.String(), document: GrantDocument }, closed),
      audited: true,
      subject: ({ document }) => `${document.appId} -> ${document.interfaceId}`,
      async run(ctx, { grantId, document }) {
        requireSameId(document.grantId, grantId);
        existing(await apps.get(document.appId), document.appId);
        existing(await interfaces.get(document.interfaceId), document.interfaceId);
        ctx.note.before = await grants.get(grantId);
        const saved = await grants.save(document);
        ctx.note.after = saved;
        plans.changed();
        return saved;
      },
    }),
    defineAction({
      name: 'grants.remove',
      right: 'grants.edit',
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

/** The bus front's consumers: a token that is made here and shown once, or a client certificate by its fingerprint. */
function consumerActions({ registry, plans, crypto }: ControlServices): readonly Action[] {
  const { apps, busConsumers } = registry;
  return [
    ...listAndRemove('bus-consumers', { 'zh-CN': '总线消费方', en: 'bus consumers' }, busConsumers, plans, 'callers.edit'),
    defineAction({
      name: 'bus-consumers.create-token',
      right: 'callers.edit',
      text: { 'zh-CN': '生成总线令牌，只显示这一次', en: 'Make a bus token; shown only this once' },
      input: byApp,
      audited: true,
      subject: ({ appId }) => appId,
      async run(_ctx, { appId }) {
        existing(await apps.get(appId), appId);
        const token = `kqb_${Buffer.from(crypto.randomBytes(32)).toString('base64url')}`;
        const tokenDigest = Buffer.from(crypto.digest('sm3', token)).toString('hex');
        const saved = await busConsumers.save({ id: `bus_${tokenDigest.slice(0, 20)}`, revision: 0, value: { appId, tokenDigest } });
        plans.changed();
        return { id: saved.id, appId, token };
      },
    }),
    defineAction({
      name: 'bus-consumers.add-certificate',
      right: 'callers.edit',
      text: { 'zh-CN': '登记客户端证书指纹', en: 'Register a client certificate by its SHA-256 fingerprint' },
      input: Type.Object({ appId: AppId, certificateFingerprint: Type.String({ pattern: '^[0-9a-f]{64}$' }) }, closed),
      audited: true,
      subject: ({ appId }) => appId,
      async run(_ctx, { appId, certificateFingerprint }) {
        existing(await apps.get(appId), appId);
        const saved = await busConsumers.save({
          id: `bus_${certificateFingerprint.slice(0, 20)}`,
          revision: 0,
          value: { appId, certificateFingerprint },
        });
        plans.changed();
        return saved;
      },
    }),
  ];
}

function userTokenKeyActions({ registry, plans, crypto }: ControlServices): readonly Action[] {
  const { userTokenKeys } = registry;
  return [
    ...listAndRemove('user-token-keys', { 'zh-CN': '用户令牌公钥', en: 'user token keys' }, userTokenKeys, plans, 'callers.edit'),
    defineAction({
      name: 'user-token-keys.save',
      right: 'callers.edit',
      text: { 'zh-CN': '保存用户令牌公钥', en: 'Save a user token key' },
      input: Type.Object({ document: UserTokenKey, revision: Type.Optional(Type.Integer({ minimum: 0 })) }, closed),
      audited: true,
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

function listAndRemove<T extends UserTokenKey | BusConsumer>(
  area: string,
  what: { readonly 'zh-CN': string; readonly en: string },
  store: RevisionedStore<Revised<T>>,
  plans: ControlServices['plans'],
  edit: Permission,
): readonly Action[] {
  return [
    defineAction({
      name: `${area}.list`,
      right: 'callers.read',
      text: { 'zh-CN': `${what['zh-CN']}列表`, en: `List ${what.en}` },
      input: Type.Object({}, closed),
      audited: false,
      run: async () => ({ items: (await store.list()).map((item) => ({ ...item, value: { ...item.value, tokenDigest: undefined } })) }),
    }),
    defineAction({
      name: `${area}.remove`,
      right: edit,
      text: { 'zh-CN': `删除${what['zh-CN']}`, en: `Delete from ${what.en}` },
      input: Type.Object({ id: Type.String({ minLength: 1, maxLength: 100 }) }, closed),
      audited: true,
      subject: ({ id }) => id,
      async run(_ctx, { id }) {
        const removed = await store.remove(id);
        if (!removed)
          throw new AppError('NOT_FOUND', 'input', `There is nothing under ${id}.`, { values: { id }, fix: 'Look at the list.' });
        plans.changed();
        return { removed };
      },
    }),
  ];
}
