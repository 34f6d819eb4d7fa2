/** What an analyst gets told: every problem at once, both versions of a race, who is in the way; and what is published stays up. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { FlowDocument } from '../../engine/contract/flow/flow-document.ts';
import { busInterface, chainFlow, openPlatformApi, type PlatformApi } from '../support/platform-api.ts';
import { choosePorts, makeScratch, removeScratch, runCommand, startPlatform, type Platform } from '../support/platform-process.ts';

interface Told {
  readonly code: string;
  readonly message: string;
  readonly issues?: readonly { readonly path: string; readonly code: string; readonly message: string }[];
  readonly yours?: FlowDocument;
  readonly theirs?: FlowDocument;
}

let scratch: string;
let platform: Platform;
let api: PlatformApi;

before(async () => {
  scratch = await makeScratch();
  platform = await startPlatform({ scratch, ports: await choosePorts(), example: true });
  api = await openPlatformApi(platform);
});
after(async () => {
  await api?.close();
  platform?.process.kill('SIGKILL');
  await removeScratch(scratch);
});

const says = (flowId: string, text: string, more: Partial<FlowDocument> = {}) =>
  chainFlow(flowId, [{ type: 'transform.map@1', config: { mapping: { rules: [{ to: 'says', from: { value: text } }] } } }], more);

const WRONG: FlowDocument = {
  ...says('flw_wrong', 'x'),
  nodes: [
    ...says('flw_wrong', 'x').nodes,
    { id: 'n_lost', type: 'soap.cal@1', label: '', config: {} },
    { id: 'n_http', type: 'http.call@1', label: '', config: { method: 'FETCH', path: 'no-slash' }, adapter: 'adp_nowhere' },
    { id: 'n_set', type: 'transform.set@1', label: '', config: { nonsense: true } },
  ],
  ingress: { lane: { key: 'data.[' } },
};
/** The problems that one response must report. */
const PROBLEMS = [
  '/nodes/3/type',
  '/nodes/4/config/method',
  '/nodes/4/config/path',
  '/nodes/4/adapter',
  '/nodes/5/config',
  '/ingress/lane/key',
];

test('a wrong flow document reports all its problems at once, each with its path', async () => {
  const report = await api.ask('POST', '/flows/validate', WRONG);
  assert.equal(report['valid'], false);
  assertPaths((report['issues'] as NonNullable<Told['issues']>).map((issue) => issue.path));
  const broken = await api.ask('POST', '/flows/validate', { schema: 'flow/1', flowId: 7, nodes: [{ id: 'x' }], mode: 'fast' });
  const paths = (broken['issues'] as NonNullable<Told['issues']>).map((issue) => issue.path);
  for (const path of ['/flowId', '/mode', '/nodes/0/id', '/nodes/0/type', '/edges'])
    assert.ok(
      paths.some((found) => found.startsWith(path)),
      path,
    );
});

test('the command line lists the same problems and ends with exit code 1', async () => {
  const file = join(scratch, 'wrong.json');
  await writeFile(file, JSON.stringify(WRONG));
  const { code, stdout } = await runCommand(['--data', platform.dataFolder, 'flow', 'validate', file]);
  assert.equal(code, 1);
  assertPaths([...stdout.matchAll(/\/[a-z]+\/[a-z0-9/]+/g)].map(([path]) => path));
});

test('a stale save gets 409 with both versions, over the API and on the command line', async () => {
  await api.ask('PUT', '/flows/flw_raced', says('flw_raced', 'first'));
  await api.ask('PUT', '/flows/flw_raced', says('flw_raced', 'theirs', { revision: 1 }));
  const mine = says('flw_raced', 'mine', { revision: 1 });
  const { status, body } = await api.call('PUT', '/flows/flw_raced', mine);
  const told = body as unknown as Told;
  assert.equal(status, 409);
  assert.equal(told.code, 'FLOW_STALE');
  assert.deepEqual(told.yours?.nodes, mine.nodes);
  assert.equal(told.theirs?.revision, 2);
  const file = join(scratch, 'mine.json');
  await writeFile(file, JSON.stringify(mine));
  const { code, stderr } = await runCommand(['--data', platform.dataFolder, 'flow', 'publish', file]);
  assert.equal(code, 5, stderr);
  assert.match(stderr, /FLOW_STALE/);
});

test('an interface on a taken route is refused and names the other interface and its flow', async () => {
  await api.publish(says('flw_first', 'first'));
  const path = await api.offer('flw_first');
  const { status, body } = await api.call('PUT', '/interfaces/ifc_second', busInterface('flw_first', { interfaceId: 'ifc_second', path }));
  assert.equal(status, 409);
  const { code, message } = body as unknown as Told;
  assert.equal(code, 'INTERFACE_ROUTE_CLASH');
  assert.match(message, /ifc_first .*flw_first/);
});

test('a publish that fails leaves the old version serving: a failing test, an expression, a loose node, a script', async () => {
  await api.publish(says('flw_served', 'old'));
  const address = await api.offer('flw_served');
  const serves = async () => (await api.bus('POST', address, {})).body;
  assert.deepEqual(await serves(), { says: 'old' });
  const failingTest = { name: 'says hello', input: { data: { body: {} } }, mocks: {}, expect: [{ path: '/data/says', equals: 'hello' }] };
  const refusals: readonly (readonly [code: string, path: string, FlowDocument])[] = [
    ['FLOW_TESTS_FAILED', '/tests/0/expect/0/equals', says('flw_served', 'new', { tests: [failingTest] })],
    [
      'FLOW_INVALID',
      '/nodes/1/config/fields/0/from/expression',
      chainFlow('flw_served', [{ type: 'transform.set@1', config: { fields: [{ to: 'data.says', from: { expression: 'data.(' } }] } }]),
    ],
    ['FLOW_INVALID', '/nodes/1', { ...says('flw_served', 'new'), edges: [] }],
    ['FLOW_INVALID', '/nodes/1/config/source', chainFlow('flw_served', [{ type: 'code.run@1', config: { source: 'return {' } }])],
  ];
  for (const [code, path, document] of refusals) {
    const { revision } = (await api.ask('GET', '/flows/flw_served')) as unknown as FlowDocument;
    await api.ask('PUT', '/flows/flw_served', { ...document, revision });
    const answer = await api.call('POST', '/flows/flw_served/publish', {});
    assert.equal((answer.body as unknown as Told).code, code, JSON.stringify(answer.body));
    assert.equal(answer.status, 422);
    assert.ok(
      (answer.body as unknown as Told).issues?.some((issue) => issue.path === path),
      JSON.stringify(answer.body),
    );
    assert.deepEqual(await serves(), { says: 'old' }, code);
  }
  const listed = (await api.ask('GET', '/flows')) as { items: { flowId: string; publishedVersion: number }[] };
  assert.equal(listed.items.find((flow) => flow.flowId === 'flw_served')?.publishedVersion, 1);
});

test('a listener whose port is taken is not published, and says who has it when that is a flow', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => taken.once('listening', resolve));
  const { port } = taken.address() as { port: number };
  try {
    const answer = await publishListener('flw_port_taken', port);
    assert.equal((answer.body as unknown as Told).code, 'MLLP_LISTEN_FAILED', JSON.stringify(answer.body));
    assert.match((answer.body as unknown as Told).message, new RegExp(String(port)));
  } finally {
    taken.close();
  }
  const clash = await publishListener('flw_port_clash', platform.ports.example + 575);
  assert.equal(clash.status, 409);
  assert.equal((clash.body as unknown as Told).code, 'LISTENER_CLASH');
  assert.match((clash.body as unknown as Told).message, /flw_admission/);
});

async function publishListener(flowId: string, port: number) {
  const adapterId = flowId.replace('flw_', 'adp_');
  await api.ask('PUT', `/adapters/${adapterId}`, {
    adapterId,
    revision: 0,
    name: { 'zh-CN': '听', en: 'Listener' },
    protocol: 'mllp',
    owner: 'test',
    domain: 'sh-city',
    environments: { DEV: { listen: { host: '127.0.0.1', port }, listenTls: false, peers: ['127.0.0.1'] } },
  });
  const flow = chainFlow(flowId, [{ type: 'hl7.parse@1' }], { mode: 'durable' });
  const nodes = flow.nodes.map((node, index) => (index === 0 ? { ...node, type: 'mllp.listen@1', adapter: adapterId } : node));
  await api.ask('PUT', `/flows/${flowId}`, { ...flow, nodes });
  return api.call('POST', `/flows/${flowId}/publish`, {});
}

function assertPaths(paths: readonly string[]): void {
  for (const path of PROBLEMS)
    assert.ok(
      paths.some((found) => found.startsWith(path)),
      `${path} is missing among ${paths.join(', ')}`,
    );
}
