/** Accounts as administrators manage them. */
import { Type } from 'typebox';
import type { Role } from '../../engine/contract/access/access.ts';
import { Domains } from '../../engine/contract/values/domain.ts';
import { AppError } from '../../engine/contract/values/errors.ts';
import { PLAIN_LINE } from '../../engine/contract/values/plain-text.ts';
import { type Account, AccountName, type AccountStore, accountUnknown, RoleSchema } from '../auth/account-store.ts';
import { oneTimePassword } from '../auth/passwords.ts';
import { checkChange, checkCreate, checkEnd, checkReset, mayChange, rolesToGive, type MayChange } from './account-keepers.ts';
import { closed, defineAction, type Action } from '../action/action.ts';
import { onlyPage, type Page, pageFields, pageOf } from '../action/pages.ts';
import { ownAccountActions, sessionPage } from './own-account.ts';
import type { SessionStore } from '../auth/session-store.ts';
import type { Clock } from '../../engine/contract/values/clock.ts';
import type { AccountPolicy } from '../auth/account-duties.ts';
import type { CheckLogin } from '../auth/login.ts';
import type { SecondFactors } from '../auth/second-factor.ts';
import type { ControlInfo } from '../action/control-info.ts';

export interface AccountServices {
  readonly clock: Clock;
  readonly accounts: AccountStore;
  readonly sessions: SessionStore;
  readonly checkLogin: CheckLogin;
  readonly secondFactors: SecondFactors;
  readonly accountPolicy: AccountPolicy;
  readonly info: ControlInfo;
}

const DisplayName = Type.String({ minLength: 1, maxLength: 200, pattern: PLAIN_LINE });
/**
 * Less strict than `DisplayName`, so that an account can still be disabled if its name was stored under older rules.
 */
const StoredDisplayName = Type.String({ minLength: 1, maxLength: 200 });
const Roles = Type.Array(RoleSchema, { maxItems: 10, uniqueItems: true });
const AccountDomains = Type.Optional({
  ...Domains,
  description: '`all`, or the domains that the account can see. If left out: all for a new account, unchanged for an existing one',
});
const byName = Type.Object({ name: AccountName }, closed);

export interface AccountItem extends Account {
  /** The changes that the acting person may make to the account. */
  readonly mayChange: MayChange;
}

export interface AccountList extends Page<AccountItem> {
  /** Roles that the acting person may give to a new account. */
  readonly mayGive: readonly Role[];
}

export function accountActions(services: AccountServices): readonly Action[] {
  return [
    ...ownAccountActions(services),
    listAccounts(services),
    createAccount(services),
    updateAccount(services),
    resetPassword(services),
    listSessions(services),
    endSessions(services),
    removeSecondFactor(services),
  ];
}

function listAccounts({ accounts }: AccountServices): Action {
  return defineAction({
    name: 'accounts.list',
    right: 'accounts.read',
    domain: 'all',
    text: { 'zh-CN': '账号列表', en: 'List accounts' },
    input: onlyPage,
    audited: false,
    run: async ({ actor }, wish): Promise<AccountList> => {
      const all = await accounts.list();
      const { items, ...rest } = pageOf(all, ({ name }) => [name], wish);
      return {
        items: items.map((account) => ({ ...account, mayChange: mayChange(actor, account, all) })),
        ...rest,
        mayGive: rolesToGive(actor, all),
      };
    },
  });
}

function createAccount({ accounts }: AccountServices): Action {
  return defineAction({
    name: 'accounts.create',
    right: 'accounts.edit',
    domain: 'all',
    text: { 'zh-CN': '创建账号，给出一次性密码', en: 'Create an account with a one-time password' },
    input: Type.Object({ name: AccountName, displayName: DisplayName, roles: Roles, domains: AccountDomains }, closed),
    audited: true,
    stepUp: true,
    subject: ({ name }) => name,
    async run(ctx, { name, displayName, roles, domains = 'all' }) {
      checkCreate(ctx.actor, { roles, domains }, await accounts.list());
      const password = oneTimePassword();
      const account = await accounts.create({ name, displayName, roles, domains, mustChangePassword: true }, password);
      ctx.note.after = { roles, domains };
      return { account, oneTimePassword: password };
    },
  });
}

function updateAccount({ accounts, sessions }: AccountServices): Action {
  return defineAction({
    name: 'accounts.update',
    right: 'accounts.edit',
    domain: 'all',
    text: { 'zh-CN': '修改账号的角色、服务域或停用', en: "Change an account's roles or domains, or disable it" },
    input: Type.Object(
      {
        ...{ name: AccountName, displayName: StoredDisplayName, roles: Roles, domains: AccountDomains },
        ...{ disabled: Type.Boolean(), revision: Type.Integer({ minimum: 0 }) },
      },
      closed,
    ),
    audited: true,
    stepUp: true,
    subject: ({ name }) => name,
    async run(ctx, { name, displayName, roles, disabled, revision, ...given }) {
      const before = await existing(accounts, name);
      if (displayName !== before.displayName) requirePlainName(displayName);
      const { domains = before.domains } = given;
      const change = { displayName, roles, domains, disabled };
      checkChange(ctx.actor, before, change, await accounts.list());
      const account = await accounts.update(name, change, revision);
      ctx.note.before = { roles: before.roles, domains: before.domains, disabled: before.disabled };
      ctx.note.after = { roles, domains, disabled };
      if (disabled) await sessions.endAll(name);
      return account;
    },
  });
}

function resetPassword({ accounts, sessions }: AccountServices): Action {
  return defineAction({
    name: 'accounts.reset-password',
    right: 'accounts.edit',
    domain: 'all',
    text: { 'zh-CN': '重置密码：一次性密码，会话全部结束', en: 'Reset a password to a one-time password; all sessions end' },
    input: byName,
    audited: true,
    stepUp: true,
    subject: ({ name }) => name,
    async run(ctx, { name }) {
      checkReset(ctx.actor, await existing(accounts, name));
      const password = oneTimePassword();
      await accounts.setPassword(name, password, true);
      await sessions.endAll(name);
      return { name, oneTimePassword: password };
    },
  });
}

function listSessions({ accounts, sessions }: AccountServices): Action {
  return defineAction({
    name: 'accounts.sessions',
    right: 'accounts.edit',
    domain: 'all',
    text: { 'zh-CN': '某账号的会话与令牌', en: 'Sessions and tokens of an account' },
    input: Type.Object({ name: AccountName, ...pageFields }, closed),
    audited: false,
    async run({ actor }, { name, ...wish }) {
      checkEnd(actor, await existing(accounts, name));
      return sessionPage(await sessions.list(name), actor, wish);
    },
  });
}

function endSessions({ accounts, sessions }: AccountServices): Action {
  return defineAction({
    name: 'accounts.end-sessions',
    right: 'accounts.edit',
    domain: 'all',
    text: { 'zh-CN': '结束某账号的一个或全部会话与令牌', en: 'End one session or token of an account, or all' },
    input: Type.Object({ name: AccountName, id: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })) }, closed),
    audited: true,
    stepUp: true,
    subject: ({ name }) => name,
    async run(ctx, { name, id }) {
      checkEnd(ctx.actor, await existing(accounts, name));
      const ended = id === undefined ? await sessions.endAll(name) : Number(await sessions.end(id, name));
      ctx.note.after = { ended };
      return { ended };
    },
  });
}

function removeSecondFactor({ accounts, sessions }: AccountServices): Action {
  return defineAction({
    name: 'accounts.remove-second-factor',
    right: 'accounts.edit',
    domain: 'all',
    text: {
      'zh-CN': '解除某账号的第二因素（手机遗失），会话全部结束',
      en: 'Remove the second factor of an account, for example after its phone is lost; all sessions end',
    },
    input: byName,
    audited: true,
    stepUp: true,
    subject: ({ name }) => name,
    async run({ actor }, { name }) {
      checkReset(actor, await existing(accounts, name));
      await accounts.removeSecondFactor(name);
      return { removed: true, sessionsEnded: await sessions.endAll(name) };
    },
  });
}

/** Rejects with ACCOUNT_UNKNOWN (input) if there is no account of this name. */
async function existing(accounts: AccountStore, name: string): Promise<Account> {
  const account = await accounts.get(name);
  if (account === undefined) throw accountUnknown(name);
  return account;
}

/** Throws INPUT_INVALID (input) if the name has control characters or characters that change the direction of text. */
function requirePlainName(displayName: string): void {
  if (new RegExp(PLAIN_LINE, 'u').test(displayName)) return;
  const message = 'The name must not contain control characters or characters that change the text direction.';
  throw new AppError('INPUT_INVALID', 'input', message, {
    values: { count: 1 },
    issues: [
      {
        ...{ path: '/displayName', code: 'INPUT_INVALID', message, severity: 'error' },
        values: { problem: 'control-characters', field: 'displayName' },
      },
    ],
    fix: 'Remove them.',
  });
}
