/** Files that the messages of an execution name, as downloads. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { headersOf, FileOutput } from '../../control/action/file-output.ts';
import { graph, startWithEngine } from './start-engine.ts';

const NAME = '张三 检查报告.pdf';

async function* once(bytes: Uint8Array) {
  yield bytes;
}

test('a file that a message names is downloaded, as plain bytes, with an audit line that names no person', async (t) => {
  const running = await startWithEngine();
  t.after(running.stop);
  const bytes = Buffer.alloc(300_000, 'x');
  const put = (content: Uint8Array) => running.blobs.put(once(content), { limitBytes: 1_000_000 });
  const [ref, other] = [await put(bytes), await put(Buffer.from('of another execution'))];
  await running.publish(graph('flw_files', { n_in: { type: 'interface.call@1' }, n_set: SET }, ['n_in > n_set'], { mode: 'durable' }));
  const executionId = await running.send('flw_files', { report: [{ ...ref, name: NAME, mediaType: 'text/html' }] });
  const second = await running.send('flw_files', { file: other });
  const status = async (id: string) => ((await running.admin.call('GET', `/executions/${id}`)).body as { status: string }).status;
  for (const id of [executionId, second]) await running.until(async () => (await status(id)) === 'completed');

  const analyst = await running.person('ana', ['analyst']);
  const at = (blobId: string) => `/executions/${executionId}/files/${blobId}`;
  const answer = await analyst.raw('GET', at(ref.blobId));
  assert.equal(answer.status, 200);
  assert.ok(Buffer.from(await answer.arrayBuffer()).equals(bytes));
  const { headers } = answer;
  assert.equal(headers.get('content-type'), 'application/octet-stream');
  assert.equal(headers.get('x-content-type-options'), 'nosniff');
  assert.equal(headers.get('cache-control'), 'no-store');
  assert.match(headers.get('content-disposition')!, /^attachment; filename="__ ____\.pdf"; filename\*=UTF-8''%E5%BC%A0/);

  const outcome = async (person: typeof analyst, path: string) => (await person.raw('GET', path)).status;
  assert.equal(await outcome(analyst, at(other.blobId)), 404, 'another execution names it');
  assert.equal(await outcome(analyst, at('blob_0000000000AAAAAAAAAAAAAA')), 400, 'no id of a file');
  assert.equal(await outcome(await running.person('viewer', ['viewer']), at(ref.blobId)), 403);
  assert.equal(await outcome(await running.person('stranger', ['analyst'], ['hospital-b']), at(ref.blobId)), 404);
  await running.blobs.remove(ref.blobId);
  assert.equal(await outcome(analyst, at(ref.blobId)), 404, 'it is no longer stored');

  const auditor = await running.person('auditor', ['audit-admin']);
  const lines = JSON.stringify((await auditor.call('GET', '/audit?action=executions.file&actor=ana')).body);
  assert.ok(lines.includes(ref.blobId) && !lines.includes('张三'), lines.slice(0, 1000));
});

test('a message of another domain that only names a file does not open it, unless the message came from there', async (t) => {
  const running = await startWithEngine();
  t.after(running.stop);
  const ref = await running.blobs.put(once(Buffer.from('a report')), { limitBytes: 1000 });
  for (const [flowId, domain] of [
    ['flw_owner', 'hospital-a'],
    ['flw_other', 'hospital-b'],
  ] as const)
    await running.publish(graph(flowId, { n_in: { type: 'interface.call@1' }, n_set: SET }, ['n_in > n_set'], { mode: 'durable', domain }));
  const send = async (flowId: string, lineage: readonly string[] = []) => {
    const executionId = await running.send(flowId, { file: ref }, { lineage });
    await running.until(async () => (await running.admin.call('GET', `/executions/${executionId}`)).body.status === 'completed');
    return executionId;
  };
  const received = await send('flw_owner');
  const [named, passedOn] = [await send('flw_other'), await send('flw_other', [received])];
  const owner = await running.person('owner', ['analyst'], ['hospital-a']);
  const other = await running.person('other', ['analyst'], ['hospital-b']);
  const outcome = async (person: typeof owner, id: string) => (await person.raw('GET', `/executions/${id}/files/${ref.blobId}`)).status;
  assert.equal(await outcome(owner, received), 200);
  assert.equal(await outcome(other, received), 404);
  assert.equal(await outcome(other, named), 404, 'its sender only knew the id');
  assert.equal(await outcome(other, passedOn), 200);
  assert.equal(await outcome(running.admin, named), 200);
});

const SET = { type: 'transform.set@1', config: { fields: [{ to: 'data.seen', from: { value: true } }] } };

test('a name of another system cannot leave its place in the header, nor name a folder', () => {
  const disposition = (name: string) => headersOf(new FileOutput(name, once(Buffer.alloc(0))))['content-disposition'];
  assert.equal(
    disposition('a"; x=\r\nset-cookie: 1'),
    `attachment; filename="a_; x=__set-cookie_ 1"; filename*=UTF-8''a_%3B%20x%3D__set-cookie_%201`,
  );
  assert.equal(disposition('../../etc/passwd'), `attachment; filename=".._.._etc_passwd"; filename*=UTF-8''.._.._etc_passwd`);
  assert.equal(disposition('it\u202egpj.exe'), `attachment; filename="it_gpj.exe"; filename*=UTF-8''it_gpj.exe`);
  assert.ok(disposition(`${'a'.repeat(199)}😀`)!.length < 600);
});
