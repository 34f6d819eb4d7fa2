/** The example city of a running platform as its outside sees it: callers with their keys, the hospitals' switches, the person at the console. */
import { createPrivateKey, randomUUID, sign } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Agent, request, type Dispatcher } from 'undici';
import { cityFiles, CITY_APP, CITY_KEY_ID, cityIssuer } from '../../examples/city/load-city.ts';
import type { Trouble } from '../../examples/city/serve.ts';
import { createSigningClient, type SigningClient } from '../../sdk/public.ts';
import { logInAdministrator } from './administrator.ts';
import { type Ask, KEEPER_PASSWORD, keeperName, keptRole, makeAccount } from './make-account.ts';
import type { Platform } from './platform-process.ts';

export interface Reply {
  readonly status: number;
  readonly headers: Dispatcher.ResponseData['headers'];
  readonly text: string;
  json(): unknown;
}

export interface City {
  readonly open: string;
  readonly user: string;
  readonly bus: string;
  readonly control: string;
  /** Trusts the platform's certificate. */
  readonly agent: Agent;
  /** The citizens' app: signs with its SM2 key and checks each answer. */
  readonly app: SigningClient;
  readonly busToken: string;
  readonly cliToken: string;
  send(url: string, options?: { method?: string; headers?: Record<string, string>; body?: string | Buffer }): Promise<Reply>;
  /** The admin API as the administrator's command line, accounts as the administrator at the console; throws on a refusal. */
  admin(method: string, path: string, body?: unknown): Promise<unknown>;
  /** A new person with these roles, logged in as a browser would be. */
  person(roles: readonly string[], domains?: readonly string[]): Promise<Person>;
  userToken(claims: Readonly<Record<string, unknown>>): Promise<string>;
  reports(patientId: string): Promise<Reply>;
  /** State and trouble of hospital A (1), B (2), the district (4). */
  state(program: 1 | 2 | 4): Promise<Record<string, unknown>>;
  /** Returns the trouble that is left. */
  trouble(program: 1 | 2 | 4, order: Partial<Trouble>): Promise<Trouble>;
  close(): Promise<void>;
}

export interface Person {
  readonly name: string;
  readonly password: string;
  /** `name=value` of the session. */
  readonly cookie: string;
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Reply>;
}

export async function openCity(platform: Platform): Promise<City> {
  const { ports, ca } = platform;
  const files = cityFiles(platform.cityFolder);
  const [open, user, bus] = [ports.open, ports.user, ports.bus].map((port) => `https://127.0.0.1:${port}`) as [string, string, string];
  const control = `http://127.0.0.1:${ports.control}`;
  const agent = new Agent({ connect: { ca }, connections: 64 });
  const issuerKey = createPrivateKey(await readFile(files.issuerKey));

  const send: City['send'] = async (url, { method = 'GET', headers = {}, body } = {}) => {
    const answer = await request(url, { dispatcher: agent, method: method as Dispatcher.HttpMethod, headers, body: body ?? null });
    const text = await answer.body.text();
    return { status: answer.statusCode, headers: answer.headers, text, json: () => JSON.parse(text) as unknown };
  };
  const administrator = await logInAdministrator(platform.dataFolder, control, async (method, path, body, own) => {
    const headers = { ...own, 'content-type': 'application/json' };
    const reply = await send(`${control}/api/v1${path}`, { method, headers, body: JSON.stringify(body) });
    return { status: reply.status, cookie: String(reply.headers['set-cookie']).split(';')[0] ?? '', body: reply.json() };
  });
  const cliToken = administrator.token;
  const admin: City['admin'] = async (method, path, body) => {
    const headers = {
      ...(path.startsWith('/accounts') ? administrator.headers : { authorization: `Bearer ${cliToken}`, 'x-kq-client': 'test' }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    };
    const reply = await send(`${control}/api/v1${path}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (reply.status >= 400) throw new Error(`${method} ${path}: ${reply.status} ${reply.text}`);
    return reply.text === '' ? undefined : reply.json();
  };
  const askAdmin = admin as Ask;
  const keepers = new Map<string, Promise<Ask>>();
  const keeperOf = (role: string) => {
    const known = keepers.get(role) ?? logInKeeper(role);
    keepers.set(role, known);
    return known;
  };
  const logInKeeper = async (role: string): Promise<Ask> => {
    const name = keeperName(role);
    const known = await logIn(name, KEEPER_PASSWORD);
    const { call } = known ?? (await arrive(name, await makeAccount(askAdmin, undefined, name, [role]), KEEPER_PASSWORD));
    return async (method, path, body) => {
      const reply = await call(method, path, body);
      if (reply.status >= 400) throw new Error(`${method} ${path}: ${reply.status} ${reply.text}`);
      return reply.json() as Record<string, unknown>;
    };
  };
  const logIn = async (name: string, password: string): Promise<Person | undefined> => {
    let cookie = '';
    // Given again with every call, for acts that ask for it.
    let current = password;
    const call: Person['call'] = async (method, path, body, headers = {}) => {
      const json = body === undefined ? {} : { body: JSON.stringify(body) };
      const type: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' };
      const own = { 'x-kq-client': 'test', 'x-kq-password': encodeURIComponent(current), cookie };
      const reply = await send(`${control}/api/v1${path}`, { method, headers: { ...own, ...type, ...headers }, ...json });
      if (path === '/me/password' && reply.status === 200) current = (body as { newPassword: string }).newPassword;
      return reply;
    };
    const login = await call('POST', '/login', { name, password });
    if (login.status !== 200) return undefined;
    cookie = String(login.headers['set-cookie']).split(';')[0] ?? '';
    return { name, password, cookie, call };
  };
  const arrive = async (name: string, oneTimePassword: string, password = `Bridge-${randomUUID()}`): Promise<Person> => {
    const arrived = await logIn(name, oneTimePassword);
    const changed = await arrived?.call('POST', '/me/password', { oldPassword: oneTimePassword, newPassword: password });
    if (arrived === undefined || changed?.status !== 200) throw new Error(`${name} cannot log in: ${changed?.text}`);
    return { ...arrived, password };
  };
  const person: City['person'] = async (roles, domains) => {
    const name = `p-${randomUUID().slice(0, 8)}`;
    const kept = keptRole(roles);
    return arrive(name, await makeAccount(askAdmin, kept === undefined ? undefined : await keeperOf(kept), name, roles, domains));
  };
  const userToken: City['userToken'] = (claims) => {
    const now = Math.floor(Date.now() / 1000);
    const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const payload = { iss: cityIssuer.issuer, aud: cityIssuer.audience, iat: now, exp: now + 600, ...claims };
    const signed = `${part({ alg: 'ES256', kid: cityIssuer.kid })}.${part(payload)}`;
    const signature = sign('sha256', Buffer.from(signed), { key: issuerKey, dsaEncoding: 'ieee-p1363' });
    return Promise.resolve(`${signed}.${signature.toString('base64url')}`);
  };
  const program = (number: number) => `http://127.0.0.1:${ports.example + number}`;
  const { platformKey } = (await admin('GET', '/overview')) as { platformKey: { keyId: string; publicPem: string } };
  const app = createSigningClient({
    baseUrl: open,
    appId: CITY_APP,
    keyId: CITY_KEY_ID,
    scheme: 'SM2-SM3',
    key: await readFile(files.appKey, 'utf8'),
    platformKeys: { [platformKey.keyId]: platformKey.publicPem },
    ca,
  });
  return {
    ...{ open, user, bus, control, agent, app, cliToken, send, admin, person, userToken },
    busToken: (await readFile(files.busToken, 'utf8')).trim(),
    reports: async (patientId) =>
      send(`${user}/user/v1/reports`, { headers: { authorization: `Bearer ${await userToken({ sub: patientId, patientId })}` } }),
    state: async (number) => (await send(`${program(number)}/state`)).json() as Record<string, unknown>,
    trouble: async (number, order) =>
      (await send(`${program(number)}/control`, { method: 'POST', body: JSON.stringify(order) })).json() as Trouble,
    async close() {
      await app.close();
      await agent.destroy();
    },
  };
}

/** A booking as the citizens' app sends it. */
export function booking(hospital: string, index = 2) {
  const patientId = `P${String(index).padStart(6, '0')}`;
  return { hospital, department: '01', date: '2026-12-01', patient: { patientId, name: '虚构丙甲' } };
}

/** Asks again until it is so, for at most `withinMs`. */
export async function until<T>(what: string, ask: () => Promise<T | undefined | false>, withinMs = 30_000): Promise<T> {
  const end = performance.now() + withinMs;
  for (;;) {
    const found = await ask();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > end) throw new Error(`not within ${withinMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
