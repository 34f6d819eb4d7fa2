/** A person's own account: password, second factor, sessions and tokens. */
import { Type } from 'typebox';
import { PERMISSIONS, type Permission, type Role } from '../../engine/contract/access/access.ts';
import type { Domains } from '../../engine/contract/values/domain.ts';
import { AppError } from '../../engine/contract/values/errors.ts';
import { PLAIN_LINE } from '../../engine/contract/values/plain-text.ts';
import { type AccountPolicy, createDutiesOf } from '../auth/account-duties.ts';
import type { AccountStore } from '../auth/account-store.ts';
import { checkPassword, verifyPassword } from '../auth/passwords.ts';
import { type SecondFactors, wrongCode } from '../auth/second-factor.ts';
import type { SessionStore, StoredSession } from '../auth/session-store.ts';
import { closed, defineAction, type Action } from '../action/action.ts';
import { onlyPage, type Page, pageOf, type PageQuery } from '../action/pages.ts';
import type { Actor } from '../access/actor.ts';
import { isAllowed } from '../access/permissions.ts';
import type { Clock } from '../../engine/contract/values/clock.ts';
import type { CheckLogin } from '../auth/login.ts';
import type { ControlInfo } from '../action/control-info.ts';

export interface OwnAccountServices {
  readonly clock: Clock;
  readonly accounts: AccountStore;
  readonly sessions: SessionStore;
  readonly checkLogin: CheckLogin;
  readonly secondFactors: SecondFactors;
  readonly accountPolicy: AccountPolicy;
  readonly info: ControlInfo;
}

/** The logged-in person and what they may do. */
export interface Me {
  readonly name: string;
  readonly roles: readonly Role[];
  readonly domains: Domains;
  readonly permissions: readonly Permission[];
  readonly mustChangePassword: boolean;
  readonly mustSetUpSecondFactor: boolean;
  readonly hasSecondFactor: boolean;
  /** True if every user must have a second factor. */
  readonly isSecondFactorDemanded: boolean;
  readonly isPasswordOneTime: boolean;
  /** Absent if passwords do not expire. */
  readonly passwordExpiresAt?: number;
  readonly via: Actor['via'];
  /** The environment whose adapter settings are used. */
  readonly environment: string;
}

/** The public part of a session or token. */
export interface SessionLine extends Omit<StoredSession, '_id' | 'account' | 'secondFactorAt'> {
  readonly id: string;
  /** True for the session or token of the current request. */
  readonly current: boolean;
}

const Password = Type.String({ minLength: 1, maxLength: 1000 });
const Code = Type.String({ minLength: 6, maxLength: 40 });
const DAY_MS = 86_400_000;
const MOST_TOKEN_DAYS = 366;
/**
 * Rights that only dangerous actions use. These actions require the password again, so a token cannot run them and does
 * not get these rights.
 */
const NOT_OF_TOKENS: ReadonlySet<Permission> = new Set(['secrets.reveal']);

export function ownAccountActions(services: OwnAccountServices): readonly Action[] {
  return [
    getOwnAccount(services),
    changePassword(services),
    logOut(services),
    beginSecondFactor(services),
    confirmSecondFactor(services),
    removeOwnSecondFactor(services),
    listOwnSessions(services),
    endOwnSession(services),
    endOtherSessions(services),
    createToken(services),
  ];
}

function getOwnAccount({ accounts, accountPolicy, clock, info }: OwnAccountServices): Action {
  const dutiesOf = createDutiesOf(accountPolicy, clock);
  return defineAction({
    name: 'me.get',
    right: 'self',
    domain: 'none',
    text: { 'zh-CN': '我是谁，我能做什么', en: 'The logged-in account and its rights' },
    input: Type.Object({}, closed),
    audited: false,
    async run({ actor }): Promise<Me> {
      const account = await accounts.get(actor.account);
      return {
        name: actor.account,
        roles: actor.roles,
        domains: actor.domains,
        permissions: PERMISSIONS.filter((permission) => isAllowed(actor, permission)).sort(),
        mustChangePassword: actor.mustChangePassword ?? false,
        mustSetUpSecondFactor: actor.mustSetUpSecondFactor ?? false,
        hasSecondFactor: account?.hasSecondFactor ?? false,
        isSecondFactorDemanded: accountPolicy.requireSecondFactor,
        isPasswordOneTime: account?.mustChangePassword ?? false,
        ...(account === undefined ? {} : { passwordExpiresAt: dutiesOf(account).passwordExpiresAt }),
        via: actor.via,
        environment: info.environment,
      };
    },
  });
}

function changePassword({ accounts, sessions, checkLogin }: OwnAccountServices): Action {
  return defineAction({
    name: 'me.change-password',
    right: 'self',
    domain: 'none',
    text: { 'zh-CN': '修改自己的密码，其他会话随之结束', en: 'Change your own password; your other sessions end' },
    input: Type.Object({ oldPassword: Password, newPassword: Password }, closed),
    audited: true,
    async run({ actor }, { oldPassword, newPassword }) {
      await checkLogin(actor.account, oldPassword, actor.from, { hasCode: true, ofSession: true });
      if (newPassword === oldPassword)
        throw new AppError('PASSWORD_SAME', 'input', 'The new password is the same as the old one.', { fix: 'Choose another.' });
      checkPassword(newPassword, actor.account);
      await refuseFormer(accounts, actor.account, newPassword);
      await accounts.setPassword(actor.account, newPassword, false);
      return { changed: true, sessionsEnded: await sessions.endAll(actor.account, actor.sessionId) };
    },
  });
}

function logOut({ sessions }: OwnAccountServices): Action {
  return defineAction({
    name: 'me.logout',
    right: 'self',
    domain: 'none',
    text: { 'zh-CN': '退出', en: 'Log out' },
    input: Type.Object({}, closed),
    audited: true,
    run: async ({ actor }) => ({ ended: actor.sessionId === undefined ? false : await sessions.end(actor.sessionId, actor.account) }),
  });
}

/** Rejects with PASSWORD_REUSED (input) if the password is the current one or one of the last five before it. */
async function refuseFormer(accounts: AccountStore, name: string, password: string): Promise<void> {
  for (const former of await accounts.recentPasswords(name)) {
    if (!(await verifyPassword(password, former))) continue;
    throw new AppError('PASSWORD_REUSED', 'input', 'The new password is one of your last five.', {
      fix: 'Choose one that you have not used recently.',
    });
  }
}

function beginSecondFactor({ secondFactors }: OwnAccountServices): Action {
  return defineAction({
    name: 'me.begin-second-factor',
    right: 'self',
    domain: 'none',
    text: {
      'zh-CN': '开始设置第二因素：得到供验证器应用使用的密钥，只显示这一次',
      en: 'Begin to set up a second factor: returns the secret for the authenticator app, which is shown only once',
    },
    input: Type.Object({}, closed),
    audited: true,
    stepUp: true,
    run: ({ actor }) => secondFactors.begin(actor.account),
  });
}

function confirmSecondFactor({ sessions, secondFactors }: OwnAccountServices): Action {
  return defineAction({
    name: 'me.confirm-second-factor',
    right: 'self',
    domain: 'none',
    text: {
      'zh-CN': '以验证器应用的验证码启用第二因素；得到恢复码，其他会话随之结束',
      en: 'Turn the second factor on with a code from the app; returns recovery codes and ends your other sessions',
    },
    input: Type.Object({ code: Code }, closed),
    audited: true,
    async run({ actor }, { code }) {
      if (actor.via === 'token') throw wrongCode();
      const recoveryCodes = await secondFactors.confirm(actor.account, code);
      if (actor.sessionId !== undefined) await sessions.noteSecondFactor(actor.sessionId);
      return { recoveryCodes, sessionsEnded: await sessions.endAll(actor.account, actor.sessionId) };
    },
  });
}

function removeOwnSecondFactor({ accounts, accountPolicy }: OwnAccountServices): Action {
  return defineAction({
    name: 'me.remove-second-factor',
    right: 'member',
    domain: 'none',
    text: { 'zh-CN': '停用自己的第二因素', en: 'Turn off your own second factor' },
    input: Type.Object({}, closed),
    audited: true,
    stepUp: true,
    async run({ actor }) {
      if (accountPolicy.requireSecondFactor)
        throw new AppError('SECOND_FACTOR_DEMANDED', 'input', 'This installation requires a second factor for every account.', {
          fix: 'Set up a new one instead; it replaces this one. The setting KQ_REQUIRE_TOTP controls this.',
        });
      await accounts.removeSecondFactor(actor.account);
      return { removed: true };
    },
  });
}

export function sessionPage(sessions: readonly StoredSession[], actor: Actor, wish: PageQuery): Page<SessionLine> {
  const shown = sessions.map(({ _id, account: _account, secondFactorAt: _shown, ...session }) => ({
    id: _id,
    ...session,
    current: _id === actor.sessionId,
  }));
  return pageOf(shown, ({ id }) => [id], wish);
}

function listOwnSessions({ sessions }: OwnAccountServices): Action {
  return defineAction({
    name: 'me.sessions',
    right: 'member',
    domain: 'none',
    text: { 'zh-CN': '我的会话与令牌', en: 'Your sessions and tokens' },
    input: onlyPage,
    audited: false,
    run: async ({ actor }, wish) => sessionPage(await sessions.list(actor.account), actor, wish),
  });
}

function endOwnSession({ sessions }: OwnAccountServices): Action {
  return defineAction({
    name: 'me.end-session',
    right: 'member',
    domain: 'none',
    text: { 'zh-CN': '结束一个会话或令牌', en: 'End a session or token' },
    input: Type.Object({ id: Type.String({ maxLength: 100 }) }, closed),
    audited: true,
    run: async ({ actor }, { id }) => ({ ended: await sessions.end(id, actor.account) }),
  });
}

function endOtherSessions({ sessions }: OwnAccountServices): Action {
  return defineAction({
    name: 'me.end-other-sessions',
    right: 'member',
    domain: 'none',
    text: { 'zh-CN': '结束当前以外的全部会话与令牌', en: 'End every session and token except the current one' },
    input: Type.Object({}, closed),
    audited: true,
    run: async ({ actor }) => ({ ended: await sessions.endAll(actor.account, actor.sessionId) }),
  });
}

function createToken({ sessions }: OwnAccountServices): Action {
  return defineAction({
    name: 'me.create-token',
    right: 'member',
    domain: 'none',
    text: { 'zh-CN': '为命令行签发令牌，只显示这一次', en: 'Issue a token for the command line; it is shown only once' },
    input: Type.Object(
      {
        label: Type.String({ minLength: 1, maxLength: 100, pattern: PLAIN_LINE }),
        days: Type.Optional(Type.Integer({ minimum: 1, maximum: MOST_TOKEN_DAYS, default: 30 })),
        rights: Type.Optional(
          Type.Array(Type.Enum(PERMISSIONS), {
            minItems: 1,
            maxItems: PERMISSIONS.length,
            uniqueItems: true,
            description:
              'The rights of the token, out of your own; absent: all of them. A token can never do actions that ask for the password again',
          }),
        ),
      },
      closed,
    ),
    audited: true,
    stepUp: true,
    subject: ({ label }) => label,
    async run({ actor, note }, { label, days = 30, rights }) {
      for (const right of rights ?? []) checkGiven(actor, right);
      const { secret, session } = await sessions.issueToken(actor.account, label, days * DAY_MS, rights);
      note.after = { rights: rights ?? 'all', expiresAt: session.expiresAt };
      return { token: secret, id: session._id, expiresAt: session.expiresAt, ...(rights === undefined ? {} : { rights }) };
    },
  });
}

/** Throws TOKEN_RIGHT (input) if the owner lacks the right, or if no token may have it. */
function checkGiven(actor: Actor, right: Permission): void {
  if (isAllowed(actor, right) && !NOT_OF_TOKENS.has(right)) return;
  throw new AppError('TOKEN_RIGHT', 'input', `A token of yours cannot have the right ${right}.`, {
    values: { right },
    fix: 'Choose rights that your own roles give; a token can never have the right to reveal secrets.',
  });
}
