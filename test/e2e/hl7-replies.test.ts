/** A sync flow behind an MLLP listener, on the real process: its own reply goes back, and a repeated order is not placed twice. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { Agent, request } from 'undici';
import { cityFiles } from '../../examples/city/load-city.ts';
import { ackText, connectSender, frame, startHospital, type TestHospital } from '../nodes/mllp/peers.ts';
import { chainFlow, eventually, openPlatformApi, type PlatformApi } from '../support/platform-api.ts';
import { choosePorts, makeScratch, removeScratch, startPlatform, type Platform } from '../support/platform-process.ts';

let scratch: string;
let platform: Platform;
let api: PlatformApi;
let laboratory: TestHospital;
let port: number;

before(async () => {
  scratch = await makeScratch();
  platform = await startPlatform({ scratch, ports: await choosePorts(), example: true });
  api = await openPlatformApi(platform);
  laboratory = await startHospital((id) => ackText(id));
  port = platform.ports.example + 576;
  await putAdapter('adp_orders', { listen: { host: '127.0.0.1', port }, listenTls: false, peers: ['127.0.0.1'] });
  await putAdapter('adp_laboratory', { host: '127.0.0.1', port: laboratory.port });
  await publishOrders();
});
after(async () => {
  await laboratory?.close();
  await api?.close();
  platform?.process.kill('SIGKILL');
  await removeScratch(scratch);
});

async function putAdapter(adapterId: string, settings: unknown): Promise<void> {
  const name = { 'zh-CN': adapterId, en: adapterId };
  const document = { adapterId, revision: 0, name, protocol: 'mllp', owner: 'test', domain: 'sh-city' };
  await api.ask('PUT', `/adapters/${adapterId}`, { ...document, environments: { DEV: settings } });
}

/** Sends the order on to the laboratory, and replies ORR^O02 with its number; an order without a number fails. */
async function publishOrders(): Promise<void> {
  const rules = [
    { to: 'MSH[0].f9[0].c1', from: { value: 'ORR' } },
    { to: 'MSH[0].f9[0].c2', from: { value: 'O02' } },
    { to: 'ORC[0].f1', from: { value: 'OK' } },
    { to: 'ORC[0].f2', from: { path: 'nodes.n_parse.ORC[0].f2[0].c1s1' }, required: true },
  ];
  const flow = chainFlow('flw_orders', [
    { id: 'n_parse', type: 'hl7.parse@2', config: { types: ['ORM'] } },
    { id: 'n_send', type: 'mllp.send@1', adapter: 'adp_laboratory', config: {} },
    { id: 'n_map', type: 'transform.map@1', config: { mapping: { rules } } },
  ]);
  const nodes = flow.nodes.map((node, index) => (index === 0 ? { ...node, type: 'mllp.listen@1', adapter: 'adp_orders' } : node));
  await api.ask('PUT', `/flows/${flow.flowId}`, { ...flow, nodes });
  await api.ask('POST', `/flows/${flow.flowId}/publish`, {});
}

interface StoredExecution {
  readonly executionId: string;
  readonly status: string;
  readonly error?: { readonly code: string };
}

/** The executions of a flow, once there are any. */
function executionsOf(flowId: string): Promise<readonly StoredExecution[]> {
  return eventually(async () => {
    const { items } = await api.ask('GET', `/executions?flowId=${flowId}`);
    assert.notDeepEqual(items, []);
    return items as readonly StoredExecution[];
  });
}

/** Publishes a flow that replies without a message type, at a port of its own. */
async function publishUnusable(flowId: string, at: number, nodes: readonly { readonly type: string }[]): Promise<void> {
  await putAdapter(`adp_${flowId}`, { listen: { host: '127.0.0.1', port: at }, listenTls: false, peers: ['127.0.0.1'] });
  const flow = chainFlow(flowId, [
    ...nodes,
    { type: 'transform.set@1', config: { fields: [{ to: 'data', from: { value: 'MSH|^~\\&|\r' } }] } },
  ]);
  const [trigger, ...others] = flow.nodes;
  await api.ask('PUT', `/flows/${flowId}`, {
    ...flow,
    nodes: [{ ...trigger!, type: 'mllp.listen@1', adapter: `adp_${flowId}` }, ...others],
  });
  await api.ask('POST', `/flows/${flowId}/publish`, {});
}

async function answersTo(...messages: string[]): Promise<readonly string[]> {
  return answersAt(port, ...messages);
}

async function answersAt(to: number, ...messages: string[]): Promise<readonly string[]> {
  const sender = await eventually(() => connectSender(to));
  for (const message of messages) sender.socket.write(frame(message));
  const answers = await sender.received(messages.length);
  sender.socket.destroy();
  return answers;
}

const order = (id: string, number: string) =>
  `MSH|^~\\&|HIS|H|GW|P|20261124||ORM^O01|${id}|P|2.4||||||UNICODE UTF-8\rPID|1||7\rORC|NW|${number}\r`;

test('the reply of the flow goes back instead of an ACK, and a repeated order gets the same reply without a second order', async () => {
  const [reply] = await answersTo(order('O1', 'P1&HIS'));
  assert.match(
    reply!,
    /^MSH\|\^~\\&\|GW\|P\|HIS\|H\|\d{14}\+0000\|\|ORR\^O02\|AO1\|P\|2\.4\|{6}UNICODE UTF-8\rMSA\|AA\|O1\rORC\|OK\|P1\r$/,
  );
  const repeated = await answersTo(order('O1', 'P1&HIS'), order('O2', 'P2'));
  assert.equal(repeated[0]!.replace(/\d{14}/, ''), reply!.replace(/\d{14}/, ''));
  assert.match(repeated[1]!, /\rMSA\|AA\|O2\rORC\|OK\|P2\r$/);
  assert.equal(laboratory.received.length, 2);
});

test('a message that the flow refuses gets AE with the reason', async () => {
  const [refused] = await answersTo(order('O3', 'P3').replace('ORM^O01', 'ADT^A01'));
  assert.match(refused!, /\rMSA\|AE\|O3\|HL7_TYPE_UNEXPECTED: /);
});

test('a reply that cannot be sent fails the execution with the code that the sender gets', async () => {
  await publishUnusable('flw_no_type', port + 1, []);
  const [refused] = await answersAt(port + 1, order('O5', 'P5'));
  assert.match(refused!, /\rMSA\|AR\|O5\|HL7_REPLY_WRONG: The reply of the flow cannot be sent: it has no message type/);
  const [execution] = await executionsOf('flw_no_type');
  assert.deepEqual([execution!.status, execution!.error?.code], ['failed', 'HL7_REPLY_WRONG']);
});

test('after a write, a reply that cannot be sent holds the execution for a person', async () => {
  await publishUnusable('flw_written', port + 2, [{ type: 'mllp.send@1', adapter: 'adp_laboratory', config: {} } as never]);
  const [refused] = await answersAt(port + 2, order('O6', 'P6'));
  assert.match(refused!, /\rMSA\|AR\|O6\|ARRIVAL_UNSETTLED: /);
  const [execution] = await executionsOf('flw_written');
  assert.deepEqual([execution!.status, execution!.error?.code], ['held', 'HL7_REPLY_WRONG']);
  const reason =
    /execution\.not_completed .*flw_written.*code=HL7_REPLY_WRONG.*reason=The reply of the flow cannot be sent: it has no message/;
  await eventually(async () => assert.match(platform.output(), reason));
  const path = `/executions/${execution!.executionId}`;
  await api.ask('POST', `${path}/retry`, {});
  const again = await eventually(async () => {
    const found = await api.ask('GET', path);
    assert.deepEqual([found['attempt'], found['status']], [2, 'held']);
    return found;
  });
  assert.equal((again['error'] as { code: string }).code, 'HL7_REPLY_WRONG');
  const conclude = (data: string) =>
    api.call('POST', `${path}/conclude`, {
      attempt: 2,
      reason: 'seen in the LIS',
      reply: { status: 200, headers: {}, data, mediaType: 'application/hl7-v2' },
    });
  const refused2 = await conclude('MSH|^~\\&|\r');
  assert.deepEqual([refused2.status, refused2.body['code']], [422, 'EXECUTION_REPLY_REFUSED']);
  assert.equal((await conclude('MSH|^~\\&|||||||ORR^O02\r')).status, 200);
  await eventually(async () => assert.equal((await api.ask('GET', path))['status'], 'completed'));
});

test('an interface whose reply is no SOAP answer fails the execution with the code that the caller gets', async () => {
  const flow = chainFlow('flw_soap_wrong', [{ type: 'transform.set@1', config: { fields: [{ to: 'data', from: { value: [1] } }] } }]);
  const [trigger, ...others] = flow.nodes;
  const operations = [{ name: 'Ask', request: { type: 'object', properties: {} }, response: { type: 'object', properties: {} } }];
  const config = { service: 'S', namespace: 'urn:s', address: 'http://localhost/s', operations };
  await api.publish({ ...flow, nodes: [{ ...trigger!, type: 'soap.receive@1', config }, ...others] });
  const path = await api.offer('flw_soap_wrong', { log: 'none' });
  const token = await readFile(cityFiles(platform.cityFolder).busToken, 'utf8');
  const agent = new Agent({ connect: { ca: platform.ca } });
  const answer = await request(`https://127.0.0.1:${platform.ports.bus}${path}`, {
    dispatcher: agent,
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'text/xml; charset=utf-8', soapaction: '""' },
    body: '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><Ask xmlns="urn:s"/></e:Body></e:Envelope>',
  });
  const text = await answer.body.text();
  await agent.close();
  assert.match(text, /SOAP_REPLY/);
  const [execution] = await executionsOf('flw_soap_wrong');
  assert.deepEqual([execution!.status, execution!.error?.code], ['failed', 'SOAP_REPLY']);
  const reason = /execution\.not_completed .*flw_soap_wrong.*code=SOAP_REPLY.*reason=The reply of the flow is not an object/;
  await eventually(async () => assert.match(platform.output(), reason));
});
