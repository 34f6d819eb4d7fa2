import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { type Page, pageOf } from '../../control/action/pages.ts';
import { readOutputSchemas } from '../../control/api/output-schemas.ts';
import type { TableItem } from '../../control/tables/tables.ts';
import type { CodeTable } from '../../engine/contract/node/adapter.ts';
import { type Client, memoryBindings, startControl } from './start-control.ts';

const tableOf = (number: number): CodeTable => ({
  ...{ tableId: `tbl-${String(number).padStart(4, '0')}`, revision: 0, domain: 'sh-city' },
  ...{ name: { 'zh-CN': '表', en: 'Table' }, entries: {} },
});
const idOf = (number: number) => tableOf(number).tableId;

/** Numbers from 0 in steps of 2, so that a table can be added between any two. */
async function startWithTables(context: TestContext, count: number) {
  const bindings = memoryBindings();
  const running = await startControl(bindings);
  context.after(running.stop);
  const { saveTable, removeTable } = bindings.bindingStore;
  for (let number = 0; number < count; number++) await saveTable(tableOf(2 * number), 0);
  return {
    admin: running.admin,
    add: (number: number) => saveTable(tableOf(number), 0),
    remove: (number: number) => removeTable(idOf(number)),
  };
}

async function readPage(client: Client, query: string): Promise<Page<TableItem>> {
  const answer = await client.call('GET', `/code-tables${query}`);
  assert.equal(answer.status, 200);
  return answer.body as Page<TableItem>;
}

test('2,500 tables come in pages of 1,000; what is added and removed in between neither doubles nor hides another', async (context) => {
  const { admin, add, remove } = await startWithTables(context, 2500);
  const first = await readPage(admin, '');
  assert.equal(first.items.length, 1000);
  assert.equal(first.items.at(-1)!.tableId, idOf(1998));
  // The cursor’s own table, one before it, and one of the next page.
  for (const number of [1998, 100, 2400]) await remove(number);
  for (const number of [101, 1999, 2401]) await add(number);

  const second = await readPage(admin, `?limit=1000&after=${first.next}`);
  await remove(Number(second.items.at(-1)!.tableId.slice(4)));
  const third = await readPage(admin, `?after=${second.next}`);
  assert.equal(third.next, undefined);

  const read = [first, second, third].flatMap(({ items }) => items.map(({ tableId }) => tableId));
  const wanted = Array.from({ length: 2500 }, (_none, number) => idOf(2 * number)).filter((id) => id !== idOf(2400));
  assert.deepEqual(read, [...wanted, idOf(1999), idOf(2401)].sort());
});

test('a page has as many items as asked for, and the last has no cursor', async (context) => {
  const { admin } = await startWithTables(context, 3);
  const first = await readPage(admin, '?limit=2');
  assert.deepEqual([first.items.length, typeof first.next], [2, 'string']);
  const second = await readPage(admin, `?limit=2&after=${first.next}`);
  assert.deepEqual([second.items.length, second.next], [1, undefined]);
  const whole = await readPage(admin, '?limit=3');
  assert.deepEqual([whole.items.length, whole.next], [3, undefined]);
});

test('a cursor that is none of this list is refused, with what to do instead', async (context) => {
  const { admin } = await startWithTables(context, 3);
  const ofNumbers = Buffer.from('[-3]').toString('base64url');
  const ofTwo = Buffer.from('["tbl-0002","x"]').toString('base64url');
  for (const after of ['nonsense', '', 'eyJhIjoxfQ', ofNumbers, ofTwo]) {
    const answer = await admin.call('GET', `/code-tables?after=${after}`);
    const { code, fix } = answer.body as { code: string; fix: string };
    assert.deepEqual([answer.status, code], [400, 'CURSOR_INVALID'], after);
    assert.match(fix, /leave `after` out/);
  }
  for (const query of ['limit=0', 'limit=1001', 'limit=x', `after=${'x'.repeat(2001)}`])
    assert.equal((await admin.call('GET', `/code-tables?${query}`)).body.code, 'INPUT_INVALID', query);
});

test('a list whose highest numbers come first goes on below the last', () => {
  const versions = [3, 1, 2, 5, 4];
  const first = pageOf(versions, (version) => [-version], { limit: 2 });
  assert.deepEqual(first.items, [5, 4]);
  const second = pageOf([...versions, 6], (version) => [-version], { limit: 2, after: first.next! });
  assert.deepEqual(second.items, [3, 2]);
});

/** Catalogues that come with the program, what is limited from the start, and reports. */
const WHOLE = [
  ...['adapters.offers', 'adapters.types', 'archive.get', 'audit.actions', 'blocked-callers.find', 'brokers.browse'],
  ...['calls.search', 'flows.samples', 'gateways.events', 'nodes.list', 'policies.list', 'transport.list'],
];

test('every other operation that returns items takes a cursor and returns the next one', async (context) => {
  const running = await startControl();
  context.after(running.stop);
  interface Described {
    readonly operationId?: string;
    readonly parameters?: unknown;
    readonly requestBody?: unknown;
  }
  const document = (await running.admin.call('GET', '/api/docs/json')).body as { paths: Record<string, Record<string, Described>> };
  const operations = new Map(Object.values(document.paths).flatMap((path) => Object.values(path).map((one) => [one.operationId, one])));
  const { outputs, components } = readOutputSchemas();
  const whole: string[] = [];
  for (const [action, output] of Object.entries(outputs)) {
    const schema = '$ref' in output ? components[String(output['$ref']).split('/').at(-1)!]! : output;
    const properties = (schema['properties'] ?? {}) as Readonly<Record<string, unknown>>;
    if (!('items' in properties)) continue;
    const operation = operations.get(action)!;
    const isAsked = JSON.stringify([operation.parameters, operation.requestBody]).includes('"after"');
    assert.equal(isAsked, 'next' in properties, action);
    if (!isAsked) whole.push(action);
  }
  assert.deepEqual(whole.sort(), WHOLE);
});
