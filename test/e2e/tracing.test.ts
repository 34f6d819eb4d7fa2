/** One trace id from the caller to the hospital, seen by a real collector. */
import assert from 'node:assert/strict';
import { createServer, request as send, type Server } from 'node:http';
import { after, before, test } from 'node:test';
import { createDistrict } from '../../examples/city/district/district.ts';
import { createHospitalA } from '../../examples/city/hospital-a/hospital-a.ts';
import { createHospitalC } from '../../examples/city/hospital-c/hospital-c.ts';
import { CLIENT, CONSUMER, onlySpan, PRODUCER, SERVER, startOtlpReceiver, type OtlpReceiver } from '../support/otlp-receiver.ts';
import { booking, openCity, until, type City } from '../support/city.ts';
import { choosePorts, makeScratch, removeScratch, startPlatform, type Platform } from '../support/platform-process.ts';

/** A program of the outside world behind a listener that notes what trace context came. */
interface Observed {
  readonly seen: string[];
  stop(): Promise<void>;
}

let scratch: string;
let platform: Platform;
let city: City;
let collector: OtlpReceiver;
let hospital: Observed;
let district: Observed;

before(async () => {
  scratch = await makeScratch();
  const ports = await choosePorts();
  platform = await startPlatform({ scratch, ports, example: true });
  await platform.end('SIGINT');
  collector = await startOtlpReceiver();
  hospital = await observe(ports.example + 1, await createHospitalA({ port: 0 }));
  district = await observe(ports.example + 4, await createDistrict({ port: 0 }));
  platform = await startPlatform({ scratch, ports, environment: { KQ_OTLP_ADDRESS: collector.address } });
  city = await openCity(platform);
});

after(async () => {
  platform.process.kill('SIGKILL');
  await city.close();
  await Promise.all([hospital.stop(), district.stop(), collector.stop()]);
  await removeScratch(scratch);
});

test('a signed call, the flow, its nodes and the request to the hospital are one trace', async () => {
  const answer = await city.app.fetch('/open/v1/appointments', { idempotencyKey: 'trace-1', body: booking('A') });
  assert.equal(answer.status, 201);
  const traceId = answer.headers['x-kq-trace']!;
  const spans = await collector.spansOf(traceId, [SERVER]);
  const server = onlySpan(spans, ({ kind }) => kind === SERVER);
  assert.equal(server.name, 'POST /open/v1/appointments');
  assert.equal(server.parentSpanId, '');
  assert.equal(server.attributes['http.response.status_code'], 201);
  const run = onlySpan(spans, ({ name }) => name === 'run flw_appointment');
  assert.equal(run.parentSpanId, server.spanId);
  const call = onlySpan(spans, ({ attributes }) => attributes['kangqiao.node'] === 'n_book_a');
  assert.deepEqual([call.kind, call.parentSpanId, call.attributes['kangqiao.node_type']], [CLIENT, run.spanId, 'http.call@1']);
  assert.deepEqual(hospital.seen, [`00-${traceId}-${call.spanId}-01`]);
});

test('a message over MLLP is accepted, queued, taken up and told to the district in one trace', async () => {
  const feed = createHospitalC({ port: platform.ports.example + 575, intervalMs: 0 });
  await until('the district hears', async () => district.seen.length > 0);
  await feed.stop();
  const [, traceId, spanId] = district.seen[0]!.split('-');
  const spans = await collector.spansOf(traceId!, [CONSUMER]);
  const accepted = onlySpan(spans, ({ kind }) => kind === PRODUCER);
  assert.deepEqual([accepted.name, accepted.parentSpanId], ['accept flw_admission', '']);
  const run = onlySpan(spans, ({ kind }) => kind === CONSUMER);
  assert.deepEqual([run.name, run.parentSpanId, run.attributes['kangqiao.verdict']], ['run flw_admission', accepted.spanId, 'done']);
  const told = onlySpan(spans, (span) => span.spanId === spanId);
  assert.deepEqual([told.kind, told.parentSpanId], [CLIENT, run.spanId]);
  const { traceId: stored } = (await city.admin('GET', `/executions/${String(run.attributes['kangqiao.execution'])}`)) as {
    traceId?: string;
  };
  assert.equal(stored, traceId, 'the execution keeps the trace id');
});

test('no span holds what a person sent', () => {
  assert.ok(collector.spans.length > 10);
  const { patient } = booking('A');
  for (const secret of [patient.patientId, patient.name, '虚构']) assert.ok(!collector.text().includes(secret), secret);
});

test('a refused call has its span, with its code', async () => {
  const reply = await city.send(`${city.open}/open/v1/appointments`, { method: 'POST', body: '{}' });
  const traceId = String(reply.headers['x-kq-trace']);
  const [span] = await collector.spansOf(traceId, [SERVER]);
  assert.equal(span!.attributes['error.type'], (reply.json() as { code: string }).code);
  assert.equal(span!.isFailed, true);
});

async function observe(port: number, program: { readonly address: string; stop(): Promise<void> }): Promise<Observed> {
  const seen: string[] = [];
  const server: Server = createServer((incoming, outgoing) => {
    const traceparent = incoming.headers['traceparent'];
    if (typeof traceparent === 'string') seen.push(traceparent);
    const { method, headers } = incoming;
    const onward = send(new URL(incoming.url!, program.address), { method: method!, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(outgoing);
    });
    onward.on('error', () => outgoing.destroy());
    incoming.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    seen,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await program.stop();
    },
  };
}
