/** An identity number in every part of a request: no log, metric, span, error, event or shared key may contain it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLogger } from '../../engine/host/logger.ts';
import type { GaugeValue, Labels, Metrics, Span, Tracer } from '../../engine/contract/values/observe.ts';
import type { SharedState } from '../../engine/contract/ports/shared-state.ts';
import { buildInterface, buildPlan, createTestKey, signRequest, type RequestFields } from './support/city-plan.ts';
import { callSigned, memoryState, startGateway } from './support/start-gateway.ts';
import { readLog } from './support/read-log.ts';

const ID = '310199196702308518';
const MOBILE = '19987650431';
const NAME = '患者张三丰';
const IN_BASE64 = [Buffer.from(ID).toString('base64'), Buffer.from(NAME).toString('base64')];
const BASE64 = Buffer.from(`{"id":"${ID}","tel":"${MOBILE}"}`).toString('base64');
const multipart = [
  '--kq',
  'Content-Disposition: form-data; name="cardNo"',
  '',
  ID,
  '--kq',
  `Content-Disposition: form-data; name="file"; filename="${ID}.pdf"`,
  'Content-Type: text/plain',
  '',
  `phone ${MOBILE}`,
  '--kq--',
  '',
].join('\r\n');

const CARRIERS: Readonly<Record<string, RequestFields>> = {
  query: { query: `patient=${ID}&tel=${MOBILE}` },
  'query with another name': { query: `q=${ID}` },
  'nested JSON': { body: JSON.stringify({ a: [{ b: { remark: `ID ${ID}`, list: [MOBILE, Number(ID)] } }] }) },
  'JSON in a string': { body: JSON.stringify({ payload: JSON.stringify({ inner: JSON.stringify({ idNo: ID, tel: MOBILE }) }) }) },
  'name of a field': { body: JSON.stringify({ [ID]: 1, [`tel ${MOBILE}`]: 2 }) },
  base64: { body: JSON.stringify({ payload: BASE64 }) },
  'hits of the checks': { body: JSON.stringify({ note: `<script>alert(${ID})</script>`, sql: `' or ${ID}=${ID} --` }) },
  'hits in a field with a telling name': { body: JSON.stringify({ [ID]: '<script>alert(1)</script>', [`tel ${MOBILE}`]: "' or 1=1 --" }) },
  'a hit in a query': { query: `${ID}=%3Cscript%3Ealert(1)%3C/script%3E` },
  XML: { body: `<p><id v="${ID}">${ID}</id><tel><![CDATA[${MOBILE}]]></tel></p>`, headers: [['content-type', 'application/xml']] },
  form: { body: `id=${ID}&tel=${MOBILE}`, headers: [['content-type', 'application/x-www-form-urlencoded']] },
  multipart: { body: multipart, headers: [['content-type', 'multipart/form-data; boundary=kq']] },
  'base64 in XML': {
    body: `<p><doc>${BASE64.slice(0, 30)}\n${BASE64.slice(30)}</doc></p>`,
    headers: [['content-type', 'application/xml']],
  },
  'base64 in a form': { body: `data=${encodeURIComponent(BASE64)}`, headers: [['content-type', 'application/x-www-form-urlencoded']] },
  'a file in base64': { body: JSON.stringify({ file: Buffer.from(`\x00%PDF ${ID} ${MOBILE} ${'x'.repeat(100)}`).toString('base64') }) },
  text: { body: `ID ${ID}, phone ${MOBILE}`, headers: [['content-type', 'text/plain']] },
  'a body of 2 MB': { body: JSON.stringify({ pad: 'x'.repeat(2_000_000), id: ID, tel: MOBILE }) },
  'names of fields with hits': {
    body: JSON.stringify(Object.fromEntries([NAME, ...IN_BASE64].map((name) => [name, { [`p_${ID}`]: '<script>alert(1)</script>' }]))),
  },
  'a trace id': {
    headers: [
      ['content-type', 'application/json'],
      ['x-kq-trace', `${ID}aaaaaaaaaaaaaa`],
    ],
  },
  'a trace id of W3C': {
    headers: [
      ['content-type', 'application/json'],
      ['traceparent', `00-${ID}aaaaaaaaaaaaaa-0000000000000001-01`],
    ],
  },
  'JSON that is broken': { body: `{"id":"${ID}","tel":"${MOBILE}"` },
  'JSON that the schema refuses': { body: JSON.stringify({ refused: ID, [MOBILE]: true }) },
};

test('a planted identity number is in no log, metric, span, error, event or key of the shared state', async () => {
  const told: string[] = [];
  const tell = (where: string, value: unknown) => void told.push(`${where} ${JSON.stringify(value)}`);
  const key = await createTestKey('HMAC-SM3', 'app');
  const requestSchema = { type: 'object', properties: { refused: { type: 'boolean' } }, additionalProperties: { type: 'number' } };
  const policies = { xss: { mode: 'monitor' }, 'sql-injection': { mode: 'monitor' } };
  const interfaces = [
    buildInterface({ log: 'full', policies }),
    buildInterface({ interfaceId: 'ifc_block', path: '/open/v1/block', log: 'full', policies: { xss: {}, 'sql-injection': {} } }),
    buildInterface({ interfaceId: 'ifc_schema', path: '/open/v1/schema/:id', log: 'full', requestSchema }),
  ];
  const started = await startGateway(await buildPlan([key], interfaces), {
    logger: createLogger({ level: 'debug', format: 'json', write: (line) => tell('log', line) }),
    metrics: labelsOf((name, labels) => tell('metric', [name, labels])),
    shared: spied(memoryState(), (operation, args) => tell(`shared state, ${operation}`, args)),
    tracer: spans((...about) => tell('span', about)),
    // A flow that fails with an error of its own.
    reply: () => ({ outcome: 'failed', error: { code: 'FLOW_ERROR', kind: 'bug', message: 'The flow failed.' } }) as never,
  });
  let refused = 0;
  for (const [carrier, fields] of Object.entries(CARRIERS))
    for (const path of ['/open/v1/appointments', '/open/v1/block', `/open/v1/schema/${ID}`, `/open/v1/none/${ID}`]) {
      const answer = await callSigned(started.gateway, await signRequest(key, { ...fields, path }));
      if (answer.status < 500) refused++;
      tell(`error to the caller of ${carrier}`, [answer.headers, answer.body.toString()]);
    }
  tell('events', started.gateway.events());
  await started.gateway.flushLog();
  const { lines, blocks } = await readLog(started.logFolder);
  assert.equal(lines.length, Object.keys(CARRIERS).length * 4);
  for (const line of lines) {
    tell('access log', line);
    // What is not sealed names no field that only the caller knows.
    for (const secret of [NAME, ...IN_BASE64]) assert.ok(!line.includes(secret), line);
  }
  for (const block of blocks) tell('bodies of the access log', block);
  await started.stop();
  assert.ok(refused > 10 && told.length > 100);
  const found = told.filter((text) => [text, ...opened(text)].some((form) => form.includes(ID) || form.includes(MOBILE)));
  assert.deepEqual(
    found.map((text) => text.slice(0, 300)),
    [],
  );
});

function spans(tell: (...about: readonly unknown[]) => void): Tracer {
  const begin = (...about: readonly unknown[]): Span => {
    tell(...about);
    return { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', end: (...end) => tell(...end) };
  };
  return { root: begin, child: begin };
}

/** The text with what is percent-encoded or Base64 in it opened. */
function opened(text: string): readonly string[] {
  const decoded = text.replaceAll(/%([0-9A-Fa-f]{2})/g, (_all, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  return [decoded, ...[...text.matchAll(/[A-Za-z0-9+/_-]{16,}={0,2}/g)].map(([part]) => Buffer.from(part, 'base64').toString('latin1'))];
}

function labelsOf(tell: (name: string, labels: Labels | undefined) => void): Metrics {
  return {
    count: (name, labels) => tell(name, labels),
    observeMs: (name, _ms, labels) => tell(name, labels),
    gauge: (name, _read, labels) => tell(name, labels),
    total: (name, _read, labels) => tell(name, labels),
    gauges: (name, _names, read) => [...(read() as Iterable<GaugeValue>)].forEach(({ labels }) => tell(name, labels)),
  };
}

function spied(state: SharedState, tell: (operation: string, args: readonly unknown[]) => void): SharedState {
  return Object.fromEntries(
    Object.entries(state).map(([name, run]) => [
      name,
      (...args: unknown[]) => {
        tell(name, args);
        return (run as (...given: unknown[]) => unknown)(...args);
      },
    ]),
  ) as unknown as SharedState;
}
