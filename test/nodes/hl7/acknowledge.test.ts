import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMessage } from '../../../engine/contract/values/message.ts';
import { runNode, type RunNodeOptions } from '../../../engine/testing/run-node.ts';
import acknowledge from '../../../nodes/hl7/acknowledge.node.ts';
import parse from '../../../nodes/hl7/parse.node.ts';
import httpCall from '../../../nodes/http/call.node.ts';
import { encodeText } from '../../../nodes/shared/charset/text-charset.ts';
import { ADMISSION } from '../shared/hl7/corpus.ts';
import { httpPeer } from '../support/peers.ts';
import { showsContract } from '../shows-contract.ts';

showsContract(import.meta.url, {
  happy: 'an ACK names the message that it answers, from text, bytes and parsed data',
  refusal: 'what is no message, and a reply that cannot be sent, are refused',
  '10 MB': 'a request of 10 MB is acknowledged',
});

async function run(options: RunNodeOptions): Promise<string> {
  const outcome = await runNode(acknowledge, options);
  assert.ok('emit' in outcome);
  const { data, mediaType } = outcome.emit!['ok']![0]!;
  assert.equal(mediaType, 'application/hl7-v2');
  return data as string;
}

test('an ACK names the message that it answers, from text, bytes and parsed data', async () => {
  const parsed = await runNode(parse, { data: ADMISSION });
  assert.ok('emit' in parsed);
  const gb = new Uint8Array(encodeText(ADMISSION.replace('UNICODE UTF-8', 'GB 18030-2000'), 'GB18030'));
  for (const data of [ADMISSION, gb, parsed.emit!['ok']![0]!.data]) {
    const text = await run({ data, config: { code: 'AE', text: '号源|满' } });
    assert.match(text, /^MSH\|\^~\\&\|GW\|平台\|HIS\|协和医院\|\d{14}\+0000\|\|ACK\^A01\^ACK\|AMSG00001\|P\|2\.4\|/);
    assert.match(text, /\rMSA\|AE\|MSG00001\|号源\\F\\满\r$/);
  }
});

test('a reply of its own is completed', async () => {
  const content = { value: { MSH: [{ f9: [{ c1: 'ADR', c2: 'A19' }] }], PID: [{ f5: [{ c1: '张' }] }] } };
  const text = await run({
    message: createMessage({ other: 1 }),
    nodes: { n_in: ADMISSION },
    config: { request: { path: 'nodes.n_in' }, content },
  });
  assert.match(text, /\|ADR\^A19\|AMSG00001\|P\|2\.4\|{6}UNICODE UTF-8\rMSA\|AA\|MSG00001\rPID\|{5}张\r$/);
});

test('what is no message, and a reply that cannot be sent, are refused', async () => {
  await assert.rejects(run({ data: 'hello' }), { code: 'HL7_MALFORMED' });
  await assert.rejects(run({ data: { a: 1 } }), { code: 'HL7_FORM_WRONG' });
  await assert.rejects(run({ data: ADMISSION, config: { content: { value: { MSH: [{ f10: 'x' }] } } } }), { code: 'HL7_REPLY_WRONG' });
});

test('a request of 10 MB is acknowledged', async () => {
  const data = ADMISSION + 'OBX|1|NM|1554-5^GLUCOSE^LN||182|mg/dl|70_105|H|||F\r'.repeat(200_000);
  assert.match(await run({ data }), /\rMSA\|AA\|MSG00001\r$/);
});

test('HL7 over HTTP: a call posts ER7 as application/hl7-v2, and its answer is read as a message', async (t) => {
  const { baseUrl, requests } = await httpPeer(t, ({ bytes }, response) => {
    void runNode(acknowledge, { data: new Uint8Array(bytes), config: { emits: 'bytes' } }).then((outcome) => {
      response.setHeader('content-type', 'application/hl7-v2');
      response.end('emit' in outcome ? outcome.emit!['ok']![0]!.data : 'no answer');
    });
  });
  const text = ADMISSION.replace('UNICODE UTF-8', 'GB 18030-2000');
  const sent = await runNode(httpCall, {
    adapter: { settings: { baseUrl } },
    config: { method: 'POST', path: '/hl7' },
    message: createMessage(text, { mediaType: 'application/hl7-v2', charset: 'GB18030' }),
  });
  assert.ok('emit' in sent);
  assert.equal(requests[0]!.headers['content-type'], 'application/hl7-v2; charset=GB18030');
  assert.deepEqual(requests[0]!.bytes, encodeText(text, 'GB18030'));
  const answer = await runNode(parse, { message: sent.emit!['ok']![0]! });
  assert.ok('emit' in answer);
  const { MSH, MSA } = answer.emit!['ok']![0]!.data as Record<string, Record<string, Record<string, string>[]>[]>;
  assert.deepEqual([MSH![0]!['f4']![0]!['c1'], MSA![0]!['f1']![0]!['c1'], MSA![0]!['f2']![0]!['c1']], ['平台', 'AA', 'MSG00001']);
});
