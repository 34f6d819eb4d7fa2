import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { InterfaceDocument } from '../../../../gateways/documents/interface-document.ts';
import xss from '../../../../gateways/policies/content/xss.policy.ts';
import { runPolicy, type PolicyRun } from '../../support/run-policy.ts';

const SCRIPT = '<script>alert(1)</script>';
const NOW = Date.parse('2026-11-29T00:00:00Z');

function check(body: unknown, options: Record<string, unknown> = {}, more: Partial<InterfaceDocument> = {}): Promise<PolicyRun> {
  return runPolicy(xss, {
    options,
    now: NOW,
    raw: ['content-type', 'application/json'],
    interface: { policies: { xss: options }, ...more },
    exchange: { body: Buffer.from(JSON.stringify(body)) },
  });
}

test('refuses a value that would add script to a page, and names its field, not the value or the rule', async () => {
  const { error, exchange } = await check({ patient: { note: SCRIPT } });
  assert.equal(error?.code, 'GW40305');
  assert.deepEqual(
    error.issues?.map(({ path }) => path),
    ['/body/patient/note'],
  );
  assert.match(error.text!['zh-CN'], /\/body\/patient\/note/);
  assert.ok(!JSON.stringify(error).includes('alert') && !JSON.stringify(error).includes('html-element'));
  assert.deepEqual(exchange.notes, [{ policy: 'xss', where: 'body:/patient/note', what: 'html-element <e' }]);
});

test('passes ordinary text, markup without script among it', async () => {
  const { error, exchange } = await check({ a: '体温 <37.5℃，a < b', b: '<p>ok</p>', c: 'It is "fine" & well' });
  assert.equal(error, undefined);
  assert.deepEqual(exchange.notes, []);
});

test('in monitor mode the request passes, and the hit is noted and reported', async () => {
  const { error, exchange, events } = await check({ a: SCRIPT }, { mode: 'monitor' });
  assert.equal(error, undefined);
  assert.equal(exchange.notes.length, 1);
  assert.deepEqual(events, ['content-hit']);
});

test('switched off, it looks at nothing', async () => {
  const { error, exchange } = await check({ a: SCRIPT }, { mode: 'off' });
  assert.equal(error, undefined);
  assert.deepEqual(exchange.notes, []);
});

const until = (expiresAt: string, field = '/items/*/html') => ({
  exceptions: [{ carrier: 'body', field, reason: 'templates of the page', expiresAt }],
});

test('an exception passes its field and no other, until it expires', async () => {
  const items = { items: [{ html: 'x' }, { html: SCRIPT }] };
  assert.equal((await check(items, until('2026-12-01T00:00:00Z'))).error, undefined);
  assert.equal((await check({ ...items, other: SCRIPT }, until('2026-12-01T00:00:00Z'))).error?.issues?.[0]?.path, '/body/other');
  assert.equal((await check(items, until('2026-11-28T00:00:00Z'))).error?.code, 'GW40305');
  assert.equal((await check(items, until('2026-12-01T00:00:00Z', '/items/0/html'))).error?.code, 'GW40305');
});

test('an exception of the other policy is none of this one', async () => {
  const policies = { xss: {}, 'sql-injection': until('2026-12-01T00:00:00Z', '/a') };
  assert.equal((await check({ a: SCRIPT }, {}, { policies })).error?.code, 'GW40305');
});

test('what is found only in Base64 passes by default, but is noted', async () => {
  const a = Buffer.from(SCRIPT).toString('base64');
  const byDefault = await check({ a });
  assert.equal(byDefault.error, undefined);
  assert.equal(byDefault.exchange.notes.length, 1);
  assert.equal((await check({ a }, { base64: 'block' })).error?.code, 'GW40305');
  assert.equal((await check({ a }, { base64: 'block', mode: 'monitor' })).error, undefined);
  assert.deepEqual((await check({ a }, { base64: 'off' })).exchange.notes, []);
});

test('masks numbers of persons in the place of a hit', async () => {
  const { exchange } = await check({ byId: { '11010519491231002X': SCRIPT } });
  assert.ok(!JSON.stringify(exchange.notes).includes('11010519491231002X'));
});

test('judges a large body in a thread, to the same end', async () => {
  const filler = '患者诉头痛三天。'.repeat(20_000);
  assert.equal((await check({ filler, a: SCRIPT })).error?.issues?.[0]?.path, '/body/a');
  assert.equal((await check({ filler })).error, undefined);
});

test('hits that are only recorded do not hide one that blocks', async () => {
  const decoys = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`d${i}`, Buffer.from(`${SCRIPT}${i}`).toString('base64')]));
  assert.equal((await check({ ...decoys, a: SCRIPT })).error?.issues?.[0]?.path, '/body/a');
  const name = Buffer.from(SCRIPT).toString('base64');
  assert.equal((await check({ [name]: 1, a: SCRIPT })).error?.issues?.[0]?.path, '/body/a');
});

test('a body that it cannot read is refused, or noted in monitor mode', async () => {
  const compressed = (options: Record<string, unknown>) =>
    runPolicy(xss, {
      options,
      interface: { policies: { xss: options } },
      exchange: { headers: { 'content-encoding': 'gzip' }, body: Buffer.from([0x1f, 0x8b]) },
    });
  assert.equal((await compressed({})).error?.code, 'GW41502');
  assert.deepEqual((await compressed({ mode: 'monitor' })).exchange.notes, [{ policy: 'xss', where: 'body', what: 'not-inspected' }]);
});

test('reads the body of its interface as a whole, unless it is off', () => {
  assert.equal(xss.reads!({}, {} as InterfaceDocument).body, true);
  assert.equal(xss.reads!({ mode: 'off' }, {} as InterfaceDocument).body, false);
});

test('finds exceptions that name no field or no time', () => {
  const exceptions = [{ carrier: 'body' as const, field: 'note', reason: 'x', expiresAt: '2026-13-01T00:00:00Z' }];
  assert.deepEqual(
    xss.findProblems!({ exceptions }, {} as InterfaceDocument).map(({ path }) => path),
    ['/exceptions/0/field', '/exceptions/0/expiresAt'],
  );
});
