/** Accounts, one's own password, sessions and tokens. */
import { Type } from 'typebox';
import type { Role } from '../../engine/contract/access.ts';
import { AppError } from '../../engine/contract/errors.ts';
import { type Account, AccountName, accountUnknown, RoleSchema } from '../auth/account-store.ts';
import { checkPassword, oneTimePassword } from '../auth/passwords.ts';
import { checkChange, checkCreate, checkReset, mayChange, rolesToGive, type MayChange } from './account-keepers.ts';
import { closed, defineAction, type Action } from './action.ts';
import { permissionsOf } from './permissions.ts';
import type { ControlServices } from './services.ts';

const Password = Type.String({ minLength: 1, maxLength: 1000 });
const DisplayName = Type.String({ minLength: 1, maxLength: 200 });
const Roles = Type.Array(RoleSchema, { maxItems: 10, uniqueItems: true });
const byName = Type.Object({ name: AccountName }, closed);
const DAY_MS = 86_400_000;

export interface AccountItem extends Account {
  /** What the asking side may do to it. */
  readonly mayChange: MayChange;
}

export interface AccountList {
  readonly items: readonly AccountItem[];
  /** Roles that the asking side may give to a new account. */
  readonly mayGive: readonly Role[];
}

export function accountActions(services: ControlServices): readonly Action[] {
  return [...ownActions(services), ...tokenActions(services), ...administration(services)];
}

function ownActions({ accounts, sessions, checkLogin }: ControlServices): readonly Action[] {
  return [
    defineAction({
      name: 'me.get',
      right: 'self',
      text: { 'zh-CN': '我是谁，我能做什么', en: 'Who am I and what may I do' },
      input: Type.Object({}, closed),
      audited: false,
      run: async ({ actor }) => ({
        name: actor.account,
        roles: actor.roles,
        permissions: [...permissionsOf(actor.roles)].sort(),
        mustChangePassword: actor.mustChangePassword ?? false,
        via: actor.via,
      }),
    }),
    defineAction({
      name: 'me.change-password',
      right: 'self',
      text: { 'zh-CN': '修改自己的密码，其他会话随之结束', en: 'Change the own password; other sessions end' },
      input: Type.Object({ oldPassword: Password, newPassword: Password }, closed),
      audited: true,
      async run({ actor }, { oldPassword, newPassword }) {
        await checkLogin(actor.account, oldPassword, actor.from);
        if (newPassword === oldPassword)
          throw new AppError('PASSWORD_SAME', 'input', 'The new password is the old one.', { fix: 'Choose another.' });
        checkPassword(newPassword, actor.account);
        await accounts.setPassword(actor.account, newPassword, false);
        return { changed: true, sessionsEnded: await sessions.endAll(actor.account, actor.sessionId) };
      },
    }),
    defineAction({
      name: 'me.logout',
      right: 'self',
      text: { 'zh-CN': '退出', en: 'Log out' },
      input: Type.Object({}, closed),
      audited: true,
      run: async ({ actor }) => ({ ended: actor.sessionId === undefined ? false : await sessions.end(actor.sessionId, actor.account) }),
    }),
  ];
}

function tokenActions({ sessions }: ControlServices): readonly Action[] {
  return [
    defineAction({
      name: 'me.sessions',
      right: 'member',
      text: { 'zh-CN': '我的会话与令牌', en: 'Own sessions and tokens' },
      input: Type.Object({}, closed),
      audited: false,
      run: async ({ actor }) => ({
        items: (await sessions.list(actor.account)).map(({ _id, account: _account, ...session }) => ({
          id: _id,
          ...session,
          current: _id === actor.sessionId,
        })),
      }),
    }),
    defineAction({
      name: 'me.create-token',
      right: 'member',
      text: { 'zh-CN': '为命令行签发令牌，只显示这一次', en: 'Issue a token for the command line; shown only this once' },
      input: Type.Object(
        {
          label: Type.String({ minLength: 1, maxLength: 100 }),
          days: Type.Optional(Type.Integer({ minimum: 1, maximum: 90, default: 30 })),
        },
        closed,
      ),
      audited: true,
      subject: ({ label }) => label,
      async run({ actor }, { label, days = 30 }) {
        if (actor.via === 'token')
          throw new AppError('TOKEN_BY_TOKEN', 'input', 'A token cannot issue another.', { fix: 'Log in with the password.' });
        const { secret, session } = await sessions.issueToken(actor.account, label, days * DAY_MS);
        return { token: secret, id: session._id, expiresAt: session.expiresAt };
      },
    }),
    defineAction({
      name: 'me.end-session',
      right: 'member',
      text: { 'zh-CN': '结束一个会话或令牌', en: 'End a session or token' },
      input: Type.Object({ id: Type.String({ maxLength: 100 }) }, closed),
      audited: true,
      run: async ({ actor }, { id }) => ({ ended: await sessions.end(id, actor.account) }),
    }),
  ];
}

function administration({ accounts, sessions }: ControlServices): readonly Action[] {
  return [
    defineAction({
      name: 'accounts.list',
      right: 'accounts.read',
      text: { 'zh-CN': '账号列表', en: 'List accounts' },
      input: Type.Object({}, closed),
      audited: false,
      run: async ({ actor }): Promise<AccountList> => {
        const all = await accounts.list();
        return {
          items: all.map((account) => ({ ...account, mayChange: mayChange(actor, account, all) })),
          mayGive: rolesToGive(actor, all),
        };
      },
    }),
    defineAction({
      name: 'accounts.create',
      right: 'accounts.edit',
      text: { 'zh-CN': '创建账号，给出一次性密码', en: 'Create an account with a one-time password' },
      input: Type.Object({ name: AccountName, displayName: DisplayName, roles: Roles }, closed),
      audited: true,
      subject: ({ name }) => name,
      async run(ctx, { name, displayName, roles }) {
        checkCreate(ctx.actor, roles, await accounts.list());
        const password = oneTimePassword();
        const account = await accounts.create({ name, displayName, roles, mustChangePassword: true }, password);
        ctx.note.after = { roles };
        return { account, oneTimePassword: password };
      },
    }),
    defineAction({
      name: 'accounts.update',
      right: 'accounts.edit',
      text: { 'zh-CN': '修改账号的角色或停用', en: "Change an account's roles or disable it" },
      input: Type.Object(
        { name: AccountName, displayName: DisplayName, roles: Roles, disabled: Type.Boolean(), revision: Type.Integer({ minimum: 0 }) },
        closed,
      ),
      audited: true,
      subject: ({ name }) => name,
      async run(ctx, { name, displayName, roles, disabled, revision }) {
        const before = await accounts.get(name);
        if (before === undefined) throw accountUnknown(name);
        checkChange(ctx.actor, before, { displayName, roles, disabled }, await accounts.list());
        const account = await accounts.update(name, { displayName, roles, disabled }, revision);
        ctx.note.before = { roles: before.roles, disabled: before.disabled };
        ctx.note.after = { roles, disabled };
        if (disabled) await sessions.endAll(name);
        return account;
      },
    }),
    defineAction({
      name: 'accounts.reset-password',
      right: 'accounts.edit',
      text: { 'zh-CN': '重置密码：一次性密码，会话全部结束', en: 'Reset a password: one-time, and all sessions end' },
      input: byName,
      audited: true,
      subject: ({ name }) => name,
      async run(ctx, { name }) {
        const account = await accounts.get(name);
        if (account === undefined) throw accountUnknown(name);
        checkReset(ctx.actor, account);
        const password = oneTimePassword();
        await accounts.setPassword(name, password, true);
        await sessions.endAll(name);
        return { name, oneTimePassword: password };
      },
    }),
  ];
}
