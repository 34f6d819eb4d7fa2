// @never-rerun: a single failure is a failure.
/**
 * The starters of the gallery as an analyst completes them, each between real systems: a REST call to Metro (SOAP), ADT
 * messages of HAPI to Kafka, report files of vsftpd and mails of GreenMail to RabbitMQ, and rows of PostgreSQL to HTTP.
 */
import assert from 'node:assert/strict';
import { chown, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createTransport } from 'nodemailer';
import { Client } from 'pg';
import { STARTERS, starterClipboard } from '../../designer/src/model/commands/starters.ts';
import type { FlowDocument, FlowNode } from '../../engine/contract/flow/flow-document.ts';
import { anywhere } from '../../engine/testing/anywhere.ts';
import { wallClock } from '../../engine/testing/wall-clock.ts';
import type { Broker, Incoming } from '../../nodes/messaging/brokers/broker.ts';
import { emptyFlow, types } from '../designer/model/sample-types.ts';
import { KAFKA, RABBITMQ, type TestBroker, type TestBrokerKind } from '../nodes/messaging/brokers-here.ts';
import { freePort } from '../servers/free-port.ts';
import { prepareGreenMail, startGreenMail, type GreenMail } from '../servers/greenmail.ts';
import { prepareHapi, runHapiClient } from '../servers/hapi.ts';
import { startMetro } from '../servers/metro.ts';
import { preparePostgres, startPostgres, type PostgresServer } from '../servers/postgres.ts';
import { prepareVsftpd, startVsftpd, type Vsftpd } from '../servers/vsftpd.ts';
import { openCity, type City, type Person } from '../support/city.ts';
import { eventually, openPlatformApi, type PlatformApi } from '../support/platform-api.ts';
import { choosePorts, makeScratch, removeScratch, startPlatform, type Platform } from '../support/platform-process.ts';
import { startWebhookReceiver, type WebhookReceiver } from '../support/receivers.ts';

const PATIENCE_MS = 60_000;
const skip = [KAFKA.skip, RABBITMQ.skip, prepareGreenMail(), prepareHapi(), prepareVsftpd(), preparePostgres()].find(Boolean) ?? false;

let scratch: string;
let platform: Platform;
let api: PlatformApi;
let city: City;
let person: Person;
let kafka: TestBroker;
let rabbitmq: TestBroker;
let mail: GreenMail;
let ftp: Vsftpd;
let postgres: PostgresServer;
let receiver: WebhookReceiver;

before(async () => {
  if (skip !== false) return;
  scratch = await makeScratch();
  [kafka, rabbitmq, mail, ftp, postgres, receiver] = await Promise.all([
    KAFKA.start(),
    RABBITMQ.start(),
    startGreenMail(),
    startVsftpd(),
    startPostgres({ password: 'lab-secret' }),
    startWebhookReceiver(),
  ]);
  platform = await startPlatform({ scratch, ports: await choosePorts(), example: true });
  city = await openCity(platform);
  person = await city.person(['analyst', 'security-admin']);
  api = await openPlatformApi(platform);
});
after(async () => {
  platform?.process.kill('SIGKILL');
  await Promise.all([api?.close(), city?.close()]);
  await Promise.all([kafka, rabbitmq, mail, ftp, postgres, receiver].map((server) => server?.stop()));
  if (scratch !== undefined) await removeScratch(scratch);
});

test('every starter of the gallery that needs another system runs between real ones', { skip, timeout: 600_000 }, async (t) => {
  await t.test('REST to SOAP: Metro registers a patient', restToSoap);
  await t.test('HL7 to a broker: ADT of HAPI reaches Kafka', adtToKafka);
  await t.test('LIS report files to a broker: FTP to RabbitMQ', filesToRabbitmq);
  await t.test('Mail to a broker: GreenMail to RabbitMQ', mailToRabbitmq);
  await t.test('Database rows to HTTP: PostgreSQL', rowsToHttp);
});

async function restToSoap(t: Parameters<typeof startMetro>[0]) {
  const metro = await startMetro(t);
  if (metro === undefined) return;
  t.after(() => metro.stop());
  await saveAdapter('adp_his', 'soap', { baseUrl: `${metro.baseUrl}/reg11` });
  const call = { namespace: 'http://hospital.cn/reg', operation: 'register', action: 'urn:register' };
  const flow = starterFlow('rest-to-soap', [
    {},
    { config: { schema: { type: 'object', required: ['body'], properties: { body: { type: 'object', required: ['name', 'idCard'] } } } } },
    {
      config: mapTo({
        'reg.姓名': 'data.body.name',
        'reg.idCard': 'data.body.idCard',
        'reg.deptCode': 'data.body.dept',
        'reg.序号': 'data.body.number',
        'reg.fee': 'data.body.fee',
      }),
    },
    { adapter: 'adp_his', config: call },
    { config: mapTo({ visitNo: 'data.result.就诊号', code: 'data.result.code' }) },
    {},
  ]);
  await api.publish(flow);
  const path = await api.offer(flow.flowId);
  const body = { name: '张三丰', idCard: '310101199001010007', dept: '007', number: '3', fee: '12.50' };
  const answer = await api.bus('POST', path, body, { 'idempotency-key': 'reg-1' });
  assert.deepEqual([answer.status, answer.body], [200, { visitNo: 'MZ007', code: '0' }]);
  const incomplete = await api.bus('POST', path, { name: '张三丰' }, { 'idempotency-key': 'reg-2' });
  assert.equal(incomplete.status, 422, 'the check of the starter refuses it before the hospital is asked');
}

async function adtToKafka() {
  await kafka.create('adt-events');
  await saveAdapter('adp_events', 'messaging', kafka.settings, kafka.credential);
  const port = await freePort();
  await saveAdapter('adp_ward', 'mllp', { listen: { host: '127.0.0.1', port }, listenTls: false, peers: ['127.0.0.1'] });
  await api.publish(
    starterFlow('adt-to-broker', [
      { adapter: 'adp_ward' },
      {},
      { config: mapTo({ patient: 'data.PID[0].f3[0].c1', authority: 'data.PID[0].f3[0].c4', event: 'data.MSH[0].f9[0].c2' }) },
      { adapter: 'adp_events', config: { destination: 'adt-events', key: { path: 'data.patient' }, idempotent: true } },
    ]),
  );
  const sent = await untilListening(() => runHapiClient('send', port, 'GB18030', 6));
  assert.equal(sent.code, 0, sent.output);
  const received = await readUntil(KAFKA, kafka, 'adt-events', 6);
  const patients = received.map(({ patient, authority }) => `${String(patient)} ${String(authority)}`).toSorted();
  assert.deepEqual(patients, ['00070 HIS', '00071 HIS', '00072 HIS', '00073 HIS', '00074 HIS', '00075 HIS']);
}

async function filesToRabbitmq() {
  await rabbitmq.create('lab-reports');
  await saveAdapter('adp_queue', 'messaging', rabbitmq.settings, rabbitmq.credential);
  await saveAdapter('adp_lis', 'file', { kind: 'ftp', host: '127.0.0.1', port: ftp.port, user: 'lab' }, 'any password', 'GB18030');
  await api.publish(
    starterFlow('files-to-broker', [
      { adapter: 'adp_lis', config: { patterns: ['*.csv'], stableSec: 1, everySec: 1, output: 'text' } },
      {},
      { config: { mapping: { rules: [{ to: 'rows', from: { path: 'data' } }] } } },
      { adapter: 'adp_queue', config: { destination: 'lab-reports', idempotent: true } },
    ]),
  );
  // A laboratory that knows its trade writes under another name first.
  const written = join(ftp.files, 'reports.tmp');
  // "样本,结果" and "007,阴性" in GBK.
  await writeFile(written, Buffer.from('d1f9b1be2cbde1b9fb0d0a3030372cd2f5d0d40d0a', 'hex'));
  await chown(written, 1, 1);
  await rename(written, join(ftp.files, 'reports.csv'));
  assert.deepEqual(await readUntil(RABBITMQ, rabbitmq, 'lab-reports', 1), [{ rows: [{ 样本: '007', 结果: '阴性' }] }]);
}

async function mailToRabbitmq() {
  await rabbitmq.create('mails');
  const local = { host: '127.0.0.1', security: 'none' };
  const smtp = { ...local, port: mail.port, login: true, from: 'lab@hospital.cn' };
  await saveAdapter('adp_mailbox', 'mail', { user: 'lab', imap: { ...local, port: mail.imapPort }, smtp }, 'secret');
  await api.publish(
    starterFlow('mail-to-broker', [
      { adapter: 'adp_mailbox', config: { everySec: 1, identity: 'message-id' } },
      { config: mapTo({ subject: 'data.subject', file: 'data.attachments[0].name' }) },
      { adapter: 'adp_queue', config: { destination: 'mails', idempotent: true } },
    ]),
  );
  const transport = createTransport({ host: '127.0.0.1', port: mail.port, ignoreTLS: true, auth: { user: 'lab', pass: 'secret' } });
  const attachments = [{ filename: '检验报告单.csv', content: '样本,结果\r\n' }];
  await transport.sendMail({ from: 'lis@hospital.cn', to: 'lab@hospital.cn', subject: '第 7 号报告', text: '请查收', attachments });
  transport.close();
  assert.deepEqual(await readUntil(RABBITMQ, rabbitmq, 'mails', 1), [{ subject: '第 7 号报告', file: '检验报告单.csv' }]);
}

async function rowsToHttp() {
  const database = new Client({ host: '127.0.0.1', port: postgres.port, user: 'postgres', password: 'lab-secret', database: 'postgres' });
  await database.connect();
  await database.query('CREATE TABLE orders (id integer PRIMARY KEY, changed integer NOT NULL, test text NOT NULL)');
  const settings = { engine: 'postgresql', host: '127.0.0.1', port: postgres.port, database: 'postgres', user: 'postgres' };
  await saveAdapter('adp_orders', 'database', settings, 'lab-secret');
  const target = new URL(receiver.url);
  await saveAdapter('adp_target', 'http', { baseUrl: target.origin });
  const byMark = { column: 'changed', kind: 'number', keyColumns: ['id'], from: '0', overlap: 10, refused: 'stop' };
  await api.publish(
    starterFlow('rows-to-http', [
      {
        adapter: 'adp_orders',
        config: { sql: 'SELECT id, changed, test FROM orders WHERE changed >= :after ORDER BY changed, id', byMark, everySec: 1 },
      },
      { config: mapTo({ order: 'data.id', test: 'data.test' }) },
      { adapter: 'adp_target', config: { method: 'POST', path: target.pathname } },
    ]),
  );
  await database.query("INSERT INTO orders VALUES (1, 1, '血常规'), (2, 2, '尿常规')");
  await database.end();
  await eventually(async () => assert.equal(receiver.posts.length, 2), PATIENCE_MS);
  assert.deepEqual(
    receiver.posts.map(({ body }) => JSON.parse(body) as unknown),
    [
      { order: 1, test: '血常规' },
      { order: 2, test: '尿常规' },
    ],
  );
}

/** The flow of a starter, whose nodes are completed in their order: adapter and those fields that have no default. */
function starterFlow(id: string, completed: readonly Partial<Pick<FlowNode, 'adapter' | 'config'>>[]): FlowDocument {
  const starter = STARTERS.find((one) => one.id === id)!;
  const { nodes, edges, layout } = starterClipboard(types, starter, 'en');
  assert.equal(nodes.length, completed.length, id);
  return {
    ...emptyFlow(),
    flowId: `flw_${id.replaceAll('-', '_')}`,
    mode: starter.pushes === true ? 'durable' : 'sync',
    nodes: nodes.map((node, index) => ({ ...node, ...completed[index], config: { ...node.config, ...completed[index]!.config } })),
    edges: [...edges],
    layout: { ...emptyFlow().layout, ...layout },
  };
}

function mapTo(fields: Readonly<Record<string, string>>) {
  return { mapping: { rules: Object.entries(fields).map(([to, path]) => ({ to, from: { path } })) } };
}

async function saveAdapter(
  adapterId: string,
  protocol: string,
  settings: Readonly<Record<string, unknown>>,
  secret?: string,
  charset?: string,
): Promise<void> {
  const credential = `${adapterId.replace('adp_', '')}-login`;
  if (secret !== undefined) {
    const saved = await person.call('PUT', `/secrets/${credential}`, { value: secret, adapters: [adapterId] });
    assert.equal(saved.status, 200, saved.text);
  }
  const saved = await person.call('PUT', `/adapters/${adapterId}`, {
    ...{ adapterId, revision: 0, name: { 'zh-CN': adapterId, en: adapterId }, protocol, owner: '', domain: 'sh-city' },
    ...{ environments: { DEV: settings }, ...(secret === undefined ? {} : { credential }), ...(charset === undefined ? {} : { charset }) },
  });
  assert.equal(saved.status, 200, saved.text);
}

/** The listener of a published flow opens its port a moment later. */
async function untilListening<T extends { readonly code: number }>(send: () => Promise<T>): Promise<T> {
  return eventually(async () => {
    const sent = await send();
    assert.equal(sent.code, 0, JSON.stringify(sent));
    return sent;
  }, PATIENCE_MS);
}

/** The bodies of the first messages of a destination, as JSON. */
async function readUntil(
  kind: TestBrokerKind,
  server: TestBroker,
  destination: string,
  count: number,
): Promise<readonly Record<string, unknown>[]> {
  const broker: Broker = await kind.load();
  const received: Incoming[] = [];
  const target = { ...server.target, virtualHost: undefined, tls: undefined, connectTimeoutMs: 5000, timeoutMs: 20_000 };
  const consumer = await broker.consume(
    { ...target, outbound: anywhere, clock: wallClock(), clientName: 'kangqiao test' },
    { destination, group: `test-${destination}`, member: 'test', window: 10, deadLetter: `${destination}.dead` },
    async (message) => {
      received.push(message);
      return 'stored';
    },
  );
  try {
    await eventually(async () => assert.ok(received.length >= count, `${received.length} of ${count}`), PATIENCE_MS);
  } finally {
    await consumer.stop();
  }
  return received.map(({ body }) => JSON.parse(Buffer.from(body).toString()) as Record<string, unknown>);
}
