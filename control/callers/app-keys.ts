/** Actions for the keys of apps: those that sign requests, and those for which the platform encrypts. */
import { Type } from 'typebox';
import { type Action, closed, defineAction } from '../action/action.ts';
import type { CallerServices } from './caller-services.ts';
import { all } from '../action/owners.ts';
import { pageFields, pageOf } from '../action/pages.ts';
import { existing } from '../access/domains.ts';
import { KEY_PURPOSES, KEY_SCHEMES } from '../../gateways/documents/caller-documents.ts';
import { AppId, Expiry, KeyId } from './caller-inputs.ts';

const byKey = Type.Object({ appId: AppId, keyId: KeyId }, closed);

const Scheme = Type.Enum(KEY_SCHEMES);

export function keyActions(services: CallerServices): readonly Action[] {
  return [listKeys(services), uploadKey(services), activateKey(services), createSecret(services), retireKey(services), revokeKey(services)];
}

function listKeys({ registry, owners }: CallerServices): Action {
  const { keys } = registry;
  return defineAction({
    name: 'keys.list',
    right: 'callers.read',
    domain: ({ appId }) => all(owners.app(appId)),
    text: { 'zh-CN': '应用的密钥', en: 'Keys of an app' },
    input: Type.Object({ appId: AppId, ...pageFields }, closed),
    audited: false,
    run: async (_ctx, { appId, ...wish }) => pageOf(await keys.list(appId), ({ keyId }) => [keyId], wish),
  });
}

function uploadKey({ registry, owners }: CallerServices): Action {
  const { apps, keys } = registry;
  return defineAction({
    name: 'keys.upload',
    right: 'callers.edit',
    domain: ({ appId }) => all(owners.app(appId)),
    text: { 'zh-CN': '上传公钥，得到待签名的挑战', en: 'Upload a public key; returns a challenge to sign' },
    input: Type.Object(
      {
        appId: AppId,
        keyId: KeyId,
        scheme: Scheme,
        publicPem: Type.String({ maxLength: 10_000 }),
        purpose: Type.Optional(Type.Enum(KEY_PURPOSES, { description: 'sign if absent; encrypt: the platform encrypts for this key' })),
        expiresAt: Expiry,
      },
      closed,
    ),
    audited: true,
    stepUp: true,
    subject: ({ appId, keyId }) => `${appId}/${keyId}`,
    async run(ctx, input) {
      existing(await apps.get(input.appId), input.appId);
      const made = await keys.upload(input);
      const { fingerprint, scheme, purpose } = made.key;
      ctx.note.after = { fingerprint, scheme, ...(purpose !== undefined && { purpose }) };
      return made;
    },
  });
}

function activateKey({ registry, plans, owners }: CallerServices): Action {
  const { keys } = registry;
  return defineAction({
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
  });
}

function createSecret({ registry, plans, owners }: CallerServices): Action {
  const { apps, keys } = registry;
  return defineAction({
    name: 'keys.create-secret',
    right: 'callers.edit',
    domain: ({ appId }) => all(owners.app(appId)),
    text: { 'zh-CN': '生成 HMAC 密钥，只显示这一次', en: 'Create an HMAC secret; it is shown only once' },
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
  });
}

function retireKey({ registry, plans, owners }: CallerServices): Action {
  const { keys } = registry;
  return defineAction({
    name: 'keys.retire',
    right: 'callers.edit',
    domain: ({ appId }) => all(owners.app(appId)),
    text: {
      'zh-CN': '退役密钥：7 天内仍可验签，腾出启用名额',
      en: 'Retire a key: it stays valid for seven more days and no longer counts as an active key',
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
  });
}

function revokeKey({ registry, plans, owners }: CallerServices): Action {
  const { keys } = registry;
  return defineAction({
    name: 'keys.revoke',
    right: 'callers.edit',
    domain: ({ appId }) => all(owners.app(appId)),
    text: { 'zh-CN': '吊销密钥，立即失效', en: 'Revoke a key immediately' },
    input: byKey,
    audited: true,
    stepUp: true,
    subject: ({ appId, keyId }) => `${appId}/${keyId}`,
    async run(_ctx, { appId, keyId }) {
      const key = await keys.revoke(appId, keyId);
      plans.changed();
      return key;
    },
  });
}
