/** A started platform as an administrator and an internal system see it: the admin API with the token of the command line, and the bus front. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { Agent, request } from 'undici';
import type { FlowDocument, FlowNode } from '../../engine/contract/flow/flow-document.ts';
import type { InterfaceDocument } from '../../gateways/documents/interface-document.ts';
import { cityFiles } from '../../examples/city/load-city.ts';
import { logInAdministrator } from './administrator.ts';
import { type Ask, KEEPER_PASSWORD, keeperName, makeAccount } from './make-account.ts';
import type { Platform } from './platform-process.ts';

export interface Answer<Body = Record<string, unknown>> {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Body;
}

export interface PlatformApi {
  /** Any call of the admin API; `path` follows `/api/v1`. */
  call(method: string, path: string, body?: unknown): Promise<Answer>;
  /** As `call`, but anything else than 200 fails the test with what was answered. */
  ask(method: string, path: string, body?: unknown): Promise<Record<string, unknown>>;
  /** Saves over whatever is stored, and publishes. */
  publish(flow: FlowDocument): Promise<void>;
  /** Offers a flow on the bus front to the example's district platform; answers the path. `called` is a path that it serves. */
  offer(flowId: string, more?: Partial<InterfaceDocument>, called?: string): Promise<string>;
  /** A call of the bus front with the district platform's token. */
  bus(method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<Answer<unknown>>;
  close(): Promise<void>;
}

const BUS_APP = 'B20001';

export async function openPlatformApi(platform: Platform): Promise<PlatformApi> {
  const { ports, ca, dataFolder, cityFolder } = platform;
  const busToken = await readFile(cityFiles(cityFolder).busToken, 'utf8');
  const agent = new Agent({ connect: { ca }, headersTimeout: 30_000, bodyTimeout: 30_000 });
  const origin = `http://127.0.0.1:${ports.control}`;
  const control = `${origin}/api/v1`;
  let security: ReturnType<typeof logInSecurity> | undefined;
  const send = async (address: string, headers: Readonly<Record<string, string>>, method: string, body: unknown) => {
    const answer = await request(address, {
      dispatcher: agent,
      method: method as 'GET',
      headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.body.text();
    return { status: answer.statusCode, headers: answer.headers, body: parse(text) };
  };
  const administrator = await logInAdministrator(dataFolder, origin, async (method, path, body, headers) => {
    const answer = await send(`${control}${path}`, headers, method, body);
    return { ...answer, cookie: String(answer.headers['set-cookie']).split(';')[0] ?? '' };
  });
  const { token } = administrator;
  const api: PlatformApi = {
    call: (method, path, body) => send(`${control}${path}`, { authorization: `Bearer ${token}` }, method, body) as Promise<Answer>,
    async ask(method, path, body) {
      const answer = await api.call(method, path, body);
      assert.equal(answer.status, 200, `${method} ${path}: ${JSON.stringify(answer.body)}`);
      return answer.body;
    },
    async publish(flow) {
      const stored = await api.call('GET', `/flows/${flow.flowId}`);
      const revision = stored.status === 200 ? (stored.body['revision'] as number) : 0;
      await api.ask('PUT', `/flows/${flow.flowId}`, { ...flow, revision });
      await api.ask('POST', `/flows/${flow.flowId}/publish`, {});
    },
    async offer(flowId, more = {}, called) {
      const document = busInterface(flowId, more);
      await api.ask('PUT', `/interfaces/${document.interfaceId}`, document);
      const grantId = document.interfaceId.replace('ifc_', 'grt_');
      const grant = { grantId, revision: 0, appId: BUS_APP, interfaceId: document.interfaceId };
      security ??= logInSecurity();
      assert.equal((await (await security)('PUT', `/grants/${grantId}`, grant)).status, 200);
      // The plan with both reaches the gateways within a second.
      await eventually(async () => assert.ok(![403, 404].includes((await api.bus(document.method, called ?? document.path)).status)));
      return document.path;
    },
    bus: (method, path, body, headers) =>
      send(`https://127.0.0.1:${ports.bus}${path}`, { authorization: `Bearer ${busToken}`, ...headers }, method, body),
    close: () => agent.close(),
  };
  return api;

  /** Who runs the system may not grant access: a second person does (三权分立). */
  async function logInSecurity(): Promise<(method: string, path: string, body: unknown) => Promise<Answer>> {
    const name = keeperName('security-admin');
    const headers: Record<string, string> = { 'x-kq-client': 'test' };
    const call = (method: string, path: string, body: unknown) => send(`${control}${path}`, headers, method, body) as Promise<Answer>;
    const logIn = async (password: string) => {
      const login = await call('POST', '/login', { name, password });
      if (login.status === 200) headers['cookie'] = String(login.headers['set-cookie']).split(';')[0]!;
      return login.status === 200;
    };
    if (await logIn(KEEPER_PASSWORD)) return call;
    const asAdministrator: Ask = async (method, path, body) => {
      const answer = await send(`${control}${path}`, administrator.headers, method, body);
      assert.equal(answer.status, 200, `${method} ${path}: ${JSON.stringify(answer.body)}`);
      return answer.body as Record<string, unknown>;
    };
    const oneTimePassword = await makeAccount(asAdministrator, undefined, name, ['security-admin']);
    await logIn(oneTimePassword);
    await call('POST', '/me/password', { oldPassword: oneTimePassword, newPassword: KEEPER_PASSWORD });
    return call;
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

export function busInterface(flowId: string, more: Partial<InterfaceDocument> = {}): InterfaceDocument {
  const name = flowId.replace('flw_', '');
  return {
    interfaceId: `ifc_${name}`,
    revision: 0,
    name: { 'zh-CN': `测试 ${name}`, en: `Test ${name}` },
    domain: 'sh-city',
    front: 'bus',
    method: 'POST',
    path: `/bus/test/${name}`,
    state: 'online',
    target: { kind: 'flow', flowId },
    timeoutMs: 8000,
    timeoutRetries: 0,
    exceptionRetries: 0,
    log: 'full',
    ...more,
  };
}

type NodeDraft = Pick<FlowNode, 'type'> & Partial<FlowNode>;

/** A sync flow `interface.call -> the nodes in their order -> reply`, linked by their main ports. */
export function chainFlow(flowId: string, between: readonly NodeDraft[], more: Partial<FlowDocument> = {}): FlowDocument {
  const isDurable = more.mode === 'durable';
  const ends: readonly NodeDraft[] = isDurable ? [] : [{ type: 'control.reply@1', id: 'n_reply' }];
  const nodes = [{ type: 'interface.call@1', id: 'n_call' }, ...between, ...ends].map((node, index) => ({
    id: `n_${index}`,
    label: node.type,
    config: {},
    ...node,
  }));
  return {
    schema: 'flow/1',
    flowId,
    revision: 0,
    name: { 'zh-CN': flowId, en: flowId },
    domain: 'sh-city',
    tags: [],
    mode: 'sync',
    deadlineMs: 8000,
    nodes,
    edges: nodes.slice(1).map((node, index) => ({
      id: `e_${index}`,
      from: { node: nodes[index]!.id, port: index === 0 ? 'out' : 'ok' },
      to: { node: node.id, port: 'in' },
    })),
    tests: [],
    layout: { nodes: {}, groups: [], notes: [] },
    ...more,
  };
}

/** Asks again until it holds; the last failure is what the test shows. */
export async function eventually<T>(probe: () => Promise<T>, boundMs = 10_000, pauseMs = 50): Promise<T> {
  const until = performance.now() + boundMs;
  for (;;) {
    try {
      return await probe();
    } catch (error) {
      if (performance.now() > until) throw error;
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }
}
