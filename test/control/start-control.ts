/** Control on memory, behind a real socket, with an engine that only remembers: what the tests of this folder share. */
import { createControl, type Control, type ControlDeps } from '../../control/create-control.ts';
import { openAuditLog } from '../../control/audit/audit-log.ts';
import { AppError, type Issue } from '../../engine/contract/values/errors.ts';
import type { FlowDocument, FlowVersion } from '../../engine/contract/flow/flow-document.ts';
import { silentLogger, silentMetrics } from '../../engine/contract/values/observe.ts';
import type { Documents } from '../../engine/contract/ports/documents.ts';
import type { SealPlace } from '../../engine/contract/values/seal.ts';
import { type BindingStore, type Bindings } from '../../engine/bindings/interface.ts';
import { type ExecutionCatalog } from '../../engine/operate/interface.ts';
import type { FlowCatalog } from '../../engine/publish/interface.ts';
import { StaleDraft } from '../../engine/contract/values/stale-draft.ts';
import { fakeClock, type FakeClock } from '../../engine/testing/fake-clock.ts';
import type { GatewayPlan } from '../../gateways/documents/gateway-plan.ts';
import { createCheckedSchema } from '../../gateways/shared/create-checked-schema.ts';
import { createSoftwareCrypto } from '../../storage/crypto/software-crypto.ts';
import { createMemoryDocuments } from '../../storage/memory/memory-documents.ts';
import { createMemorySharedState } from '../../storage/in-process/memory-shared-state.ts';
import { checkOutput } from './check-output.ts';
import { type Ask, keptRole, makeAccount } from '../support/make-account.ts';
import { anyFile } from '../../engine/testing/anywhere.ts';
import { noExtensions } from '../support/no-extensions.ts';
import { outboundAnywhere } from '../support/outbound.ts';

export interface Running {
  readonly control: Control;
  readonly clock: FakeClock;
  readonly documents: Documents;
  readonly plans: GatewayPlan[];
  /** The first administrator with the password changed, logged in. */
  readonly admin: Client;
  /** A client without a login. */
  client(): Client;
  /** A new account with these roles, logged in; of all domains unless some are named. */
  person(name: string, roles: readonly string[], domains?: readonly string[]): Promise<Client>;
  stop(): Promise<void>;
}

export interface Answer {
  readonly status: number;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- tests look into answers of every shape
  readonly body: any;
  readonly headers: Headers;
}

export interface Client {
  call(method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  raw(method: string, path: string, init?: RequestInit): Promise<Response>;
  login(name: string, password: string): Promise<Answer>;
  cookie: string | undefined;
  /** Given again with every call, for acts that ask for it. */
  password: string | undefined;
}

export const ADMIN_PASSWORD = 'Kang-Qiao-2026-first!';
export const PERSON_PASSWORD = 'Person-of-2026-long!';

/** What control is made of in these tests; `plans` collects what it published. */
export function defaultDeps(changes: Partial<ControlDeps> = {}) {
  const clock = fakeClock();
  const documents = createMemoryDocuments({ clock });
  const plans: GatewayPlan[] = [];
  const deps: ControlDeps = {
    documents,
    shared: createMemorySharedState({ clock }),
    changes: { announce: async () => {}, follow: () => () => {} },
    seal: plainSeal,
    crypto: createSoftwareCrypto(),
    catalog: memoryCatalog(),
    ...memoryBindings(),
    outbound: outboundAnywhere,
    files: anyFile,
    executions: noExecutions,
    nodes: { get: () => undefined, list: () => [] },
    extensions: noExtensions,
    engine: idleEngine,
    publishPlan: (plan) => void plans.push(plan),
    askGateways: () => Promise.resolve({ replies: [], asked: 0 }),
    checkInterface: () => [],
    checkSavedInterface: async (document) => deps.checkInterface(document),
    checkBySchema: async (schema, value) => {
      const issue = createCheckedSchema(schema).check(value);
      return issue && [issue];
    },
    policies: [],
    clock,
    logger: silentLogger,
    metricsText: async () => 'kangqiao_up 1\n',
    metrics: silentMetrics,
    settings: { host: '127.0.0.1', port: 0, defaultAppId: 'default' },
    passwordCost: { N: 16, r: 8, p: 1 },
    openAudit: () => openAuditLog({ ...deps, auditKey: new Uint8Array(32).fill(7) }),
    info: { version: '0.0.0-test', environment: 'TEST', addresses: () => ({ open: 'https://127.0.0.1:1' }) },
    ...changes,
  };
  return { deps, clock, documents: deps.documents, plans };
}

export async function startControl(changes: Partial<ControlDeps> = {}): Promise<Running> {
  const { deps, clock, documents, plans } = defaultDeps(changes);
  const control = await createControl(deps);
  const client = () => createClient(control.address);
  const first = control.firstAdministrator;
  if (first === undefined) throw new Error('the store was not empty');
  const admin = client();
  const keepers = new Map<string, Ask>();
  await admin.login(first.name, first.oneTimePassword);
  await admin.call('POST', '/me/password', { oldPassword: first.oneTimePassword, newPassword: ADMIN_PASSWORD });
  return {
    control,
    clock,
    documents,
    plans,
    admin,
    client,
    async person(name, roles, domains) {
      const kept = keptRole(roles) ?? '';
      const password = await makeAccount(asking(admin), keepers.get(kept), name, roles, domains);
      const own = client();
      await own.login(name, password);
      await own.call('POST', '/me/password', { oldPassword: password, newPassword: PERSON_PASSWORD });
      if (kept !== '' && !keepers.has(kept)) keepers.set(kept, asking(own));
      return own;
    },
    stop: () => control.stop(),
  };
}

function asking(client: Client): Ask {
  return async (method, path, body) => (await client.call(method, path, body)).body as Awaited<ReturnType<Ask>>;
}

export function createClient(address: string): Client {
  const client: Client = {
    cookie: undefined,
    password: undefined,
    raw: (method, path, init = {}) =>
      fetch(path.startsWith('/api') || !path.startsWith('/') ? `${address}${path}` : `${address}/api/v1${path}`, {
        method,
        ...init,
        headers: { 'x-kq-client': 'test', ...(client.cookie === undefined ? {} : { cookie: client.cookie }), ...init.headers },
      }),
    async call(method, path, body, headers = {}) {
      const again = client.password === undefined ? {} : { 'x-kq-password': encodeURIComponent(client.password) };
      const type = body === undefined ? {} : { 'content-type': 'application/json' };
      const json = body === undefined ? {} : { body: JSON.stringify(body) };
      const response = await client.raw(method, path, { headers: { ...again, ...type, ...headers }, ...json });
      const text = await response.text();
      const { newPassword } = (body ?? {}) as { newPassword?: string };
      if (path === '/me/password' && response.status === 200 && newPassword !== undefined) client.password = newPassword;
      const answer: unknown = text === '' ? undefined : JSON.parse(text);
      if (response.status === 200 && !path.startsWith('/api')) checkOutput(method, path, answer);
      return { status: response.status, headers: response.headers, body: answer };
    },
    async login(name, password) {
      const answer = await client.call('POST', '/login', { name, password });
      client.password = password;
      const cookie = answer.headers.get('set-cookie');
      if (cookie !== null) client.cookie = cookie.split(';')[0];
      return answer;
    },
  };
  return client;
}

export function flow(flowId: string, changes: Partial<FlowDocument> = {}): FlowDocument {
  const name = { 'zh-CN': '预约挂号', en: 'Appointment' };
  const layout = { nodes: {}, groups: [], notes: [] };
  return {
    schema: 'flow/1',
    flowId,
    revision: 0,
    name,
    domain: 'sh-city',
    tags: [],
    mode: 'sync',
    deadlineMs: 5000,
    nodes: [],
    edges: [],
    tests: [],
    layout,
    ...changes,
  };
}

/** Marks what it sealed, so that a test sees whether it left in the clear. */
export const plainSeal = {
  seal: (place: SealPlace, plain: Uint8Array | string) =>
    Buffer.from(`${place.id}:${Buffer.from(plain).toString('hex')}`).toString('base64'),
  open: (place: SealPlace, sealed: string) =>
    Buffer.from(
      Buffer.from(sealed, 'base64')
        .toString()
        .slice(place.id.length + 1),
      'hex',
    ),
  openText: (place: SealPlace, sealed: string) => plainSeal.open(place, sealed).toString(),
  token: (name: string, value: string) => `${name}:${value}`,
  rotate: async () => {},
};

/** An engine in which nothing runs. */
export const idleEngine = {
  processes: {
    list: async () => [],
    listeners: async () => [],
    live: { list: async () => [], get: async () => undefined },
    adapterCalls: async () => new Map(),
    interfaceCalls: async () => new Map(),
    frontCalls: async () => [],
    gatewayConditions: async () => [],
    flowCalls: async () => new Map(),
    callsSince: async () => 0,
    endCalls: async () => {},
  },
  traffic: { series: async () => ({ minutes: [], hours: [] }) },
  queue: { read: async () => ({ oldestAgeMs: 0, open: { queued: 0, running: 0, waiting: 0, held: 0 } }) },
  quota: { exceeded: async () => [] },
  feeds: () => [],
  takers: () => [],
} satisfies ControlDeps['engine'];

/** An idle engine that tells this of its installation. */
export function engineWith(processes: Partial<ControlDeps['engine']['processes']>): ControlDeps['engine'] {
  return { ...idleEngine, processes: { ...idleEngine.processes, ...processes } };
}

export function memoryCatalog(): FlowCatalog {
  const drafts = new Map<string, FlowDocument>();
  const versions = new Map<string, FlowVersion[]>();
  const problems = (document: unknown): Issue[] =>
    (document as FlowDocument).nodes?.length === 0 ? [] : [{ path: '/nodes', code: 'FLOW_TEST', message: 'has nodes', severity: 'error' }];
  const report = { changed: true, warnings: [], tests: { passed: true, tests: [] } };
  return {
    list: async () =>
      [...drafts.values()].map((draft) => ({
        flowId: draft.flowId,
        name: draft.name,
        domain: draft.domain,
        mode: draft.mode,
        tags: draft.tags,
        draftRevision: draft.revision,
        publishedVersion: versions.get(draft.flowId)?.length,
        isChanged: false,
        updatedAt: 0,
        updatedBy: 'somebody',
      })),
    draft: async (flowId) => drafts.get(flowId),
    async saveDraft(document) {
      const flowDocument = document as FlowDocument;
      const stored = drafts.get(flowDocument.flowId);
      if ((stored?.revision ?? 0) !== flowDocument.revision)
        throw new AppError('FLOW_STALE', 'input', 'stale', { cause: new StaleDraft(document, stored) });
      const saved = { ...flowDocument, revision: flowDocument.revision + 1 };
      drafts.set(saved.flowId, saved);
      return saved;
    },
    remove: async (flowId) => drafts.delete(flowId),
    revisions: async () => [],
    revision: async () => undefined,
    setAside: async () => {},
    validate: async (document) => problems(document),
    test: async (_document, _signal, tests = []) => ({
      passed: true,
      tests: tests.map((test) => ({ name: test.name, passed: true, problems: [], durationMs: 1 })),
    }),
    trial: async () => ({ status: 'completed', reply: undefined, error: undefined, steps: [], reached: [], wrote: [] }),
    async publish(flowId, _actor, signal, { onStage } = {}) {
      const document = drafts.get(flowId);
      if (document === undefined) throw new AppError('FLOW_UNKNOWN', 'input', 'no such flow');
      for (const stage of ['validate', 'test', 'prepare', 'commit', 'apply'] as const) {
        signal.throwIfAborted();
        onStage?.(stage);
      }
      const issues = problems(document);
      if (issues.length > 0) throw new AppError('FLOW_INVALID', 'input', 'not valid', { issues });
      const known = versions.get(flowId) ?? [];
      const version = { flowId, version: known.length + 1, contentHash: 'hash', document };
      versions.set(flowId, [...known, version]);
      return { flowId, version: version.version, contentHash: 'hash', ...report };
    },
    rollback: async (flowId, version) => ({ flowId, version, contentHash: 'hash', ...report }),
    unpublish: async (flowId) => versions.delete(flowId),
    versions: async (flowId) =>
      (versions.get(flowId) ?? []).map(({ version, contentHash, document }) => ({
        ...{ version, contentHash, publishedAt: 0, publishedBy: 'somebody', domain: document.domain },
        isCurrent: version === versions.get(flowId)?.length,
      })),
    version: async (flowId, version) => versions.get(flowId)?.[version - 1],
    usersOf: async () => [],
    scopesOf: async (domains) => [...drafts.values()].filter(({ domain }) => domains.includes(domain)).map(({ flowId }) => ({ flowId })),
  };
}

export function memoryBindings(): { readonly bindings: Bindings; readonly bindingStore: BindingStore } {
  const adapters = new Map<string, Awaited<ReturnType<BindingStore['saveAdapter']>>>();
  const tables = new Map<string, Awaited<ReturnType<BindingStore['saveTable']>>>();
  const secrets = new Map<string, { readonly value: string; readonly adapters: readonly string[] }>();
  const noTables = { id: 'none', lookup: () => '', has: () => false };
  return {
    bindings: {
      adapter: () => undefined,
      secret: async () => '',
      tables: () => noTables,
      tablesAt: async () => noTables,
    },
    bindingStore: {
      listAdapters: async () => [...adapters.values()],
      getAdapter: async (id) => adapters.get(id),
      async saveAdapter(document) {
        const saved = { ...document, revision: document.revision + 1 };
        adapters.set(saved.adapterId, saved);
        return saved;
      },
      removeAdapter: async (id) => adapters.delete(id),
      adapterIssues: () => [],
      preview: () => undefined,
      listTables: async () => [...tables.values()],
      getTable: async (id) => tables.get(id),
      async saveTable(table) {
        const saved = { ...table, revision: table.revision + 1 };
        tables.set(saved.tableId, saved);
        return saved;
      },
      removeTable: async (id) => tables.delete(id),
      listSecrets: async () => [...secrets].map(([name, { adapters: boundTo }]) => ({ name, adapters: boundTo, updatedAt: 0 })),
      saveSecret: async (name, value, boundTo) => void secrets.set(name, { value, adapters: boundTo }),
      removeSecret: async (name) => secrets.delete(name),
      revealSecret: async (name) => secrets.get(name)?.value ?? '',
    },
  };
}

export const noExecutions: ExecutionCatalog = {
  list: async () => ({ items: [], next: undefined, searchedFrom: undefined }),
  get: async () => undefined,
  openFile: async () => undefined,
  keysOf: async () => ({}),
  ownerOf: async () => undefined,
  holderOf: async () => undefined,
  retry: async () => {},
  tryNow: async () => {},
  resume: () => Promise.resolve({ outcome: 'used' }),
  cancel: async () => {},
  conclude: async () => {},
  heldGroups: async () => ({ groups: [], count: 0, more: false }),
  bulkOutcome: async () => ({ wentOn: 0, heldAgain: 0, failed: 0, underWay: 0 }),
  selectHeld: async () => ({ items: [], more: false, unknownSkipped: 0 }),
  retryHeld: async () => 'missing',
  resendHeld: async () => 'missing',
  cancelHeld: async () => 'missing',
  concludeHeld: async () => 'missing',
  resend: async () => ({ executionId: 'exe_new', replaced: false, place: 'no-lane', repeated: false }),
  counts: async () => ({ queued: 0, running: 1, waiting: 0, held: 0, completed: 2, failed: 0, cancelled: 0 }),
};

export function apiInterface(interfaceId: string, path: string) {
  const name = { 'zh-CN': '预约', en: 'Booking' };
  const target = { kind: 'flow', flowId: 'flw_booking' };
  const times = { timeoutMs: 5000, timeoutRetries: 0, exceptionRetries: 0 };
  return {
    interfaceId,
    revision: 0,
    name,
    domain: 'sh-city',
    front: 'open',
    method: 'GET',
    path,
    state: 'online',
    target,
    ...times,
    log: 'in',
  };
}
