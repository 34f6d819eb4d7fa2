/**
 * The HTTP server of control: one Fastify with the admin API, its OpenAPI page, live events, health, metrics and the
 * console.
 */
import { isIPv6, type AddressInfo, type Server, type Socket } from 'node:net';
import cookie from '@fastify/cookie';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { Clock } from '../../engine/contract/values/clock.ts';
import { countPerAddress } from '../../engine/contract/calls/count-per-address.ts';
import { AppError } from '../../engine/contract/values/errors.ts';
import { createId } from '../../engine/contract/values/ids.ts';
import type { Logger } from '../../engine/contract/values/observe.ts';
import { LISTENER_CIPHERS } from '../../engine/contract/calls/tls-ciphers.ts';
import { blockListOf } from '../../engine/outbound/address-class.ts';
import type { Documents } from '../../engine/contract/ports/documents.ts';
import type { Action } from '../action/action.ts';
import type { Actor } from '../access/actor.ts';
import { requireAll, scopeOf } from '../access/domains.ts';
import { isAllowed } from '../access/permissions.ts';
import type { RunAction } from '../action/run-action.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import type { Refusals } from '../audit/refusals.ts';
import type { DutiesOf } from '../auth/account-duties.ts';
import type { AccountStore } from '../auth/account-store.ts';
import { collectChanges, type MarkChange } from '../../engine/integrity/mark-changes.ts';
import type { CheckLogin } from '../auth/login.ts';
import type { RecordRefusal } from '../auth/login-trail.ts';
import type { SessionStore } from '../auth/session-store.ts';
import type { CountWrongToken } from '../auth/wrong-tokens.ts';
import {
  checkSameOrigin,
  clearSessionCookie,
  createAuthenticate,
  sessionCookieName,
  setSessionCookie,
  type Authenticate,
} from './authenticate.ts';
import { sendError } from './errors.ts';
import { serveIcons } from './serve-icons.ts';
import type { EventHub, PageRights } from './event-hub.ts';
import { mountActions } from './mount-actions.ts';
import { serveApiPage } from './serve-api-page.ts';
import { refuseCostlyJson } from './refuse-costly-json.ts';
import { serveDesigner } from './serve-designer.ts';

export interface ControlServerDeps {
  readonly host: string;
  readonly port: number;
  readonly tls?: { readonly cert: string; readonly key: string } | undefined;
  readonly trustedProxies?: readonly string[];
  readonly version: string;
  readonly actions: readonly Action[];
  readonly run: RunAction;
  readonly accounts: AccountStore;
  readonly sessions: SessionStore;
  readonly checkLogin: CheckLogin;
  readonly recordRefusal: RecordRefusal;
  readonly countWrongToken: CountWrongToken;
  readonly refusals: Refusals;
  readonly dutiesOf: DutiesOf;
  readonly audit: AuditLog;
  readonly hub: EventHub;
  readonly documents: Documents;
  readonly clock: Clock;
  readonly metricsText: () => Promise<string>;
  readonly logger: Logger;
}

export interface ControlServer {
  readonly address: string;
  /** Waits up to 4 s for requests in flight, then closes all connections. */
  stop(): Promise<void>;
}

/** Maximum size of a request body without a login. */
const BODY_BYTES = 4096;
const STOP_MS = 4000;
/** Limits for slow or silent clients, so that they do not block the connections of others. */
const PATIENCE = { headersTimeout: 10_000, connectionsCheckingInterval: 1000 } as const;
const MOST_CONNECTIONS = 2000;
/**
 * Limit for one address: a browser opens six connections and its event stream, and a whole department may share one
 * address.
 */
const MOST_CONNECTIONS_PER_ADDRESS = 500;
/** Replaces the schema compilers of the framework, which are not needed and would slow down the start. */
const NO_COMPILERS = {
  buildValidator: () => {
    throw new TypeError('the server sets its validator itself');
  },
  buildSerializer: () => () => (data: unknown) => JSON.stringify(data),
};
const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
const LOOPBACK = new Set(['127.0.0.1', '::1', '::ffff:127.0.0.1']);

export async function startControlServer(deps: ControlServerDeps): Promise<ControlServer> {
  refusePlain(deps);
  const app = createApp(deps);
  addSecurityHeaders(app, deps.tls !== undefined);
  serveIcons(app);
  app.setErrorHandler((error, _request, reply) => sendError(error, reply, deps.logger));
  // Refuse an unknown path at once, without reading the body: no route would use it.
  app.addHook('onRequest', async ({ is404 }) => {
    if (is404) throw routeUnknown();
  });
  app.setNotFoundHandler((_request, reply) => sendError(routeUnknown(), reply, deps.logger));
  await app.register(cookie);
  const isTls = deps.tls !== undefined;
  const authenticate = createAuthenticate({ ...deps, isTls });
  const api = async (scope: FastifyInstance) => addApi(scope, deps, authenticate);
  await app.register(api, { prefix: '/api/v1' });
  serveApiPage(app, { version: deps.version, csp: CSP, cookieName: sessionCookieName(isTls), api });
  addHealth(app, deps, authenticate);
  await serveDesigner(app, CSP);
  await app.listen({ host: deps.host, port: deps.port });
  return { address: addressOf(app, deps), stop: () => stop(app, deps.hub) };
}

function routeUnknown(): AppError {
  return new AppError('ROUTE_UNKNOWN', 'input', 'This address does not exist.', { fix: 'The API is described at /api/docs.' });
}

/**
 * Throws LISTEN_PLAIN_REFUSED (input) if control would listen beyond this machine without TLS: a password must never be
 * sent in clear text over a network.
 */
function refusePlain({ host, tls }: ControlServerDeps): void {
  if (tls !== undefined || LOOPBACK.has(host) || host === 'localhost') return;
  throw new AppError('LISTEN_PLAIN_REFUSED', 'input', `Control does not listen on ${host} without TLS.`, {
    values: { host },
    fix: 'Configure a certificate, or bind it to 127.0.0.1.',
  });
}

function createApp({ tls, trustedProxies = [] }: ControlServerDeps): FastifyInstance {
  const options = {
    ...(trustedProxies.length === 0 ? {} : { trustProxy: [...trustedProxies] }),
    bodyLimit: BODY_BYTES,
    requestTimeout: 30_000,
    keepAliveTimeout: 30_000,
    genReqId: () => createId('req'),
    forceCloseConnections: 'idle',
    return503OnClosing: true,
    routerOptions: { maxParamLength: 200 },
    schemaController: { compilersFactory: NO_COMPILERS },
  } as const;
  const secure =
    tls === undefined
      ? {}
      : {
          https: {
            ...tls,
            ...PATIENCE,
            minVersion: 'TLSv1.2',
            ciphers: LISTENER_CIPHERS,
            handshakeTimeout: PATIENCE.headersTimeout,
          } as const,
        };
  const app: FastifyInstance = Fastify({ ...options, http: PATIENCE, ...secure });
  // Let every input pass here: the action itself checks it, and the schemas of routes only describe it.
  app.setValidatorCompiler(() => () => true);
  boundConnections(app.server, trustedProxies);
  const parse = app.getDefaultJsonParser('error', 'error');
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, text: string, done) => {
    const tooCostly = refuseCostlyJson(text);
    if (tooCostly !== undefined) return done(tooCostly);
    void parse(request, text, (error, body) => done(error !== null && isJson(text) ? refusedKey(error) : error, body));
  });
  return app;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/**
 * Returns the error for JSON with a key such as `__proto__`. The framework reports the same error for a body that is
 * not JSON.
 */
function refusedKey(cause: Error): AppError {
  return new AppError(
    'REQUEST_MALFORMED',
    'input',
    'The body contains a key that is not allowed: __proto__, or constructor with prototype in it.',
    {
      ...{ values: { problem: 'key' }, fix: 'Use another key.', cause },
    },
  );
}

/**
 * Limits the connections in total and per address, so that one client cannot lock others out. Trusted proxies have no
 * limit per address, because many people share them.
 */
function boundConnections(server: Server, trustedProxies: readonly string[]): void {
  server.maxConnections = MOST_CONNECTIONS;
  const perAddress = countPerAddress(MOST_CONNECTIONS_PER_ADDRESS);
  const proxies = blockListOf(trustedProxies);
  server.on('connection', (socket: Socket) => {
    const address = socket.remoteAddress ?? '';
    if (proxies.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')) return;
    if (perAddress.enter(address)) socket.once('close', () => perAddress.leave(address));
    else socket.destroy();
  });
}

function addSecurityHeaders(app: FastifyInstance, isTls: boolean): void {
  app.addHook('onRequest', async (_request, reply) => {
    reply.headers({
      'content-security-policy': CSP,
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'cache-control': 'no-store',
      ...(isTls ? { 'strict-transport-security': 'max-age=31536000' } : {}),
    });
  });
}

function addApi(api: FastifyInstance, deps: ControlServerDeps, authenticate: Authenticate): void {
  const isTls = deps.tls !== undefined;
  addLogin(api, deps, isTls);
  mountActions(api, {
    ...deps,
    authenticate,
    afterAction: (name, reply) => {
      if (name === 'me.logout') clearSessionCookie(reply, isTls);
    },
  });
  api.get('/events', { schema: { operationId: 'events', summary: '实时事件 (SSE)', tags: ['system'] } }, async (request, reply) => {
    const actor = await authenticate(request);
    await deps.refusals.watch('events', actor, () => requireSystemRead(actor));
    deps.hub.requireRoom(actor.account);
    reply.hijack();
    reply.raw.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
    const { flow } = request.query as { readonly flow?: unknown };
    deps.hub.add(reply.raw, {
      account: actor.account,
      rights: rightsOfPage(actor),
      look: () => currentRights(deps, actor),
      flowId: typeof flow === 'string' ? flow : undefined,
    });
    return reply;
  });
}

/**
 * Returns the current rights of the page; undefined if the session has ended or the account may no longer receive
 * events.
 */
async function currentRights({ sessions, accounts }: ControlServerDeps, actor: Actor): Promise<PageRights | undefined> {
  const [isLive, account] = await Promise.all([sessions.isLive(actor.sessionId ?? ''), accounts.get(actor.account)]);
  const now = { ...actor, roles: account?.roles ?? [], domains: account?.domains ?? [] };
  return isLive && account?.disabled === false && isAllowed(now, 'system.read') ? rightsOfPage(now) : undefined;
}

function rightsOfPage(actor: Actor): PageRights {
  return { seesFlows: isAllowed(actor, 'flows.read'), domains: actor.domains };
}

function addLogin(
  api: FastifyInstance,
  { checkLogin, recordRefusal: tellRefused, sessions, audit, dutiesOf, clock }: ControlServerDeps,
  isTls: boolean,
): void {
  const Login = Type.Object(
    {
      name: Type.String({ minLength: 1, maxLength: 64 }),
      password: Type.String({ minLength: 1, maxLength: 1000 }),
      code: Type.Optional(
        Type.String({ maxLength: 40, description: 'Code of the second factor; needed after the error LOGIN_CODE_REQUIRED' }),
      ),
    },
    { additionalProperties: false },
  );
  const schema = {
    operationId: 'login',
    summary: '登录',
    description: 'Log in; sets the session cookie.',
    tags: ['me'],
    security: [],
    body: Login,
  };
  api.withTypeProvider<TypeBoxTypeProvider>().post('/login', { schema }, async (request, reply) => {
    checkSameOrigin(request, isTls);
    const { name, password, code } = readLogin(request.body);
    const marks: MarkChange[] = [];
    // A login may use up a recovery code and so change the account. Collect this change for the audit line.
    const account = await collectChanges(marks, () => checkLogin(name, password, request.ip, { code })).catch(async (error: unknown) => {
      await tellRefused(error, request.ip);
      throw error;
    });
    const actor = { account: account.name, roles: account.roles, domains: account.domains, via: 'session', from: request.ip } as const;
    const intent = await audit.intent({ action: 'login', actor });
    const shown = account.hasSecondFactor ? { secondFactorAt: clock.now() } : {};
    const { secret } = await collectChanges(marks, () => sessions.open(account.name, { from: request.ip, ...shown }));
    await audit.result(intent, { outcome: 'done', note: {}, marks });
    setSessionCookie(reply, secret, isTls);
    return { name: account.name, roles: account.roles, ...dutiesOf(account) };
  });
}

function readLogin(body: unknown): { readonly name: string; readonly password: string; readonly code?: string } {
  const { name, password, code } = (body ?? {}) as Record<string, unknown>;
  const isText = (value: unknown, most: number): value is string => typeof value === 'string' && value.length > 0 && value.length <= most;
  if (isText(name, 64) && isText(password, 1000))
    return { name: name.trim().toLowerCase(), password, ...(isText(code, 40) ? { code } : {}) };
  throw new AppError('INPUT_INVALID', 'input', 'Name and password are required.', { fix: 'Send {"name", "password"}.' });
}

function addHealth(app: FastifyInstance, { documents, metricsText, refusals }: ControlServerDeps, authenticate: Authenticate): void {
  app.get('/healthz', { schema: { hide: true } }, async () => ({ status: 'up' }));
  app.get('/readyz', { schema: { hide: true } }, async () => {
    await documents.ping();
    return { status: 'ready' };
  });
  app.get('/metrics', { schema: { hide: true } }, async (request, reply) => {
    if (!isLocal(request)) {
      const actor = await authenticate(request);
      await refusals.watch('metrics', actor, () => requireMetricsRight(actor));
    }
    return reply.type('text/plain; version=0.0.4; charset=utf-8').send(await metricsText());
  });
}

/**
 * Returns true for a request made directly on this machine. A proxy on this machine would add a header with the
 * client's address. A page whose domain name was pointed at this machine (DNS rebinding) sends that name as the host.
 */
function isLocal({ ip, hostname, headers }: FastifyRequest): boolean {
  const isOwnName = LOOPBACK.has(hostname.replace(/^\[(.*)\]$/, '$1')) || hostname === 'localhost';
  return (
    LOOPBACK.has(ip) &&
    isOwnName &&
    headers['x-forwarded-for'] === undefined &&
    headers.forwarded === undefined &&
    headers.origin === undefined
  );
}

function requireSystemRead(actor: Actor): void {
  const isReady = actor.mustChangePassword !== true && actor.mustSetUpSecondFactor !== true;
  if (isReady && isAllowed(actor, 'system.read')) return;
  throw new AppError('PERMISSION_DENIED', 'input', 'This requires the right system.read.', {
    values: { permission: 'system.read' },
    fix: 'Ask for a role that includes it.',
  });
}

/**
 * Throws PERMISSION_DENIED or DOMAINS_ALL_NEEDED (input) unless the person has `system.read` and all domains: the
 * metrics name flows and interfaces of every domain.
 */
function requireMetricsRight(actor: Actor): void {
  requireSystemRead(actor);
  requireAll(scopeOf(actor.domains));
}

function addressOf(app: FastifyInstance, { host, tls }: ControlServerDeps): string {
  const { port } = app.server.address() as AddressInfo;
  const name = host.includes(':') ? `[${host}]` : host;
  return `${tls === undefined ? 'http' : 'https'}://${name}:${port}`;
}

async function stop(app: FastifyInstance, hub: EventHub): Promise<void> {
  hub.stop();
  const cut = setTimeout(() => app.server.closeAllConnections(), STOP_MS);
  await app.close();
  clearTimeout(cut);
}
