/** Actions for the keys that verify the tokens of citizens. */
import { Type } from 'typebox';
import type { CallerServices } from './caller-services.ts';
import { type Action, closed, defineAction } from '../action/action.ts';
import { listAndRemove } from './list-and-remove.ts';
import { UserTokenKey } from '../../gateways/documents.ts';

export function userTokenKeyActions({ registry, plans, crypto }: CallerServices): readonly Action[] {
  const { userTokenKeys } = registry;
  return [
    // The user front checks every token with these keys, in every domain.
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
