/**
 * Whatever runs away or falls silent ends in a clear error within its limit, and the others do not feel it: two neighbours, one of them with a
 * script of its own, are called all the while. Their latency before and during is recorded; asserted is that every call of theirs succeeds, and
 * that next to work that runs into its limit, their calls start and complete before that limit ends it.
 */
import assert from 'node:assert/strict';
import { createServer, type Server, type Socket } from 'node:net';
import { after, before, test, type TestContext } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { chainFlow, openPlatformApi, type PlatformApi } from '../support/platform-api.ts';
import { choosePorts, makeScratch, removeScratch, startPlatform, type Platform } from '../support/platform-process.ts';

/** What an answer may take beyond the limit that is set: the thread's own grace, and a test machine that does other work too. */
const SLACK_MS = 15_000;
/** The sandbox's own limit of an expression, of computing time; one at once, as those of one flow share a thread. */
const EXPRESSION_MS = 5000;
/** Long enough for the neighbours' calls on a slow machine. */
const SCRIPT_MS = 1_500;
const SILENT_MS = 3_000;
const AT_ONCE = 3;
/** A neighbour that had to wait for the end would have none. */
const CALLS_MEANWHILE = 3;
const HOPELESS = `${'a'.repeat(60)}!`;

let scratch: string;
let platform: Platform;
let api: PlatformApi;
let neighbours: readonly string[];
const silent: Socket[] = [];
let silentServer: Server;

before(async () => {
  scratch = await makeScratch();
  silentServer = createServer((socket) => void silent.push(socket.on('error', () => undefined))).listen(0, '127.0.0.1');
  await new Promise((resolve) => silentServer.once('listening', resolve));
  platform = await startPlatform({ scratch, ports: await choosePorts(), example: true });
  api = await openPlatformApi(platform);
  await saveSilentAdapters();
  const reading = { type: 'http.call@1', adapter: 'adp_hospital_a', config: { method: 'GET', path: '/departments' } };
  neighbours = [
    await offer('flw_neighbour', [reading]),
    await offer('flw_neighbour_script', [{ type: 'code.run@1', config: { source: 'return message.data' } }, reading]),
  ];
});
after(async () => {
  await api?.close();
  platform?.process.kill('SIGKILL');
  for (const socket of silent) socket.destroy();
  silentServer?.close();
  await removeScratch(scratch);
});

const script = (source: string, more: object = {}) => [{ type: 'code.run@1', config: { source, timeoutMs: SCRIPT_MS, ...more } }];
const expression = (text: string) => [{ type: 'transform.set@1', config: { fields: [{ to: 'data.x', from: { expression: text } }] } }];

test('a script without an end, or without measure, ends by its own limits', async (t) => {
  await endsWith(t, 'flw_endless', script('for (;;);'), { status: 422, code: 'SCRIPT_TIMEOUT', withinMs: SCRIPT_MS });
  await endsWith(t, 'flw_greedy', script('const all = []; for (;;) all.push(new Array(1000).fill(all.length));', { timeoutMs: 5000 }), {
    status: 422,
    code: 'SCRIPT_MEMORY',
    withinMs: 5000,
    isShort: true,
  });
  await endsWith(t, 'flw_verbose', script('return "x".repeat(20_000_000)', { memoryBytes: 200_000_000, timeoutMs: 5000 }), {
    status: 422,
    code: 'SCRIPT_RESULT_TOO_LARGE',
    withinMs: 5000,
    isShort: true,
  });
});

test('an expression without an end is ended', async (t) => {
  await endsWith(t, 'flw_recursing', expression('($f := function($n) { $f($n + 1) }; $f(0))'), {
    status: 422,
    code: 'SCRIPT_TIMEOUT',
    withinMs: EXPRESSION_MS,
    atOnce: 1,
  });
  await endsWith(t, 'flw_ranging', expression('$sum([1..9999999].$power($, 2))'), {
    status: 422,
    code: /SCRIPT_(TIMEOUT|MEMORY)/,
    withinMs: EXPRESSION_MS,
    atOnce: 1,
    isShort: true,
  });
});

test('a catastrophic pattern in an expression, a condition or a JSON Schema costs nothing: it runs in linear time', async (t) => {
  await api.publish(chainFlow('flw_pattern', expression('$contains(data.body.text, /^(a+)+$/)')));
  const matching = await api.offer('flw_pattern');
  await besideNeighbours(t, 'expression', 0, async () => {
    for (const answer of await callAtOnce(matching)) assert.equal(answer.status, 200);
  });
  const branches = [
    {
      port: 'yes',
      label: { 'zh-CN': '是', en: 'Yes' },
      when: { left: { path: 'data.body.text' }, op: 'matches', right: { value: '^(a+)+$' } },
    },
  ];
  const flow = chainFlow('flw_branching', [{ type: 'control.condition@1', id: 'n_if', config: { branches } }]);
  const edges = flow.edges.map((edge) => (edge.from.node === 'n_if' ? { ...edge, from: { node: 'n_if', port: 'else' } } : edge));
  await api.publish({ ...flow, edges });
  const path = await api.offer('flw_branching');
  await besideNeighbours(t, 'condition', 0, async () => {
    for (const answer of await callAtOnce(path)) assert.equal(answer.status, 200);
  });
  const schema = { properties: { body: { properties: { text: { pattern: '^(a+)+$' } } } } };
  await endsWith(t, 'flw_checking', [{ type: 'check.json-schema@1', config: { schema } }], {
    status: 422,
    code: 'CHECK_SCHEMA',
    withinMs: 0,
  });
  const guarded = await offer('flw_guarded', script('return 1'), {
    requestSchema: { properties: { text: { type: 'string', pattern: '^(a+)+$' } } },
  });
  await besideNeighbours(t, 'requestSchema', 0, async () => {
    for (const answer of await callAtOnce(guarded)) assert.equal(answer.status, 422);
  });
  const backwards = { fields: [{ to: 'data.x', from: { value: 1 } }] };
  const { body } = await api.call(
    'POST',
    '/flows/validate',
    chainFlow('flw_backwards', [
      { type: 'transform.set@1', config: backwards },
      { type: 'check.json-schema@1', config: { schema: { pattern: '(a)\\1' } } },
    ]),
  );
  assert.equal(body['valid'], false, 'a pattern that has no linear reading is refused when it is checked');
});

test('a silent or half-open system ends in a time-out within the node’s or the interface’s limit', async (t) => {
  const limit = { handling: { timeoutMs: SILENT_MS } };
  const http = (method: string) => [{ type: 'http.call@1', adapter: 'adp_silent_http', config: { method, path: '/x' }, ...limit }];
  await endsWith(t, 'flw_silent_read', http('GET'), { status: 504, code: 'NODE_TIMEOUT', withinMs: SILENT_MS });
  await endsWith(t, 'flw_silent_write', http('POST'), { status: 504, code: 'HTTP_NO_ANSWER', withinMs: SILENT_MS });
  const hl7 = 'MSH|^~\\&|A|B|C|D|20260101000000||ADT^A01|1|P|2.5.1\r';
  const send = [
    { type: 'transform.map@1', config: { mapping: { rules: [{ to: 'x', from: { value: 1 } }] } } },
    { type: 'code.run@1', config: { source: `return ${JSON.stringify(hl7)}` } },
    { type: 'mllp.send@1', adapter: 'adp_silent_mllp', config: {}, ...limit },
  ];
  await endsWith(t, 'flw_silent_mllp', send, { status: 504, code: 'MLLP_ACK_TIMEOUT', withinMs: SILENT_MS });
  const target = { kind: 'upstream' as const, instances: [`http://127.0.0.1:${silentPort()}`] };
  const proxied = await api.offer('flw_proxied', { target, method: 'GET', timeoutMs: SILENT_MS, deadlineMs: SILENT_MS + 500 });
  await besideNeighbours(t, 'proxied', CALLS_MEANWHILE, async (ended) => {
    for (const answer of await callAtOnce(proxied, 'GET', ended)) {
      assert.equal(answer.status, 504, JSON.stringify(answer.body));
      assert.ok(answer.ms < SILENT_MS + 500 + SLACK_MS, `${answer.ms} ms`);
    }
  });
});

test('a caller who never finishes a request is answered or cut off, and takes nothing from the others', async (t) => {
  await besideNeighbours(t, 'half-open callers', CALLS_MEANWHILE, async (ended) => {
    const endings = Array.from({ length: 20 }, () => halfOpenCaller('POST /bus/test/neighbour HTTP/1.1\r\nHost: x\r\n').finally(ended));
    for (const ms of await Promise.all(endings)) assert.ok(ms < 12_000 + SLACK_MS, `${ms} ms`);
  });
});

interface Ending {
  readonly status: number;
  readonly code: string | RegExp;
  readonly withinMs: number;
  /** What takes another end (its memory, the size of its result) may come to it at once. */
  readonly isShort?: boolean;
  readonly atOnce?: number;
}

/** Called several times in parallel with the neighbours; both the response and the record say why it ended. */
async function endsWith(
  t: TestContext,
  flowId: string,
  nodes: Parameters<typeof chainFlow>[1],
  { status, code, withinMs, isShort = withinMs === 0, atOnce = AT_ONCE }: Ending,
): Promise<void> {
  const path = await offer(flowId, nodes);
  const least = isShort ? 0 : CALLS_MEANWHILE;
  await besideNeighbours(t, flowId, least, async (ended) => {
    for (const answer of await callAtOnce(path, 'POST', ended, atOnce)) {
      assert.equal(answer.status, status, `${flowId}: ${JSON.stringify(answer.body)}`);
      assert.match(String((answer.body as { code?: string }).code), /^GW\d{5}$/);
      // What the sandbox limits is computing time, of which a busy machine gives it little: there the error's code says that its limit ended it.
      if (!String(code).includes('SCRIPT')) assert.ok(answer.ms < withinMs + SLACK_MS, `${flowId}: ${Math.round(answer.ms)} ms`);
    }
  });
  const { items } = (await api.ask('GET', `/executions?flowId=${flowId}&limit=1`)) as { items: { error?: { code: string } }[] };
  assert.match(items[0]?.error?.code ?? 'none', code instanceof RegExp ? code : new RegExp(`^${code}$`), flowId);
}

async function offer(
  flowId: string,
  nodes: Parameters<typeof chainFlow>[1],
  more: Parameters<PlatformApi['offer']>[1] = {},
): Promise<string> {
  await api.publish(chainFlow(flowId, nodes, { deadlineMs: 60_000 }));
  return api.offer(flowId, { timeoutMs: 60_000, ...more });
}

async function callAtOnce(path: string, method = 'POST', onAnswer = () => {}, count = AT_ONCE) {
  return Promise.all(Array.from({ length: count }, () => timed(method, path).finally(onAnswer)));
}

async function timed(method: string, path: string) {
  const at = performance.now();
  const answer = await api.bus(method, path, method === 'GET' ? undefined : { text: HOPELESS });
  return { ...answer, ms: performance.now() - at };
}

/**
 * p95 of each neighbour alone, then during `work`; all their calls succeed. At least `least` of each are begun and answered between the start of
 * the work and the first end that it tells of.
 */
async function besideNeighbours(t: TestContext, name: string, least: number, work: (ended: () => void) => Promise<void>): Promise<void> {
  const before = await Promise.all(neighbours.map((path) => keepCalling(path, (count) => count < 40)));
  let isWorking = true;
  let isRunning = true;
  const working = work(() => (isRunning = false)).finally(() => (isWorking = false));
  const during = neighbours.map((path) =>
    keepCalling(
      path,
      (count) => isWorking || count < 20,
      () => isRunning,
    ),
  );
  await working;
  const after = await Promise.all(during);
  const told = neighbours.map((path, index) => {
    const [alone, beside] = [before[index]!, after[index]!];
    return `${path.split('/').at(-1)} ${alone.p95Ms} -> ${beside.p95Ms} ms, ${beside.meanwhile} calls before the first end`;
  });
  t.diagnostic(`${name}: p95 of ${told.join('; ')}`);
  for (const { meanwhile } of after) assert.ok(meanwhile >= least, `${name}: ${told.join('; ')}`);
}

/** Calls one after the other; counts those that `isMeanwhile` is true of from begin to answer. */
async function keepCalling(
  path: string,
  goesOn: (count: number) => boolean,
  isMeanwhile = () => false,
): Promise<{ readonly p95Ms: number; readonly meanwhile: number }> {
  const times: number[] = [];
  let meanwhile = 0;
  while (goesOn(times.length)) {
    const { status, body, ms } = await timed('POST', path);
    assert.equal(status, 200, JSON.stringify(body));
    times.push(ms);
    // What is over is not begun again: true at the answer means true since the begin.
    if (isMeanwhile()) meanwhile += 1;
  }
  return { p95Ms: Math.round(times.sort((a, b) => a - b)[Math.floor(times.length * 0.95)]! * 10) / 10, meanwhile };
}

function halfOpenCaller(start: string): Promise<number> {
  const at = performance.now();
  return new Promise((resolve) => {
    const socket = connectTls({ port: platform.ports.bus, host: '127.0.0.1', ca: platform.ca, servername: 'localhost' }, () =>
      socket.write(start),
    );
    socket
      .on('error', () => undefined)
      .on('close', () => resolve(performance.now() - at))
      .resume();
  });
}

function silentPort(): number {
  return (silentServer.address() as { port: number }).port;
}

/** Takes connections, reads, and never says a word. */
async function saveSilentAdapters(): Promise<void> {
  const settings = {
    http: { baseUrl: `http://127.0.0.1:${silentPort()}` },
    // A connection for each: a message that still waits for one is not sent, and its outcome is known.
    mllp: { host: '127.0.0.1', port: silentPort(), allowPlain: true, connections: AT_ONCE },
  };
  for (const protocol of ['http', 'mllp'] as const) {
    const adapterId = `adp_silent_${protocol}`;
    const name = { 'zh-CN': '沉默', en: 'Silent' };
    await api.ask('PUT', `/adapters/${adapterId}`, {
      ...{ adapterId, revision: 0, name, protocol, owner: 'test', domain: 'sh-city' },
      environments: { DEV: settings[protocol] },
      limits: { breakerFailures: 1000 },
    });
  }
}
