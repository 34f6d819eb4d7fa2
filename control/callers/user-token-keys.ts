/** Actions for the keys that verify the tokens of citizens, and for issuers that publish such keys. */
import { Type } from 'typebox';
import type { CallerServices } from './caller-services.ts';
import { type Action, closed, defineAction } from '../action/action.ts';
import { onlyPage, pageOf } from '../action/pages.ts';
import { notFound } from '../access/domains.ts';
import { CallerId } from './caller-inputs.ts';
import { UserTokenIssuer, UserTokenKey } from '../../gateways/documents/caller-documents.ts';

const IssuerId = Type.String({ minLength: 1, maxLength: 300 });

export function userTokenKeyActions(services: CallerServices): readonly Action[] {
  return [
    ...[listUserTokenKeys(services), removeUserTokenKey(services), saveUserTokenKey(services)],
    ...[listIssuers(services), removeIssuer(services), saveIssuer(services)],
  ];
}

function listUserTokenKeys({ registry }: CallerServices): Action {
  return defineAction({
    name: 'user-token-keys.list',
    right: 'callers.read',
    // No domain is required, because the user front checks the tokens of every domain with these keys.
    domain: 'none',
    text: { 'zh-CN': '用户令牌公钥列表', en: 'List user token keys' },
    input: onlyPage,
    audited: false,
    run: async (_ctx, wish) => pageOf(await registry.userTokenKeys.list(), ({ id }) => [id], wish),
  });
}

function removeUserTokenKey({ registry, plans }: CallerServices): Action {
  return defineAction({
    name: 'user-token-keys.remove',
    right: 'callers.edit',
    domain: 'all',
    text: { 'zh-CN': '删除用户令牌公钥', en: 'Delete a user token key' },
    input: Type.Object({ id: CallerId }, closed),
    audited: true,
    stepUp: true,
    subject: ({ id }) => id,
    async run(_ctx, { id }) {
      if (!(await registry.userTokenKeys.remove(id))) throw notFound(id);
      plans.changed();
      return { removed: true };
    },
  });
}

function saveUserTokenKey({ registry, plans, crypto }: CallerServices): Action {
  return defineAction({
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
      const saved = await registry.userTokenKeys.save({ id: document.kid, revision: revision ?? 0, value: document as UserTokenKey });
      ctx.note.after = { kid: document.kid, issuer: document.issuer, alg: document.alg };
      plans.changed();
      return saved;
    },
  });
}

function listIssuers({ registry }: CallerServices): Action {
  return defineAction({
    name: 'user-token-issuers.list',
    right: 'callers.read',
    domain: 'none',
    text: { 'zh-CN': '用户令牌签发者列表', en: 'List issuers of user tokens' },
    input: onlyPage,
    audited: false,
    run: async (_ctx, wish) => pageOf(await registry.userTokenIssuers.list(), ({ id }) => [id], wish),
  });
}

function removeIssuer({ registry, plans }: CallerServices): Action {
  return defineAction({
    name: 'user-token-issuers.remove',
    right: 'callers.edit',
    domain: 'all',
    text: { 'zh-CN': '删除用户令牌签发者', en: 'Delete an issuer of user tokens' },
    input: Type.Object({ id: IssuerId }, closed),
    audited: true,
    stepUp: true,
    subject: ({ id }) => id,
    async run(_ctx, { id }) {
      if (!(await registry.userTokenIssuers.remove(id))) throw notFound(id);
      plans.changed();
      return { removed: true };
    },
  });
}

function saveIssuer({ registry, plans }: CallerServices): Action {
  return defineAction({
    name: 'user-token-issuers.save',
    right: 'callers.edit',
    domain: 'all',
    text: { 'zh-CN': '保存用户令牌签发者', en: 'Save an issuer of user tokens' },
    input: Type.Object({ document: UserTokenIssuer, revision: Type.Optional(Type.Integer({ minimum: 0 })) }, closed),
    audited: true,
    stepUp: true,
    subject: ({ document }) => document.issuer,
    async run(ctx, { document, revision }) {
      const saved = await registry.userTokenIssuers.save({
        id: document.issuer,
        revision: revision ?? 0,
        value: document as UserTokenIssuer,
      });
      ctx.note.after = { ...document };
      plans.changed();
      return saved;
    },
  });
}
