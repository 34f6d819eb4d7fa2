/* eslint-disable @typescript-eslint/no-unsafe-assignment -- answers of every shape are looked into */
/** Names and labels must not contain terminal controls or characters that change the text direction; earlier documents keep working. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createInterfaceCheck } from '../../gateways/pipeline/check-interface.ts';
import { createMemoryBlobs } from '../../storage/memory/memory-blobs.ts';
import { createMemoryDocuments } from '../../storage/memory/memory-documents.ts';
import { createMemorySharedState } from '../../storage/in-process/memory-shared-state.ts';
import { createMemoryWorkQueue } from '../../storage/in-process/memory-work-queue.ts';
import type { Storage } from '../../storage/open-storage.ts';
import { createMessage } from '../../engine/contract/values/message.ts';
import { systemClock } from '../../engine/host/system-clock.ts';
import { adapterOf, appOf, flowOf, interfaceOf, tableOf } from './domain-sides.ts';
import { engineOn } from '../support/engine-on.ts';
import { plainSeal, type Answer, type Client } from './start-control.ts';
import { graph, plainSealed, startWithEngine, type RunningEngine } from './start-engine.ts';

const HARMFUL = ['\u001b[31mred', 'two\nlines', 'a\u0000b', '\u009b2J', 'user\u202Egpj.exe', '\u2066hidden\u2069'];
const mark = { domain: 'd', mark: 'plain1' };
const both = (text: string) => ({ 'zh-CN': 'name', en: text });

let running: RunningEngine;
let security: Client;

before(async () => {
  running = await startWithEngine();
  security = await running.person('sec', ['security-admin']);
});
after(() => running.stop());

test('saving and importing refuse them in every name and label, by the field', async () => {
  const { admin } = running;
  const flow = flowOf(mark);
  const [first, ...others] = flow.nodes;
  const note = { id: 'note_a', text: 'x', position: [0, 0], size: [100, 100], color: 'grey' };
  for (const text of HARMFUL) {
    const bundle = (part: object) => admin.call('POST', '/bundles/import', { schema: 'bundle/1', ...part });
    const asked: readonly (readonly [string, Promise<Answer>])[] = [
      ['/name/en', admin.call('PUT', `/flows/${flow.flowId}`, { ...flow, name: both(text) })],
      ['/nodes/0/label', admin.call('PUT', `/flows/${flow.flowId}`, { ...flow, nodes: [{ ...first, label: text }, ...others] })],
      ['/tags/0', admin.call('PUT', `/flows/${flow.flowId}`, { ...flow, tags: [text] })],
      ['/domain', admin.call('PUT', `/flows/${flow.flowId}`, { ...flow, domain: text })],
      ['/flows/0/name/en', bundle({ flows: [{ ...flow, name: both(text) }] })],
      ['/bundle/adapters/0/name/en', bundle({ adapters: [adapterOf(mark, { name: both(text) })] })],
      ['/document/name/en', admin.call('PUT', '/adapters/adp_plain1', adapterOf(mark, { name: both(text) }))],
      ['/document/owner', admin.call('PUT', '/adapters/adp_plain1', adapterOf(mark, { owner: text }))],
      ['/document/name/en', admin.call('PUT', '/code-tables/table-plain1', tableOf(mark, { name: both(text) }))],
      ['/document/name/en', admin.call('PUT', '/interfaces/ifc_plain1', interfaceOf(mark, { name: both(text) }))],
      ['/document/name/en', security.call('PUT', '/apps/APP_plain1', appOf(mark, { name: both(text) }))],
      ['/document/caller', security.call('PUT', '/apps/APP_plain1', appOf(mark, { caller: text }))],
      ['/displayName', admin.call('POST', '/accounts', { name: 'new-one', displayName: text, roles: ['viewer'] })],
      ['/label', admin.call('POST', '/me/tokens', { label: text })],
    ];
    for (const [path, answered] of asked) {
      const { status, body } = await answered;
      assert.ok(status === 400 || status === 422, `${path} ${JSON.stringify(text)}: ${status} ${JSON.stringify(body)}`);
      const issue = body.issues.find((one: { path: string }) => one.path.endsWith(path.replace('/document', '')));
      assert.equal(issue?.values.problem, 'control-characters', `${path} ${JSON.stringify(body.issues)}`);
    }
  }
  const several = {
    ...flow,
    description: both('two\nlines\tof text'),
    layout: { nodes: {}, groups: [], notes: [{ ...note, text: 'a\nb' }] },
  };
  const { issues } = (await admin.call('POST', '/flows/validate', several)).body;
  assert.deepEqual(
    issues.filter(({ values }: { values?: { problem?: string } }) => values?.problem === 'control-characters'),
    [],
  );
});

test('an account whose name an earlier version took is disabled as it is, and renamed to nothing like it', async () => {
  const { admin } = running;
  await running.person('old', ['viewer']);
  const accounts = await running.documents.open({ name: 'accounts', schema: {}, indexes: [] });
  await accounts.patchIf('old', {}, { set: { displayName: 'old\u001b[2J' } });
  const { revision } = (await admin.call('GET', '/accounts')).body.items.find(({ name }: { name: string }) => name === 'old');
  const change = { roles: ['viewer'], revision, disabled: true };
  const other = await admin.call('PUT', '/accounts/old', { ...change, displayName: 'new\u001b[2J' });
  assert.deepEqual([other.status, other.body.issues[0].path], [400, '/displayName']);
  assert.equal((await admin.call('PUT', '/accounts/old', { ...change, displayName: 'old\u001b[2J' })).status, 200);
});

test('an interface whose name was stored before stays on its gateway', () => {
  const check = createInterfaceCheck([]);
  assert.deepEqual(check(interfaceOf(mark, { name: both('old\u001b[31m'), description: both('\u202Eold'), domain: 'old\n' })), []);
});

test('a flow that was published with such a label before goes on, and is refused by the next publish', async (t) => {
  const clock = systemClock;
  const documents = createMemoryDocuments({ clock });
  const sharedState = createMemorySharedState({ clock });
  const parts = {
    documents,
    sharedState,
    workQueue: createMemoryWorkQueue({ clock }),
    blobs: createMemoryBlobs({ clock }),
    seal: plainSeal,
  };
  const flowId = 'flw_before';
  const nodes = { n_in: { type: 'interface.call@1', label: 'MARKER' }, n_reply: { type: 'control.reply@1' } };
  const signal = new AbortController().signal;
  const open = async () => {
    const engine = await engineOn(parts as unknown as Storage, 'TEST');
    t.after(() => engine.stop(1000));
    return engine;
  };
  const { catalog } = await open();
  await catalog.saveDraft(graph(flowId, nodes, ['n_in > n_reply']), 'test');
  await catalog.publish(flowId, 'test', signal);
  await relabel(documents, flowId);
  const again = await open();
  const call = {
    ...{ flowId, caller: { interfaceId: 'ifc_test', appId: 'app' }, message: createMessage({ number: 1 }), traceId: 'trace' },
    ...{ deadlineMs: clock.now() + 60_000, onLeave: () => undefined },
  };
  assert.match((await again.runFlow.call(call)).executionId, /^exe_/);
  assert.match((await again.catalog.version(flowId, 1))!.document.nodes[0]!.label, /\u001b/);
  await assert.rejects(again.catalog.publish(flowId, 'test', signal), { code: 'FLOW_INVALID' });
});

/** As a version without this rule would have stored draft and version. */
async function relabel(documents: RunningEngine['documents'], flowId: string): Promise<void> {
  const byFlow = [{ name: 'by_flow', fields: ['flowId', 'version'] }];
  for (const [name, id, indexes] of [
    ['flow_drafts', flowId, []],
    ['flow_versions', `${flowId}@1`, byFlow],
  ] as const) {
    const collection = await documents.open<{ readonly _id: string; readonly body: string }>({ name, schema: {}, indexes });
    const stored = (await collection.get(id))!;
    const body = plainSealed(id, stored.body, (text) => text.replace('MARKER', 'MARK\\u001b[31mER'));
    await collection.patchIf(id, {}, { set: { body } });
  }
}
