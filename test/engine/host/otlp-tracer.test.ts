import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { silentMetrics, type Labels } from '../../../engine/contract/values/observe.ts';
import { createOtlpTracer } from '../../../engine/host/otlp-tracer.ts';
import { startOtlpReceiver } from '../../support/otlp-receiver.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const CALLER = `00-${TRACE}-00f067aa0ba902b7-00`;

function open(address: string, ratio = 1) {
  const counted: Record<string, number> = {};
  const count = (name: string, labels?: Labels, by = 1) => {
    const key = `${name} ${labels?.['outcome']}`;
    counted[key] = (counted[key] ?? 0) + by;
  };
  return { tracer: createOtlpTracer({ address, ratio, version: '1', metrics: { ...silentMetrics, count } }), counted };
}

async function receiver(t: TestContext) {
  const started = await startOtlpReceiver();
  t.after(() => started.stop());
  return started;
}

test('spans reach the collector under the trace id of the request, each beneath its own', async (t) => {
  const collector = await receiver(t);
  const { tracer, counted } = open(collector.address);
  const root = tracer.root('GET /x', TRACE, { kind: 'server', fields: { 'http.route': '/x' } })!;
  const child = tracer.child('run', root.traceparent, { kind: 'internal' })!;
  child.end({ rows: 3 }, 'STORE_DOWN');
  root.end();
  await tracer.close();
  const [first, second] = collector.spans;
  assert.deepEqual([first!.name, first!.traceId, first!.parentSpanId, first!.isFailed], ['run', TRACE, second!.spanId, true]);
  assert.deepEqual(first!.attributes, { rows: 3, 'error.type': 'STORE_DOWN' });
  assert.deepEqual([second!.name, second!.traceId, second!.parentSpanId, second!.isFailed], ['GET /x', TRACE, '', false]);
  assert.equal(counted['trace_spans_total sent'], 2);
});

test('a caller’s span is the parent in the trace that was taken over, whatever it says of sampling', async (t) => {
  const collector = await receiver(t);
  const { tracer } = open(collector.address);
  tracer.root('a', TRACE, { kind: 'server' }, CALLER)!.end();
  tracer.root('b', 'f'.repeat(32), { kind: 'server' }, CALLER)!.end();
  await tracer.close();
  assert.deepEqual(
    collector.spans.map(({ traceId, parentSpanId }) => [traceId, parentSpanId]),
    [
      [TRACE, '00f067aa0ba902b7'],
      ['f'.repeat(32), ''],
    ],
  );
});

test('an id of another form leads to one trace in every process', () => {
  const [first, second] = [open('http://127.0.0.1:1'), open('http://127.0.0.1:1')];
  const traceOf = (traceparent: string) => traceparent.split('-')[1];
  const ids = [first, second].map(({ tracer }) => traceOf(tracer.root('a', 'order-2026-11-25', { kind: 'server' })!.traceparent));
  assert.match(ids[0]!, /^[\da-f]{32}$/);
  assert.equal(ids[0], ids[1]);
});

test('a share of traces is sampled, the same ones by every process; what is not sampled makes nothing', () => {
  const [first, second] = [open('http://127.0.0.1:1', 0.25).tracer, open('http://127.0.0.1:1', 0.25).tracer];
  const ids = Array.from({ length: 2000 }, (_, index) => `call-${index}`);
  const sampled = ids.filter((id) => first.root('a', id, { kind: 'server' }) !== undefined);
  assert.ok(sampled.length > 400 && sampled.length < 600, String(sampled.length));
  assert.deepEqual(
    sampled,
    ids.filter((id) => second.root('a', id, { kind: 'server' }) !== undefined),
  );
  assert.equal(first.child('b', undefined, { kind: 'internal' }), undefined);
  assert.equal(first.child('b', CALLER, { kind: 'internal' }), undefined, 'a trace that is not sampled has no parts');
});

test('a collector that is gone, or never answers, costs spans alone: nothing throws, and closing is bounded', async (t) => {
  const silent = createServer(() => undefined);
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    silent.closeAllConnections();
    silent.close();
  });
  for (const address of ['http://127.0.0.1:1', `http://127.0.0.1:${(silent.address() as AddressInfo).port}`]) {
    const { tracer } = open(address);
    for (let index = 0; index < 10_000; index += 1) tracer.root('a', undefined, { kind: 'server' })!.end();
    await tracer.close();
  }
});
