import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeClock } from '../../../engine/testing/fake-clock.ts';
import { createInspector } from '../../../gateways/inspection/create-inspector.ts';
import { DETECTORS } from '../../../gateways/inspection/inspect-leaf.ts';
import { cpuMsOf } from '../../support/cpu-time.ts';

const ORDER = { detectors: DETECTORS, opensBase64: true, passed: [] };
const inspector = createInspector(fakeClock(0));
const from = { app: undefined, user: undefined, clientIp: '127.0.0.1', onLeave: () => undefined };
const inspect = (text: string) => inspector.inspect(Buffer.from(text), 'text/plain', ORDER, from);

test('judges a short body at once', () => {
  const hits = inspect("x' or '1'='1");
  assert.ok(!(hits instanceof Promise) && typeof hits !== 'string');
  assert.equal(hits[0]?.structure, 'sql-condition');
});

test('judges in a thread what is long, and what is short but needs much work', async () => {
  for (const text of ['患者诉头痛。'.repeat(20_000), 'It is a "quoted" text, select or union. '.repeat(1500)]) {
    const hits = inspect(`${text}\n<script>alert(1)</script>`);
    assert.ok(hits instanceof Promise, `${text.length}`);
    const judged = await hits;
    assert.deepEqual(typeof judged === 'string' ? judged : judged.map(({ structure }) => structure), ['html-element']);
  }
});

test('ten megabytes take this thread next to no time', async () => {
  const text = '患者 3 天前受凉后出现头痛，伴咳嗽、咳痰；体温 < 38.5℃ (o.k.). '.repeat(110_000);
  const [ms, hits] = await cpuMsOf(() => inspect(text));
  assert.deepEqual(hits, []);
  assert.ok(ms < 500, `${ms} ms`);
});

test('a body that nobody waits for any more is not judged', async () => {
  const left = { ...from, onLeave: (action: () => void) => action() };
  assert.equal(await inspector.inspect(Buffer.alloc(200_000, 'x'), 'text/plain', ORDER, left), 'busy');
});

test('a body that services may read in different ways is not judged', () => {
  const unreadable: [string, string][] = [
    ['--b\nContent-Disposition: form-data; name="a"\n\nx\n--b--\n', 'multipart/form-data; boundary=b'],
    ['--c--', 'multipart/form-data'],
    ['x', 'text/plain; charset=ibm037'],
    ['x', 'application/json; charset=utf-7'],
  ];
  for (const [body, type] of unreadable) assert.equal(inspector.inspect(Buffer.from(body), type, ORDER, from), 'unreadable', type);
  assert.deepEqual(inspector.inspect(Buffer.from('x'), 'text/plain; charset=GBK', ORDER, from), []);
});
