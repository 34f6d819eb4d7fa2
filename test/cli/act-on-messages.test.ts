/** What commands on messages send, seen by a control that only records. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { text } from 'node:stream/consumers';
import { dataTokenPath, writeTokenFile } from '../../cli/shared/token-file.ts';
import { runCommand } from '../support/platform-process.ts';

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
}

test('a held execution is ended as done at the attempt that was seen, with the reply of a file', async (t) => {
  const { run, asked, file } = await recording(t, { status: 'held', attempt: 3 });
  const reply = { status: 201, data: { number: 7 } };
  writeFileSync(file, JSON.stringify(reply));
  const ended = await run(['message', 'conclude', 'exe_1', '--reason', 'booked by phone', '--was-done', '--reply', file]);
  assert.equal(ended.code, 0, ended.stderr);
  assert.match(ended.stdout, /exe_1 was ended as done, with a reply/);
  const { path, body } = asked.at(-1)!;
  assert.equal(path, '/api/v1/executions/exe_1/conclude');
  assert.deepEqual(body, { attempt: 3, reason: 'booked by phone', wasDone: true, reply });
  assert.equal((await run(['message', 'conclude', 'exe_1', '--reason', 'seen in the HIS'])).code, 0);
  assert.deepEqual(asked.at(-1)!.body, { attempt: 3, reason: 'seen in the HIS' });
  assert.equal((await run(['message', 'conclude', 'exe_1'])).code, 2, 'it takes a reason');
});

test('a message is resent under new keys, and with writes that were done, where the command says so', async (t) => {
  const { run, asked } = await recording(t, { status: 'held', executionId: 'exe_2', replaced: true });
  const ended = await run(['message', 'resend', 'exe_1', '--reason', 'refused by its key', '--new-keys', '--accept-done']);
  assert.equal(ended.code, 0, ended.stderr);
  assert.deepEqual(asked.at(-1)!.body, { seen: 'held', reason: 'refused by its key', newKeys: true, acceptDone: true });
});

test('what a bulk let go on and was held again makes the command fail, though all were retried', async (t) => {
  const outcome = { wentOn: 0, heldAgain: 200, failed: 0, underWay: 0 };
  const answer = { kind: 'retry', bulkId: 'blk_12345678', total: 200, done: 200, goneOn: 0, missing: 0, unknownSkipped: 0, outcome };
  const { run, asked } = await recording(t, answer);
  const ended = await run(['held', 'retry', '--of-bulk', 'blk_87654321']);
  assert.equal(ended.code, 1);
  assert.match(ended.stdout, /200 of 200 done[^]*0 continued, 200 held again, 0 failed or cancelled, 0 still running/);
  assert.deepEqual([asked[0]!.body['ofBulk'], asked[1]!.path], ['blk_87654321', '/api/v1/bulks/blk_12345678']);
});

test('a bulk is named before it begins, by the id with which it can be looked up after the command was killed', async (t) => {
  const answer = { kind: 'resend', total: 1, done: 1, goneOn: 0, missing: 0, unknownSkipped: 0 };
  const { run, asked } = await recording(t, answer);
  for (const kind of ['retry', 'resend', 'conclude', 'cancel']) {
    const reason = kind === 'retry' ? [] : ['--reason', 'table corrected'];
    const ended = await run(['held', kind, '--all', ...reason]);
    const id = /^Bulk (blk_[A-Za-z0-9_-]{8,60}); /.exec(ended.stderr)?.[1];
    assert.equal(lastPost(asked).body['bulkId'], id, ended.stderr);
    assert.notEqual(id, undefined);
  }
  assert.equal((await run(['held', 'bulk', 'blk_12345678'])).code, 0);
  assert.deepEqual([asked.at(-1)!.method, asked.at(-1)!.path], ['GET', '/api/v1/bulks/blk_12345678']);
  await run(['held', 'retry', '--bulk', 'blk_12345678']);
  assert.equal(lastPost(asked).body['bulkId'], 'blk_12345678', 'it goes on with an earlier one');
  const counted = await run(['held', 'retry', '--all', '--dry-run']);
  assert.equal(asked.at(-1)!.body['bulkId'], undefined);
  const before = asked.length;
  for (const kind of ['resend', 'cancel']) {
    assert.equal((await run(['held', kind, '--all', '--dry-run'])).code, 0, 'counting takes no reason');
    assert.equal((await run(['held', kind, '--bulk', 'blk_12345678'])).code, 0, 'an earlier bulk has its reason');
    const refused = await run(['held', kind, '--all']);
    assert.deepEqual([refused.code, /--reason/.test(refused.stderr)], [2, true], refused.stderr);
  }
  assert.equal(asked.slice(before).filter(({ method }) => method === 'POST').length, 4);
  assert.doesNotMatch(counted.stderr, /blk_/);
});

test('a list of which one is refused: its file, its id and what was saved before it are named', async (t) => {
  const refusing = (path: string) => path.endsWith('/adp_b');
  const { run, file } = await recording(t, { revision: 1 }, refusing);
  writeFileSync(file, JSON.stringify([{ adapterId: 'adp_a' }, { adapterId: 'adp_b' }, { adapterId: 'adp_c' }]));
  const ended = await run(['adapter', 'apply', file]);
  assert.equal(ended.code, 1);
  assert.ok(ended.stderr.includes(`Stopped at adp_b of ${file}. Saved before that: adp_a.`), ended.stderr);
  assert.match(ended.stderr, /BINDING_INVALID/);
});

test('all interfaces of a list are checked before the first is saved, and each wrong one is named with its file', async (t) => {
  const issue = { path: '/target/flowId', code: 'INTERFACE_FLOW_UNKNOWN', severity: 'error', message: 'There is no flow flw_x.' };
  const { run, asked, file } = await recording(t, { valid: false, issues: [issue] });
  writeFileSync(file, JSON.stringify([{ interfaceId: 'ifc_a' }, { interfaceId: 'ifc_b' }]));
  const ended = await run(['interface', 'apply', file]);
  assert.equal(ended.code, 1);
  for (const id of ['ifc_a', 'ifc_b']) assert.ok(ended.stderr.includes(`${file}, ${id}`), ended.stderr);
  assert.match(ended.stderr, /INTERFACE_FLOW_UNKNOWN/);
  assert.ok(!asked.some(({ method }) => method === 'PUT'), 'nothing is saved');
});

function lastPost(asked: readonly Asked[]): Asked {
  return asked.findLast(({ method }) => method === 'POST')!;
}

/** Answers everything alike, but 404 to what is asked for first, and 422 to what it is to refuse. */
async function recording(t: TestContext, answer: object, refuses: (path: string) => boolean = () => false) {
  const folder = mkdtempSync(join(tmpdir(), 'kq-cli-'));
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    void text(request).then((sent) => {
      const { method = '', url: path = '' } = request;
      asked.push({ method, path, body: sent === '' ? {} : (JSON.parse(sent) as Asked['body']) });
      const isResource = method === 'GET' && /\/(adapters|interfaces)\//.test(path);
      const refusal = { code: 'BINDING_INVALID', message: 'This is not a valid adapter.' };
      const status = isResource ? 404 : method === 'PUT' && refuses(path) ? 422 : 200;
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(status === 200 ? answer : refusal));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await writeTokenFile(dataTokenPath(folder), { address, token: 'kqt_test' });
  return { asked, file: join(folder, 'input.json'), run: (args: readonly string[]) => runCommand(['--data', folder, ...args]) };
}
