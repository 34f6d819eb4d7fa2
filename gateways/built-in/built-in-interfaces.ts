/** Interfaces that the product itself answers. No grant is needed for them, and operators need not create them. */
import type { Front } from '../../engine/contract/access/access.ts';
import { toErrorRecord } from '../../engine/contract/values/errors.ts';
import type { Clock } from '../../engine/contract/values/clock.ts';
import type { Answer, Exchange, GatewayError } from '../contract.ts';
import type { InterfaceDocument } from '../documents/interface-document.ts';
import { refuse } from '../errors.ts';
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
    document: describe('ifc_builtin_platform_keys', 'open', 'GET', '/open/v1/platform-keys', {}),
    answer: answerPlatformKeys,
  },
  {
    // The key of a session is worth as much as the signatures that it replaces. So only SM2 may ask for one, and the
    // answer is always encrypted.
    document: describe('ifc_builtin_sessions', 'open', 'POST', '/open/v1/sessions', {
      signature: { nonRepudiation: true },
      envelope: { answer: 'always' },
    }),
    answer: openAppSession,
  },
  { document: describe('ifc_builtin_login', 'user', 'POST', '/user/v1/sessions', {}), answer: openUserSession },
  { document: describe('ifc_builtin_logout', 'user', 'DELETE', '/user/v1/sessions', {}), answer: endUserSessions },
];
const BY_ID = new Map(BUILT_IN.map((builtIn) => [builtIn.document.interfaceId, builtIn]));

/**
 * Returns the built-in interfaces of a front. An interface that an operator has published at the same place, also by a
 * parameter in its path, takes precedence.
 */
export function builtInOf(front: Front, published: readonly InterfaceDocument[]): readonly InterfaceDocument[] {
  const isTaken = ({ method, path, interfaceId }: InterfaceDocument) =>
    published.some((other) => other.interfaceId === interfaceId || (other.method === method && covers(other.path, path)));
  return BUILT_IN.flatMap(({ document }) => (document.front === front && !isTaken(document) ? [document] : []));
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
  const { keyId, fingerprint } = claim!.key.document;
  const made = await sessions.create({ front: 'open', appId: app!.appId, ip: clientIp, signedBy: { keyId, fingerprint } });
  return made === undefined ? TOO_MANY : toJson(201, { ...made, scheme: 'HMAC-SM3' });
}

async function openUserSession({ user, claim, plan }: Exchange, { sessions }: BuiltInDeps): Promise<Answer | GatewayError> {
  // A session must not prolong itself.
  if (claim !== undefined || user === undefined) return refuse('GW40101');
  if (plan.defaultApp === undefined) return refuse('GW40301');
  const { iat, exp } = user;
  const endedAt = await sessions.endedAt(user);
  if (endedAt > 0 && !(typeof iat === 'number' && iat > endedAt / 1000)) return LOGGED_OUT;
  const { appId } = plan.defaultApp;
  const made = await sessions.create({ front: 'user', appId, user }, Math.floor(Number(exp) * 1000));
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

function covers(pattern: string, path: string): boolean {
  const [segments, wanted] = [pattern.split('/'), path.split('/')];
  return segments.length === wanted.length && segments.every((segment, i) => segment.startsWith(':') || segment === wanted[i]);
}

function describe(
  interfaceId: string,
  front: Front,
  method: InterfaceDocument['method'],
  path: string,
  policies: NonNullable<InterfaceDocument['policies']>,
): InterfaceDocument {
  return {
    ...{ interfaceId, revision: 0, name: { 'zh-CN': '平台自身接口', en: 'Built-in interface' }, domain: 'platform', front, method, path },
    // Never called: the call stage of a built-in interface is `createBuiltInCall`.
    target: { kind: 'flow', flowId: 'flw_builtin' },
    ...{ state: 'online', timeoutMs: 5000, timeoutRetries: 0, exceptionRetries: 0, bodyLimitBytes: 65_536, log: 'none', policies },
  };
}
