import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { CallQuery } from '../../../gateways/documents/gateway-questions.ts';
import { findCalls, openCall } from '../../../gateways/log/search-access-log.ts';

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
    logs: [
      { front: 'open' as const, name: 'open' },
      { front: 'bus' as const, name: 'bus' },
    ],
    processId: 'p1',
  };
}

const never = () => false;

test('every call is found by each of its values, over all files, the newest first', async (t) => {
  const files = await logFolder(t);
  const find = async (query: CallQuery, more: Partial<Parameters<typeof findCalls>[2]> = {}) =>
    findCalls(files, query, { limit: LINES, isOver: never, ...more });
  const times = async (query: CallQuery) => (await find(query)).calls.map(({ at }) => at);
  const expected = (matches: (at: number) => boolean) => Array.from({ length: LINES }, (_, i) => LINES - 1 - i).filter(matches);
  assert.deepEqual(
    await times({}),
    expected(() => true),
  );
  assert.deepEqual(await times({ traceId: 'trace-1500' }), [1500]);
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
  const few = await findCalls(files, {}, { limit: 3, isOver: never });
  assert.deepEqual([few.calls.map(({ at }) => at), few.readTo], [[4999, 4998, 4997], 4996]);
  let looked = 0;
  const short = await findCalls(files, {}, { limit: LINES, isOver: () => ++looked > 100 });
  // The half line counts too.
  assert.deepEqual([short.calls.length, short.readTo], [99, 4900]);
  const seen = await findCalls(files, {}, { limit: LINES, isOver: never, interfaceIds: new Set(['ifc_2']) });
  assert.ok(seen.calls.length > 1000 && seen.calls.every(({ interfaceId }) => interfaceId === 'ifc_2'));
});

test('the bodies of one call are opened by its trace id', async (t) => {
  const files = await logFolder(t);
  const open = (traceId: string, field: string, sealed: string) => `${traceId} ${field} ${sealed.length}`;
  assert.deepEqual(await openCall(files, { traceId: 'trace-2500', at: 2500 }, open, never), { in: 'trace-2500 in 400000' });
  assert.deepEqual(await openCall(files, { traceId: 'trace-2501', at: 2501 }, open, never), {});
  assert.equal(await openCall(files, { traceId: 'trace-0', at: 100 }, open, never), undefined, 'not at this time');
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
  const files = { folder, logs: [{ front: 'open' as const, name: 'open' }], processId: 'p1' };
  const find = async (query: CallQuery) => (await findCalls(files, query, { limit: 9, isOver: never })).calls.map(({ at }) => at);
  assert.deepEqual(await find({ notedBy: ['xss', 'sql-injection'] }), [5, 2, 1]);
  assert.deepEqual(await find({ notedBy: ['xss'], interfaceId: 'ifc_1' }), [1]);
});
