/** Actions for the platform's own keys: the one that signs responses, and those for which callers encrypt. */
import { Type } from 'typebox';
import type { CallerServices } from './caller-services.ts';
import { type Action, closed, defineAction } from '../action/action.ts';
import { onlyPage, pageOf } from '../action/pages.ts';
import { KeyId } from './caller-inputs.ts';
import type { PlatformKeyKind, ShownPlatformKey } from '../registry/platform-key-store.ts';

/** What a new platform key can be made for. */
const KINDS: Readonly<Record<string, PlatformKeyKind>> = {
  'sign-sm2': { use: 'sign', algorithm: 'SM2-SM3' },
  'sign-rsa': { use: 'sign', algorithm: 'RSA-SHA256' },
  'encrypt-sm2': { use: 'encrypt', algorithm: 'SM2' },
  'encrypt-rsa': { use: 'encrypt', algorithm: 'RSA-OAEP-SHA256' },
};
const Kind = Type.Enum(['sign-sm2', 'sign-rsa', 'encrypt-sm2', 'encrypt-rsa'], {
  description:
    'sign-sm2: signs responses; sign-rsa (3072 bits): signs responses of compatibility profiles; encrypt-sm2 and encrypt-rsa (3072 bits): callers encrypt for it',
});

export function platformKeyActions(services: CallerServices): readonly Action[] {
  return [listPlatformKeys(services), createPlatformKey(services), activatePlatformKey(services), revokePlatformKey(services)];
}

function listPlatformKeys({ registry }: CallerServices): Action {
  return defineAction({
    name: 'platform-keys.list',
    right: 'callers.read',
    // No domain is required, because the keys serve the callers of every domain.
    domain: 'none',
    text: { 'zh-CN': '平台密钥列表', en: 'List the keys of the platform' },
    input: onlyPage,
    audited: false,
    run: async (_ctx, wish) => pageOf(await registry.platformKeys.list(), ({ keyId }) => [keyId], wish),
  });
}

function createPlatformKey({ registry, plans }: CallerServices): Action {
  return defineAction({
    name: 'platform-keys.create',
    right: 'callers.edit',
    domain: 'all',
    text: { 'zh-CN': '新建平台密钥，启用前调用方即可获取', en: 'Create a key of the platform; callers can fetch it before it is used' },
    input: Type.Object({ kind: Kind }, closed),
    audited: true,
    stepUp: true,
    subject: ({ kind }) => kind,
    async run(ctx, { kind }) {
      const key = await registry.platformKeys.create(KINDS[kind]!);
      ctx.note.after = noted(key);
      plans.changed();
      return key;
    },
  });
}

function activatePlatformKey({ registry, plans }: CallerServices): Action {
  return defineAction({
    name: 'platform-keys.activate',
    right: 'callers.edit',
    domain: 'all',
    text: {
      'zh-CN': '启用平台密钥，同类的旧密钥再保留 7 天',
      en: 'Activate a key of the platform; the previous one of its kind stays valid for seven more days',
    },
    input: Type.Object({ keyId: KeyId }, closed),
    audited: true,
    stepUp: true,
    subject: ({ keyId }) => keyId,
    async run(ctx, { keyId }) {
      const key = await registry.platformKeys.activate(keyId);
      ctx.note.after = noted(key);
      plans.changed();
      return key;
    },
  });
}

function revokePlatformKey({ registry, plans }: CallerServices): Action {
  return defineAction({
    name: 'platform-keys.revoke',
    right: 'callers.edit',
    domain: 'all',
    text: { 'zh-CN': '吊销平台密钥，立即失效', en: 'Revoke a key of the platform immediately' },
    input: Type.Object({ keyId: KeyId }, closed),
    audited: true,
    stepUp: true,
    subject: ({ keyId }) => keyId,
    async run(ctx, { keyId }) {
      const key = await registry.platformKeys.revoke(keyId);
      ctx.note.after = noted(key);
      plans.changed();
      return key;
    },
  });
}

function noted({ keyId, use, algorithm, state }: ShownPlatformKey) {
  return { keyId, use, algorithm, state };
}
