/** Interfaces that the product itself answers. No grant is needed for them, and operators need not create them. */
import type { Front } from '../../engine/contract/access/access.ts';
import { toErrorRecord } from '../../engine/contract/values/errors.ts';
import type { Clock } from '../../engine/contract/values/clock.ts';
import type { Answer, Exchange, GatewayError } from '../contract.ts';
import type { InterfaceDocument } from '../documents/interface-document.ts';
import { refuse } from '../errors.ts';
import { findReserved, RESERVED_IDS, RESERVED_PATHS } from '../routes/reserved-routes.ts';
import type { RunCall } from '../pipeline/compile-interface.ts';
import type { Sessions } from '../shared/identity/sessions.ts';

interface BuiltInDeps {
  readonly sessions: Sessions;
  readonly clock: Clock;
}

type AnswerBuiltIn = (exchange: Exchange, deps: BuiltInDeps) => Answer | GatewayError | Promise<Answer | GatewayError>;

interface BuiltIn {
  readonly document: InterfaceDocument;
  readonly answer: AnswerBuiltIn;
}

const BUILT_IN: readonly BuiltIn[] = [
  {
    document: describe('platform_keys', 'GET', RESERVED_PATHS.platformKeys, {}),
    answer: answerPlatformKeys,
  },
  {
    // The key of a session is worth as much as the signatures that it replaces. So only SM2 may ask for one, and the
    // answer is always encrypted.
    document: describe('sessions', 'POST', RESERVED_PATHS.appSessions, {
      signature: { nonRepudiation: true },
      envelope: { answer: 'always' },
    }),
    answer: openAppSession,
  },
  { document: describe('login', 'POST', RESERVED_PATHS.userSessions, {}), answer: openUserSession },
  { document: describe('logout', 'DELETE', RESERVED_PATHS.userSessions, {}), answer: endUserSessions },
];
const BY_ID = new Map(BUILT_IN.map((builtIn) => [builtIn.document.interfaceId, builtIn]));

/**
 * Returns the interfaces that a front serves: the built-in ones and the published ones. What is published at a reserved
 * place is left out. An interface of one domain would otherwise answer the logins of all.
 */
export function withBuiltIn(front: Front, published: readonly InterfaceDocument[]): readonly InterfaceDocument[] {
  const builtIn = BUILT_IN.map(({ document }) => document).filter((document) => document.front === front);
  return [...published.filter((document) => findReserved(document) === undefined), ...builtIn];
}

export function isBuiltIn(document: InterfaceDocument): boolean {
  return BY_ID.get(document.interfaceId)?.document === document;
}

/** Creates the call stage of a built-in interface. */
export function createBuiltInCall({ interfaceId }: InterfaceDocument, deps: BuiltInDeps): RunCall {
  const { answer } = BY_ID.get(interfaceId)!;
  return async (exchange) => {
    try {
      const result = await answer(exchange, deps);
      if ('code' in result) exchange.error = result;
      else exchange.answer = result;
    } catch (error) {
      // Whether a session was stored does not matter: nobody has its key.
      if (toErrorRecord(error).kind !== 'transient') throw error;
      exchange.error = refuse('GW50303');
    }
  };
}

function answerPlatformKeys({ plan }: Exchange, { clock }: BuiltInDeps): Answer {
  const keys = plan.platformKeys.filter(({ expiresAt = Infinity }) => clock.now() < expiresAt);
  return toJson(200, { signer: plan.platformKey?.keyId, keys });
}

async function openAppSession({ app, claim, clientIp }: Exchange, { sessions }: BuiltInDeps): Promise<Answer | GatewayError> {
  if (claim?.kind !== 'kq1') return refuse('GW40105');
  const { keyId, fingerprint } = claim.key.document;
  const made = await sessions.create({ front: 'open', appId: app!.appId, ip: clientIp, signedBy: { keyId, fingerprint } });
  return made === undefined ? TOO_MANY : toJson(201, { ...made, scheme: 'HMAC-SM3' });
}

async function openUserSession({ user, tokenKey, claim, plan }: Exchange, { sessions }: BuiltInDeps): Promise<Answer | GatewayError> {
  // A session must not prolong itself.
  if (claim !== undefined || user === undefined || tokenKey === undefined) return refuse('GW40101');
  if (plan.defaultApp === undefined) return refuse('GW40301');
  const { iat, exp } = user;
  const endedAt = await sessions.endedAt(user);
  if (endedAt > 0 && !(typeof iat === 'number' && iat > endedAt / 1000)) return LOGGED_OUT;
  const { appId } = plan.defaultApp;
  const made = await sessions.create({ front: 'user', appId, user, tokenKey }, Math.floor(Number(exp) * 1000));
  return made === undefined ? TOO_MANY : toJson(201, { ...made, appId, scheme: 'HMAC-SM3' });
}

async function endUserSessions({ user }: Exchange, { sessions }: BuiltInDeps): Promise<Answer> {
  await sessions.endAllOf(user!);
  return { status: 204, headers: {}, body: undefined };
}

const TOO_MANY = refuse('GW42901', {
  text: {
    'zh-CN': '半小时内新建的会话过多：请在会话有效期内重复使用，不要每次请求都新建',
    en: 'Too many sessions were opened within half an hour: use a session until it ends instead of a new one for each request.',
  },
  retryAfterSec: 60,
});
const LOGGED_OUT = refuse('GW40101', {
  text: {
    'zh-CN': '用户已退出登录，此前签发的令牌不能再建立会话：请重新登录获取新令牌',
    en: 'The user has logged out, and tokens from before open no sessions: log in again for a new token.',
  },
});

function toJson(status: number, value: unknown): Answer {
  const headers = { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' };
  return { status, headers, body: Buffer.from(JSON.stringify(value)) };
}

function describe(
  name: string,
  method: InterfaceDocument['method'],
  { front, path }: Pick<InterfaceDocument, 'front' | 'path'>,
  policies: NonNullable<InterfaceDocument['policies']>,
): InterfaceDocument {
  return {
    ...{
      interfaceId: `${RESERVED_IDS}${name}`,
      revision: 0,
      name: { 'zh-CN': '平台自身接口', en: 'Built-in interface' },
      domain: 'platform',
      front,
      method,
      path,
    },
    // Never called: the call stage of a built-in interface is `createBuiltInCall`.
    target: { kind: 'flow', flowId: 'flw_builtin' },
    ...{ state: 'online', timeoutMs: 5000, timeoutRetries: 0, exceptionRetries: 0, bodyLimitBytes: 65_536, log: 'none', policies },
  };
}
