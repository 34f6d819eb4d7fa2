/**
 * A node type, a policy and a store are each added to a copy of the sources as the guides say: new files alone, and for the store one line.
 * The guards accept them, their tests pass, and the product started from the copy uses all three in one call.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { copyProduct, PRODUCT_ROOT, type ProductCopy } from '../support/copy-product.ts';
import { blocksOf } from '../support/document-blocks.ts';
import { chainFlow, openPlatformApi } from '../support/platform-api.ts';
import { choosePorts, makeScratch, removeScratch, startPlatform, type Platform } from '../support/platform-process.ts';

const LINE = "  demo: async () => (await import('./demo/demo-backend.ts')).demoBackend,\n";

let scratch: string;
let copy: string;
let put: ProductCopy['put'];
let program: string;
let platform: Platform | undefined;

before(async () => {
  scratch = await makeScratch();
  ({ folder: copy, put, program } = await copyProduct(scratch));
  await addNode();
  await addPolicy();
  await addStore();
});
after(async () => {
  platform?.process.kill('SIGKILL');
  await removeScratch(scratch);
});

test('the guards accept what was added, and its own tests pass', async () => {
  await run('scripts/generate-reference.ts');
  const output = await run('--test', ...testFiles());
  assert.match(output, /nodes\/echo\/send\.node\.ts is a complete node type/);
  assert.match(await run('scripts/check.mjs', 'boundaries'), /^ok +boundaries/m);
});

test('the guards refuse a node without help, and one that reaches into another protocol', async () => {
  const help = await readFile(join(copy, 'nodes/echo/send.md'));
  await put('nodes/echo/send.md', 'nothing\n');
  await put('nodes/echo/stray.ts', "import '../http/call.node.ts';\n");
  await assert.rejects(run('--test', 'test/guards/nodes.test.ts'), /its help has the headings/);
  await assert.rejects(run('scripts/check.mjs', 'boundaries'), /node-sees-contract-and-its-own: nodes\/echo\/stray\.ts/);
  await put('nodes/echo/send.md', help.toString());
  await put('nodes/echo/stray.ts', '');
});

test('the product started from the copy keeps its data in the new store and serves the new node behind the new policy', async () => {
  const marker = join(scratch, 'opened');
  const environment = { KQ_STORE_ADDRESS: `demo:${marker}` };
  platform = await startPlatform({
    scratch,
    ports: await choosePorts(),
    example: true,
    environment,
    program,
  });
  assert.equal(await readFile(marker, 'utf8'), 'demo');
  const api = await openPlatformApi(platform);
  try {
    const types = (await api.ask('GET', '/node-types')) as { items: { type: string }[] };
    assert.ok(
      types.items.some(({ type }) => type.startsWith('echo.send')),
      'the designer is told of it',
    );
    await api.publish(chainFlow('flw_echo', [{ type: 'echo.send@1', config: { field: 'again' } }]));
    const path = await api.offer('flw_echo', { policies: { demo: { word: 'please' } } });
    assert.equal((await api.bus('POST', path, { a: 1 })).status, 422);
    const { status, body } = await api.bus('POST', path, { a: 1 }, { 'x-word': 'please' });
    assert.deepEqual([status, (body as { again: { body: unknown } }).again.body], [200, { a: 1 }]);
    const wrong = await api.call('PUT', '/interfaces/ifc_wrong', {
      ...(await api.ask('GET', '/interfaces/ifc_echo')),
      interfaceId: 'ifc_wrong',
      revision: 0,
      path: '/bus/wrong',
      policies: { demo: { words: 1 } },
    });
    assert.equal(wrong.status, 422, 'its options are checked by its own schema');
  } finally {
    await api.close();
  }
  assert.equal((await platform.end('SIGTERM')).code, 0, platform.output());
});

/** The node of the guide and its test, as they stand there. */
async function addNode(): Promise<void> {
  const [definition, shownTest] = programsOf('docs/add-a-node.md', 2);
  await put('nodes/echo/send.node.ts', definition!);
  await put(
    'nodes/echo/send.md',
    `## 中文\n\n把数据放进一个字段再发出。\n\n例：\`{"field": "person"}\`\n\n## English\n\nWraps the data into a field and sends it on.\n\nExample: \`{"field": "person"}\`\n`,
  );
  await put('nodes/echo/send.example.json', '{ "config": { "field": "person" }, "data": 1, "emits": { "ok": { "person": 1 } } }\n');
  await put('test/nodes/echo/send.test.ts', shownTest!);
}

/** That of the guide, as it stands there, and one that the started product can be asked for by a header. */
async function addPolicy(): Promise<void> {
  await put('gateways/policies/caller/working-days.policy.ts', programsOf('docs/add-a-policy.md', 1)[0]!);
  await put(
    'test/gateways/policies/caller/working-days.test.ts',
    `import assert from 'node:assert/strict';
import { test } from 'node:test';
import workingDays from '../../../../gateways/policies/caller/working-days.policy.ts';
import { runPolicy } from '../../support/run-policy.ts';

test('takes requests on working days only, and on Saturdays where it may', async () => {
  const codeOn = async (day: number, options = {}) =>
    (await runPolicy(workingDays, { front: 'bus', options, now: Date.UTC(2026, 0, day) })).error?.code;
  assert.deepEqual(await Promise.all([codeOn(2), codeOn(3), codeOn(4)]), [undefined, 'GW40403', 'GW40403']);
  assert.deepEqual(await Promise.all([codeOn(3, { saturday: true }), codeOn(4, { saturday: true })]), [undefined, 'GW40403']);
});
`,
  );
  await put(
    'gateways/policies/caller/demo.policy.ts',
    `import { Type } from 'typebox';
import { fieldText } from '../../../engine/contract/values/texts.ts';
import { definePolicy } from '../../contract.ts';
import { refuse } from '../../errors.ts';

/** Asks for a word in a header. */
export default definePolicy({
  name: 'demo',
  stage: 'access',
  fronts: ['bus'],
  text: { label: { 'zh-CN': '口令', en: 'Word' }, help: { 'zh-CN': '要求请求头带口令。', en: 'Asks for a word in a header.' } },
  options: Type.Object({ word: Type.String({ ...fieldText('口令', 'Word'), maxLength: 40 }) }, { additionalProperties: false }),
  isDefault: () => false,
  isOptional: () => true,
  compile: ({ word }) => (exchange) => (exchange.incoming.get('x-word') === word ? undefined : refuse('GW42201')),
});
`,
  );
  await put(
    'test/gateways/policies/caller/demo.test.ts',
    `import assert from 'node:assert/strict';
import { test } from 'node:test';
import demo from '../../../../gateways/policies/caller/demo.policy.ts';
import { runPolicy } from '../../support/run-policy.ts';

test('asks for the word', async () => {
  const said = await runPolicy(demo, { front: 'bus', options: { word: 'please' }, raw: ['X-Word', 'please'] });
  assert.equal(said.error, undefined);
  assert.equal((await runPolicy(demo, { front: 'bus', options: { word: 'please' } })).error?.code, 'GW42201');
});
`,
  );
}

/** A folder with documents and blobs of its own (those of the store in memory under another roof), and the one line. */
async function addStore(): Promise<void> {
  for (const part of ['documents', 'blobs'])
    await cp(join(PRODUCT_ROOT, `storage/memory/memory-${part}.ts`), join(copy, `storage/demo/memory-${part}.ts`));
  const backend = await readFile(join(PRODUCT_ROOT, 'storage/memory/memory-backend.ts'), 'utf8');
  const own = backend
    .replace('memoryBackend', 'demoBackend')
    .replace('async open(_address', 'async open(address')
    .replace('    const documents', "    await writeFile(address.slice('demo:'.length), 'demo');\n    const documents");
  await put('storage/demo/demo-backend.ts', `import { writeFile } from 'node:fs/promises';\n${own}`);
  const opener = await readFile(join(PRODUCT_ROOT, 'storage/open-storage.ts'), 'utf8');
  await put('storage/open-storage.ts', opener.replace('  embedded:', `${LINE}  embedded:`));
  await put(
    'test/storage/demo/demo.test.ts',
    `import { createMemoryDocuments } from '../../../storage/demo/memory-documents.ts';
import { documentsConformance } from '../../conformance/documents.ts';

documentsConformance('demo', async (clock) => {
  const documents = createMemoryDocuments({ clock });
  return { documents, close: () => documents.close() };
});
`,
  );
}

/** The programs that a guide shows; the test takes so many, and one more would be run by nothing. */
function programsOf(page: string, count: number): string[] {
  const programs = blocksOf(page).flatMap(({ language, text }) => (language === 'ts' ? [text] : []));
  assert.equal(programs.length, count, page);
  return programs;
}

function testFiles(): string[] {
  const policies = ['demo', 'working-days'].map((name) => `test/gateways/policies/caller/${name}.test.ts`);
  const own = ['test/nodes/echo/send.test.ts', ...policies, 'test/storage/demo/demo.test.ts'];
  const guards = ['test/guards/nodes.test.ts', 'test/guards/docs-reference.test.ts', 'test/gateways/pipeline/policies.test.ts'];
  return [...guards, 'test/examples/node-examples.test.ts', ...own];
}

/** Runs Node in the copy; rejects with all that was said when it fails. */
function run(...args: readonly string[]): Promise<string> {
  // A test below a test would report to the outer one instead of in words.
  const { NODE_TEST_CONTEXT: _outer, ...env } = process.env;
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { cwd: copy, env, maxBuffer: 64 << 20, timeout: 120_000 }, (error, stdout, stderr) =>
      error ? reject(new Error(stdout + stderr, { cause: error })) : resolve(stdout),
    );
  });
}
