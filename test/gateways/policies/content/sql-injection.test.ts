import assert from 'node:assert/strict';
import { test } from 'node:test';
import sqlInjection from '../../../../gateways/policies/content/sql-injection.policy.ts';
import xss from '../../../../gateways/policies/content/xss.policy.ts';
import { runPolicy, type PolicyRun } from '../../support/run-policy.ts';

const ATTACK = "x' or '1'='1";

function check(body: unknown, options: Record<string, unknown> = {}): Promise<PolicyRun> {
  return runPolicy(sqlInjection, {
    options,
    raw: ['content-type', 'application/json'],
    interface: { policies: { 'sql-injection': options } },
    exchange: { body: Buffer.from(JSON.stringify(body)) },
  });
}

test('refuses a value that would change a statement, with the text of the XSS check', async () => {
  const { error, exchange } = await check({ name: ATTACK });
  assert.equal(error?.code, 'GW40305');
  assert.deepEqual(exchange.notes, [{ policy: 'sql-injection', where: 'body:/name', what: 'sql-condition wq&qnq=qn' }]);
  const other = await runPolicy(xss, {
    raw: ['content-type', 'application/json'],
    interface: { policies: { xss: {} } },
    exchange: { body: Buffer.from(JSON.stringify({ name: '<svg onload=alert(1)>' })) },
  });
  assert.deepEqual(other.error, error);
});

test('passes text with words and signs of SQL', async () => {
  const values = ["O'Brien", 'select a union or drop one; insert it', '1=1', 'a > b and c < d', '血压 120/80；心率<60'];
  const { error, exchange } = await check({ values });
  assert.equal(error, undefined);
  assert.deepEqual(exchange.notes, []);
});

test('names a name that the caller chose by its object', async () => {
  const { error, exchange } = await check({ filter: { "x' or 1=1 --": 'y' } });
  assert.equal(error?.issues?.[0]?.path, '/body/filter');
  assert.equal(exchange.notes[0]?.where, 'body:/filter (name)');
});

test('notes a hit without refusing in monitor mode, once a minute as an event', async () => {
  const { error, exchange, events } = await check({ a: ATTACK, b: '1 union select 1,2', c: ATTACK }, { mode: 'monitor' });
  assert.equal(error, undefined);
  assert.equal(exchange.notes.length, 3);
  assert.deepEqual(events, ['content-hit', 'content-hit']);
});

test('a request without a body is judged by its other parts', async () => {
  const { error } = await runPolicy(sqlInjection, {
    interface: { policies: { 'sql-injection': {} } },
    exchange: { rawQuery: 'q=1%20or%201%3D1', body: undefined },
  });
  assert.equal(error?.issues?.[0]?.path, '/query/q');
});
