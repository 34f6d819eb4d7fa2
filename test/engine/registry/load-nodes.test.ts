import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { AppError } from '../../../engine/contract/values/errors.ts';
import { describeNode } from '../../../engine/registry/describe-node.ts';
import { loadNodes } from '../../../engine/registry/load-nodes.ts';
import { sampleNodes } from '../flow/sample-flow.ts';

const root = mkdtempSync(join(tmpdir(), 'kangqiao-nodes-'));
after(() => rmSync(root, { recursive: true, force: true }));

const label = `{ 'zh-CN': '回声', en: 'Echo' }`;
const source = (
  type: string,
  major = 1,
) => `export default { type: '${type}', major: ${major}, kind: 'action', category: 'call', icon: 'x', text: { label: ${label}, help: ${label} },
  ports: { in: [], out: [] }, effect: 'read', config: { type: 'object', properties: {} }, prepare: () => () => ({ emit: {} }) };`;

function folder(name: string, files: Readonly<Record<string, string>>): string {
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name, file)), { recursive: true });
    writeFileSync(join(root, name, file), text);
  }
  return join(root, name);
}

test('finds every node file of several folders, sources and compiled, and its long help', async () => {
  const first = folder('first', {
    'echo/send.node.ts': source('echo.send'),
    'echo/send.md': '# Echo\n\n## 中文\n\n回声说明。\n\n## English\n\nIt says it again.\n',
    'echo/wire.ts': 'throw new Error("not a node");',
    'shared/deep/odd.node.ts': 'throw new Error("not at this depth");',
  });
  const second = folder('second', { 'more/ask.node.js': source('more.ask', 2), 'more/ask.node.d.ts': 'export {}' });
  const nodes = await loadNodes([first, pathToFileURL(second)]);
  assert.deepEqual(
    nodes.list().map((node) => node.type),
    ['echo.send', 'more.ask'],
  );
  assert.equal(nodes.get('more.ask@2')?.major, 2);
  assert.equal(nodes.get('more.ask@1'), undefined);
  assert.deepEqual(nodes.longHelp('echo.send@1'), { 'zh-CN': '回声说明。', en: 'It says it again.' });
});

test('tells every file that is not a node type, and loads none', async () => {
  const wrong = folder('wrong', {
    'a/one.node.js': source('a.two'),
    'a/empty.node.js': 'export const x = 1;',
    'a/broken.node.js': 'export default {{{',
    'a/zero.node.js': source('a.zero', 0),
  });
  const twice = folder('twice', { 'a/fine.node.js': source('a.fine') });
  const again = folder('again', { 'a/fine.node.js': source('a.fine') });
  await assert.rejects(loadNodes([wrong, twice, again, join(root, 'nowhere')]), (error) => {
    assert.ok(error instanceof AppError);
    assert.equal(error.code, 'NODES_INVALID');
    assert.equal(error.issues.length, 6);
    return true;
  });
});

test('describes a node type as plain JSON, with the ports of a new node', () => {
  const condition = describeNode(sampleNodes.find((node) => node.type === 'control.condition')!);
  assert.deepEqual(
    condition.ports.out.map((port) => port.name),
    ['yes', 'no'],
  );
  assert.deepEqual([condition.role, condition.ports.dependOnConfig], ['route', true]);
  const call = describeNode(sampleNodes.find((node) => node.type === 'http.call')!);
  assert.deepEqual(JSON.parse(JSON.stringify(call)), call);
  assert.deepEqual([call.name, call.adapter, call.effect, call.expressions], ['http.call@1', 'http', 'write', ['/query']]);
  assert.equal(describeNode(sampleNodes.find((node) => node.type === 'mllp.listen')!).listens, true);
});
