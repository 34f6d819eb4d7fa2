import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { silentLogger } from '../../../engine/contract/values/observe.ts';
import type { SealPlace } from '../../../engine/contract/values/seal.ts';
import type { CallName, CallQuery } from '../../../gateways/documents/gateway-questions.ts';
import { openAccessLog } from '../../../gateways/log/open-access-log.ts';
import { findCalls, openCall } from '../../../gateways/log/search-access-log.ts';
import { fakeClock } from '../../../engine/testing/fake-clock.ts';
import { readLog } from '../support/read-log.ts';
import { testSeal } from '../support/test-seal.ts';

const LINES = 5000;
const line = (at: number, more: Record<string, unknown> = {}) =>
  JSON.stringify({
    ...{
      at,
      ms: 3,
      front: 'open',
      trace: `trace-${at}`,
      method: 'POST',
      path: '/open/v1/书',
      interface: `ifc_${at % 3}`,
      app: `app${at % 5}`,
    },
    ...{ ip: `10.0.0.${at % 7}`, status: at % 10 === 0 ? 403 : 200, ...(at % 10 === 0 && { code: 'GW40301', by: 'grant' }) },
    ...{ bytesIn: 10, bytesOut: 20, plan: 1, ...more },
  });

/** A log in three files. Some lines are longer than the blocks in which the files are read. */
async function logFolder(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'kq-search-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const moreOf = (at: number) => (at === LINES - 1 ? { claimed: 'claimed1' } : at % 1000 === 500 ? { in: 'x'.repeat(400_000) } : {});
  const all = Array.from({ length: LINES }, (_, at) => line(at, moreOf(at)));
  await writeFile(join(folder, 'open.2026-01-01T00-00-00-000Z.ndjson'), `${all.slice(0, 2000).join('\n')}\n`);
  await writeFile(join(folder, 'open.2026-01-02T00-00-00-000Z.ndjson'), `${all.slice(2000, 4000).join('\n')}\n`);
  await writeFile(join(folder, 'open.ndjson'), `${all.slice(4000).join('\n')}\n{"at":9999,"half of a li`);
  return {
    folder,
    logs: ['open', 'bus'],
    processId: 'p1',
  };
}

const never = () => false;
const turn = () => Promise.resolve();

test('every call is found by each of its values, over all files, the newest first', async (t) => {
  const files = await logFolder(t);
  const find = async (query: CallQuery, more: Partial<Parameters<typeof findCalls>[2]> = {}) =>
    findCalls(files, query, { limit: LINES, isOver: never, turn, ...more });
  const times = async (query: CallQuery) => (await find(query)).calls.map(({ at }) => at);
  const expected = (matches: (at: number) => boolean) => Array.from({ length: LINES }, (_, i) => LINES - 1 - i).filter(matches);
  assert.deepEqual(
    await times({}),
    expected(() => true),
  );
  assert.deepEqual(await times({ traceId: 'trace-1500' }), [1500]);
  assert.deepEqual(
    await times({ traceId: 'trace-150' }),
    expected((at) => String(at).startsWith('150')),
    'by the first characters of a trace id',
  );
  assert.deepEqual(
    await times({ appId: 'app3' }),
    expected((at) => at % 5 === 3),
  );
  assert.deepEqual(
    await times({ interfaceId: 'ifc_1', ip: '10.0.0.2' }),
    expected((at) => at % 3 === 1 && at % 7 === 2),
  );
  assert.deepEqual(
    await times({ code: 'GW40301', from: 1000, to: 3000 }),
    expected((at) => at % 10 === 0 && at >= 1000 && at <= 3000),
  );
  assert.deepEqual(
    await times({ outcome: 'refused' }),
    expected((at) => at % 10 === 0),
  );
  assert.deepEqual(await times({ front: 'bus' }), []);
  assert.deepEqual(await times({ appId: 'claimed1' }), [4999]);
  const [call] = (await find({ traceId: 'trace-4500' })).calls;
  assert.deepEqual([call?.decidedBy, call?.code, call?.hasBodies, call?.processId], ['grant', 'GW40301', true, 'p1']);
});

test('a search says where it ended, and leaves out what the person may not see', async (t) => {
  const files = await logFolder(t);
  const few = await findCalls(files, {}, { limit: 3, isOver: never, turn });
  assert.deepEqual([few.calls.map(({ at }) => at), few.readTo], [[4999, 4998, 4997], 4996]);
  let looked = 0;
  const short = await findCalls(files, {}, { limit: LINES, isOver: () => ++looked > 100, turn });
  // The half line counts too.
  assert.deepEqual([short.calls.length, short.readTo], [99, 4900]);
  const seen = await findCalls(files, {}, { limit: LINES, isOver: never, turn, interfaceIds: new Set(['ifc_2']) });
  assert.ok(seen.calls.length > 1000 && seen.calls.every(({ interfaceId }) => interfaceId === 'ifc_2'));
});

test('the bodies of one call are opened by its trace id, time, front and interface', async (t) => {
  const files = await logFolder(t);
  const seal = { open: ({ id, field }: SealPlace, sealed: string) => Buffer.from(`${id} ${field} ${sealed.length}`) };
  const open = (named: Partial<CallName> & { readonly at: number }, interfaceIds?: ReadonlySet<string>) =>
    openCall(
      files,
      { traceId: `trace-${named.at}`, front: 'open', interfaceId: `ifc_${named.at % 3}`, ...named },
      { interfaceIds, seal, isOver: never, turn },
    );
  assert.deepEqual(await open({ at: 2500 }), { interfaceId: 'ifc_1', bodies: { in: 'trace-2500 in 400000' } });
  assert.deepEqual(await open({ at: 2501 }), { interfaceId: 'ifc_2', bodies: {} });
  assert.equal(await open({ at: 100, traceId: 'trace-101' }), undefined, 'not at this time');
  assert.equal(await open({ at: 2500, front: 'bus' }), undefined, 'not of this front');
  assert.equal(await open({ at: 2500, interfaceId: 'ifc_2' }), undefined, 'not of this interface');
  assert.ok(await open({ at: 2500 }, new Set(['ifc_1'])));
  assert.equal(await open({ at: 2500 }, new Set(['ifc_2'])), undefined, 'the interface is none of theirs');
});

test('of calls that share a trace id, only the named one is opened', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'kq-search-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const nested = (at: number, id: string) => line(at, { front: 'bus', trace: 'trace-shared', interface: id, in: `body of ${id}` });
  await writeFile(join(folder, 'bus.ndjson'), `${[nested(5, 'ifc_b'), nested(5, 'ifc_a'), nested(7, 'ifc_a')].join('\n')}\n`);
  const files = { folder, logs: ['bus'], processId: 'p1' };
  const options = { seal: { open: (_place: SealPlace, sealed: string) => Buffer.from(sealed) }, isOver: never, turn };
  const open = (at: number, interfaceId: string, only?: readonly string[]) =>
    openCall(
      files,
      { traceId: 'trace-shared', at, front: 'bus', interfaceId },
      { ...options, interfaceIds: only === undefined ? undefined : new Set(only) },
    );
  assert.deepEqual(await open(5, 'ifc_b', ['ifc_b']), { interfaceId: 'ifc_b', bodies: { in: 'body of ifc_b' } });
  assert.equal(await open(5, 'ifc_a', ['ifc_b']), undefined);
  assert.equal(await open(7, 'ifc_b', ['ifc_b']), undefined);
});

test('calls are found by the policies that noted something about them, refused or not', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'kq-search-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const noteOf = (policy: string) => ({ notes: [{ policy, where: 'body:/note', what: 'html-event <a e=' }] });
  const lines = [
    line(1, noteOf('xss')),
    line(2, noteOf('sql-injection')),
    line(3, noteOf('object-access')),
    line(4),
    line(5, noteOf('xss')),
  ];
  await writeFile(join(folder, 'open.ndjson'), `${lines.join('\n')}\n`);
  const files = { folder, logs: ['open'], processId: 'p1' };
  const find = async (query: CallQuery) => (await findCalls(files, query, { limit: 9, isOver: never, turn })).calls.map(({ at }) => at);
  assert.deepEqual(await find({ notedBy: ['xss', 'sql-injection'] }), [5, 2, 1]);
  assert.deepEqual(await find({ notedBy: ['xss'], interfaceId: 'ifc_1' }), [1]);
});

test('a long call is found by its time, though shorter ones that began later were written before it', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'kq-search-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const lines = [line(5000, { trace: 'trace-wanted' }), line(100, { ms: 5000, trace: 'trace-long1' })];
  await writeFile(join(folder, 'bus.ndjson'), `${lines.join('\n')}\n`);
  const files = { folder, logs: ['bus'], processId: 'p1' };
  const { calls } = await findCalls(files, { from: 4900 }, { limit: 5, isOver: never, turn });
  assert.deepEqual(
    calls.map(({ traceId }) => traceId),
    ['trace-wanted'],
  );
});

test('a search asks for a turn before each block, and stops in the middle of a log when it is over', async (t) => {
  const files = await logFolder(t);
  let turns = 0;
  const counting = () => Promise.resolve(void turns++);
  await findCalls(files, { ip: '203.0.113.9' }, { limit: 5, isOver: never, turn: counting });
  assert.ok(turns >= 6, `${turns} turns for three files`);
  const all = turns;
  turns = 0;
  const found = await findCalls(files, { ip: '203.0.113.9' }, { limit: 5, isOver: () => turns > 2, turn: counting });
  assert.ok(turns < all && found.readTo !== undefined);
});

test('bodies that were sealed together are opened one call at a time, also in an older file than their calls', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'kq-search-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const clock = fakeClock();
  const log = await openAccessLog({ folder, name: 'open', clock, logger: silentLogger, seal: testSeal, rotateBytes: 400_000 });
  const [calls, times] = [600, 4];
  const bodyOf = (at: number) => `${at} ${randomBytes(400).toString('hex')}`;
  const bodies = Array.from({ length: calls }, (_, at) => bodyOf(at));
  for (let at = 0; at < calls; at++) {
    // Two calls share a trace id, and one call in five has no bodies.
    const trace = `trace-${at - (at % 2)}`;
    log.write(
      line(at, { trace }),
      at % 5 === 0 ? undefined : { traceId: trace, interfaceId: `ifc_${at % 3}`, bodies: { in: bodies[at]!, out: '"ok"' } },
    );
    if (at % (calls / times) === 0) await log.flush();
  }
  await log.close();
  const { lines, blocks } = await readLog(folder);
  assert.ok(lines.length === calls && blocks.length > times, `${blocks.length} blocks`);
  assert.ok((await readdir(folder)).length > 1);
  const files = { folder, logs: ['open'], processId: 'p1' };
  for (let at = 0; at < calls; at++) {
    const named = { traceId: `trace-${at - (at % 2)}`, at, front: 'open' as const, interfaceId: `ifc_${at % 3}` };
    const opened = await openCall(files, named, { seal: testSeal, isOver: never, turn });
    assert.ok(opened !== 'damaged');
    assert.deepEqual(opened?.bodies, at % 5 === 0 ? {} : { in: bodies[at], out: '"ok"' }, `call ${at}`);
  }
  const found = await findCalls(files, {}, { limit: 2 * calls, isOver: never, turn });
  assert.deepEqual([found.calls.length, found.calls.filter(({ hasBodies }) => hasBodies).length], [calls, calls * 0.8]);
  for (const [i, text] of lines.entries()) assert.ok(!text.includes('"ok"') && !text.includes(bodies[i]!), text);
});

test('a call is found and opened by its front in every log of the process: a bus gateway serves the calls of the DMZ', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'kq-search-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, 'open.ndjson'), `${line(1)}\n`);
  await writeFile(join(folder, 'bus.ndjson'), `${line(2, { via: 'node', in: 'sealed' })}\n${line(3, { front: 'bus' })}\n`);
  const files = { folder, logs: ['open', 'bus'], processId: 'p1' };
  const found = await findCalls(files, { front: 'open' }, { limit: 9, isOver: never, turn });
  assert.deepEqual(
    found.calls.map(({ at }) => at),
    [2, 1],
  );
  const seal = { open: (_place: SealPlace, sealed: string) => Buffer.from(sealed) };
  const named = { traceId: 'trace-2', at: 2, interfaceId: 'ifc_2' };
  assert.deepEqual(await openCall(files, { ...named, front: 'open' }, { seal, isOver: never, turn }), {
    interfaceId: 'ifc_2',
    bodies: { in: 'sealed' },
  });
  assert.equal(await openCall(files, { ...named, front: 'bus' }, { seal, isOver: never, turn }), undefined);
});

test('bodies are opened for their own interface only, and a damaged record is said to be damaged', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'kq-search-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const log = await openAccessLog({ folder, name: 'open', clock: fakeClock(), logger: silentLogger, seal: testSeal });
  log.write(line(3), { traceId: 'trace-3', interfaceId: 'ifc_0', bodies: { in: '"secret"' } });
  log.write(line(4, { interface: undefined }), { traceId: 'trace-4', interfaceId: undefined, bodies: { target: '/nowhere' } });
  await log.close();
  const path = join(folder, 'open.ndjson');
  const whole = await readFile(path, 'utf8');
  const unnamed = { traceId: 'trace-3', at: 3, front: 'open' as const };
  const open = async (text: string, call: CallName = { ...unnamed, interfaceId: 'ifc_0' }) => {
    await writeFile(path, text);
    return openCall({ folder, logs: ['open'], processId: 'p1' }, call, { seal: testSeal, isOver: never, turn });
  };
  assert.deepEqual(await open(whole), { interfaceId: 'ifc_0', bodies: { in: '"secret"' } });
  assert.deepEqual(await open(whole, { ...unnamed, traceId: 'trace-4', at: 4 }), { bodies: { target: '/nowhere' } });
  assert.equal(await open(whole.replace('"ifc_0"', '"ifc_1"'), { ...unnamed, interfaceId: 'ifc_1' }), 'damaged', 'the line was changed');
  assert.equal(await open(whole.replace('"interface":"ifc_0",', ''), unnamed), 'damaged');
  const flipped = whole.replace(/(?<="sealed":".{30}).(.)/, (two) => `${two.startsWith('A') ? 'B' : 'A'}${two.slice(1)}`);
  for (const damaged of [flipped, whole.replace(/(?<="sealed":".{30})[^"]*/, ''), whole.replace('"}\n', '\n')])
    assert.equal(await open(damaged), 'damaged');
});
