import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { AppError, type ErrorKind } from '../../../engine/contract/values/errors.ts';
import { createMessage, type Message } from '../../../engine/contract/values/message.ts';
import type { ActionNode, BuildContext, NodeContext, Outcome } from '../../../engine/contract/node/node.ts';
import { errorText } from '../../../engine/contract/error-texts/error-texts.ts';
import { wallClock } from '../../../engine/testing/wall-clock.ts';
import { checkConfig, resolveAdapter, type TestAdapter } from '../../../engine/testing/run-node.ts';
import { silentLogger } from '../../../engine/contract/values/observe.ts';
import mllpSend from '../../../nodes/mllp/send.node.ts';
import { decodeText, encodeText } from '../../../nodes/shared/charset/text-charset.ts';
import { controlIdOf } from '../../../nodes/shared/hl7/control-id.ts';
import { toHl7Form } from '../../../nodes/shared/hl7/form.ts';
import { readHl7 } from '../../../nodes/shared/hl7/message.ts';
import { ackText, admission, startHospital, type TestHospital } from './peers.ts';
import { showsContract } from '../shows-contract.ts';
import type { OutboundGuard } from '../../../engine/contract/node/outbound-guard.ts';
import { createOutboundGuard } from '../../../engine/outbound/create-outbound-guard.ts';
import { anyFile, anywhere } from '../../../engine/testing/anywhere.ts';

showsContract(import.meta.url, {
  happy: 'a message is sent under a control id of its idempotency key and its ACK is emitted',
  slow: 'a slow hospital is an unknown outcome, and its late ACK meets no other message',
  'half-open': 'a half-open connection is an unknown outcome within the time-out',
  refusal: 'a refusal is an input error without the words of the other side, or transient where configured',
  duplicate: 'a retry carries the same control id, another step another',
  cancel: 'a cancel before sending is transient, after sending an unknown outcome',
  '10 MB': 'a message of 10 MB is sent whole',
});

type Answer = Parameters<typeof startHospital>[0];
interface SendOptions {
  readonly key?: string;
  readonly signal?: AbortSignal;
  readonly beforeFirstByte?: () => void;
  readonly message?: Message;
  readonly outbound?: OutboundGuard;
}

const node = mllpSend as unknown as ActionNode;
const isError = (code: string, kind: ErrorKind) => (error: unknown) =>
  error instanceof AppError && error.code === code && error.kind === kind;
const emitted = (outcome: Outcome) => ('emit' in outcome ? outcome.emit!['ok']![0]!.data : outcome);

/** One prepared node (so its connections persist over sends) and the hospital it speaks to. */
async function start(t: TestContext, answer: Answer, config: Record<string, unknown> = {}, adapter: Partial<TestAdapter> = {}) {
  const hospital: TestHospital = await startHospital(answer);
  const closing = new AbortController();
  t.after(() => hospital.close());
  t.after(() => closing.abort());
  const filled = checkConfig(node, config);
  const run = node.prepare(filled, {} as BuildContext);
  const settings = { host: '127.0.0.1', port: hospital.port, ...adapter.settings };
  const send = async (data: unknown, options: SendOptions = {}) => {
    const message = options.message ?? createMessage(data, { mediaType: 'application/hl7-v2' });
    const ctx = {
      config: filled,
      adapter: resolveAdapter('mllp', { charset: 'UTF-8', limits: { timeoutMs: 2000 }, ...adapter, settings }),
      signal: options.signal ?? closing.signal,
      outbound: options.outbound ?? anywhere,
      scope: { message },
      idempotencyKey: options.key ?? 'key-1',
      clock: wallClock(),
      log: silentLogger,
      beforeFirstByte: options.beforeFirstByte ?? (() => undefined),
    } as unknown as NodeContext<Record<string, unknown>>;
    return run(ctx, message);
  };
  return { hospital, send };
}

test('a message is sent under a control id of its idempotency key and its ACK is emitted', async (t) => {
  const { hospital, send } = await start(t, (id) => ackText(id, 'AA', 'ok'));
  const id = controlIdOf('key-1');
  assert.deepEqual(emitted(await send(admission('M1'))), { code: 'AA', controlId: id, text: 'ok' });
  assert.equal(Buffer.from(hospital.received[0]!, 'latin1').toString(), admission(id));
});

test('a retry carries the same control id, another step another', async (t) => {
  const { hospital, send } = await start(t, (id) => ackText(id));
  for (const key of ['a', 'a', 'b']) await send(admission('M1'), { key });
  const ids = hospital.received.map((text) => text.split('|')[9]);
  assert.equal(ids[0], ids[1]);
  assert.notEqual(ids[0], ids[2]);
});

test('one connection serves all messages, one at a time', async (t) => {
  let under = 0;
  const { hospital, send } = await start(t, (id, _content, socket) => {
    assert.equal(++under, 1);
    setTimeout(() => {
      under -= 1;
      socket.write(`\x0b${ackText(id)}\x1c\r`);
    }, 2);
    return undefined;
  });
  await Promise.all(Array.from({ length: 20 }, (_, index) => send(admission('M'), { key: `k${index}` })));
  assert.equal(hospital.received.length, 20);
  assert.equal(hospital.connections(), 1);
});

test('data of hl7.parse and bytes are sent like text, in the charset of the adapter, which MSH-18 then names', async (t) => {
  const { hospital, send } = await start(t, (id) => ackText(id), { controlId: 'keep' }, { charset: 'GB18030' });
  await send(toHl7Form(readHl7(admission('M1', '慭龘'))));
  await send(encodeText(admission('M2', '慭龘'), 'UTF-8'));
  for (const [index, id] of ['M1', 'M2'].entries()) {
    const text = decodeText(Buffer.from(hospital.received[index]!, 'latin1'), 'GB18030');
    assert.equal(text, admission(id, '慭龘').replace('UNICODE UTF-8', 'GB 18030-2000'));
  }
});

test('late and foreign acknowledgements are ignored', async (t) => {
  const { send } = await start(t, (id) => `${ackText('OTHER')}\x1c\r\x0b${ackText('OLD', 'AE')}\x1c\r\x0b${ackText(id)}`);
  assert.equal((emitted(await send(admission('M1'))) as { code: string }).code, 'AA');
});

test('a slow hospital is an unknown outcome, and its late ACK meets no other message', async (t) => {
  let answerLate: (() => void) | undefined;
  const { hospital, send } = await start(
    t,
    (id, _content, socket) => {
      if (answerLate) {
        answerLate();
        return ackText(id);
      }
      answerLate = () => void (socket.destroyed || socket.write(`\x0b${ackText(id)}\x1c\r`));
      return undefined;
    },
    {},
    { limits: { timeoutMs: 1_500 } },
  );
  await assert.rejects(send(admission('M1')), isError('MLLP_ACK_TIMEOUT', 'unknown-outcome'));
  assert.equal((emitted(await send(admission('M2'), { key: 'k2' })) as { controlId: string }).controlId, controlIdOf('k2'));
  assert.equal(hospital.connections(), 2);
});

test('a half-open connection is an unknown outcome within the time-out', async (t) => {
  const { send } = await start(t, () => undefined, {}, { limits: { timeoutMs: 500 } });
  await assert.rejects(send(admission('M1')), isError('MLLP_ACK_TIMEOUT', 'unknown-outcome'));
});

test('a missing ACK is an error that says which peer, how long, and what came instead', async (t) => {
  const cases: readonly (readonly [Answer, string, Readonly<Record<string, unknown>>])[] = [
    [() => undefined, 'MLLP_ACK_TIMEOUT', {}],
    [() => ackText('OTHER'), 'MLLP_ACK_TIMEOUT', { foreignAcks: 1 }],
    [(_id, _content, socket) => void socket.write('garbage\x1c\r'), 'MLLP_ACK_TIMEOUT', { otherBytes: 7 }],
    [(_id, _content, socket) => void socket.write('\x0bMSH|'), 'MLLP_ACK_TIMEOUT', { heldBytes: 5 }],
    [(_id, _content, socket) => void socket.destroy(), 'MLLP_CONNECTION_LOST', {}],
    [() => 'hello', 'MLLP_ACK_UNREADABLE', { problem: 'HL7_MALFORMED' }],
  ];
  for (const [answer, code, expected] of cases) {
    const { hospital, send } = await start(t, answer);
    const timeOut = new AbortController();
    const failing = send(admission('M1'), { signal: timeOut.signal }).catch((error: unknown) => error as AppError);
    // The time-out of the node is that of its adapter, and therefore comes first.
    setTimeout(() => timeOut.abort(new AppError('NODE_TIMEOUT', 'transient', 'Too slow.')), 300);
    const error = (await failing) as AppError;
    assert.equal(error.code, code);
    const { waitedMs, ...values } = error.values;
    assert.equal(typeof waitedMs, 'number');
    assert.deepEqual(values, { ...expected, peer: `127.0.0.1:${hospital.port}` });
    assert.ok(error.message.startsWith(`127.0.0.1:${hospital.port}: `) && error.message.includes(`${String(waitedMs)} ms`), error.message);
    assert.ok(errorText(error, 'zh-CN').what.includes(`${String(waitedMs)} 毫秒`));
  }
});

test('a connection lost before the ACK is an unknown outcome, and the next message opens a new one', async (t) => {
  let first = true;
  const { send } = await start(t, (id, _content, socket) => {
    if (!first) return ackText(id);
    first = false;
    socket.destroy();
    return undefined;
  });
  await assert.rejects(send(admission('M1')), isError('MLLP_CONNECTION_LOST', 'unknown-outcome'));
  await send(admission('M2'));
});

test('an answer that is no acknowledgement is an unknown outcome', async (t) => {
  const { send } = await start(t, () => 'hello');
  await assert.rejects(send(admission('M1')), isError('MLLP_ACK_UNREADABLE', 'unknown-outcome'));
});

test('a connection that the hospital closed while idle is opened anew, and nothing is lost', async (t) => {
  let closed = Promise.withResolvers<void>();
  const { hospital, send } = await start(t, (id, _content, socket) => {
    // The sender has seen the end when it ends its own side.
    socket.once('close', () => closed.resolve());
    setImmediate(() => socket.end());
    return ackText(id);
  });
  for (let index = 0; index < 5; index++) {
    closed = Promise.withResolvers();
    await send(admission('M1'), { key: `k${index}` });
    await closed.promise;
  }
  assert.equal(hospital.received.length, 5);
});

test('a refused connection is transient: nothing was sent', async (t) => {
  const { hospital, send } = await start(t, (id) => ackText(id));
  await hospital.close();
  await assert.rejects(send(admission('M1')), isError('MLLP_CONNECT_FAILED', 'transient'));
});

test('a refusal is an input error without the words of the other side, or transient where configured', async (t) => {
  const answer: Answer = (id) => `MSH|^~\\&|H|H|G|P|1||ACK|1|P|2.5\rMSA|AE|${id}|张三 is unknown\rERR|||204^Unknown key\r`;
  const { send } = await start(t, answer);
  await assert.rejects(
    send(admission('M1')),
    (error) => isError('MLLP_REFUSED', 'input')(error) && String(error).includes('204') && !String(error).includes('张三'),
  );
  const retrying = await start(t, answer, { retryOn: ['AE'] });
  await assert.rejects(retrying.send(admission('M1')), isError('MLLP_REFUSED', 'transient'));
});

test('refusals leave by their own port with the words of the other side, and the message comes from any field', async (t) => {
  const answer: Answer = (id) => ackText(id, id === 'M1' ? 'AE' : 'AA', '张三 is unknown');
  const config = { controlId: 'keep', refusals: 'port', message: { path: 'data.body' } };
  const { hospital, send } = await start(t, answer, config);
  const refused = (await send({ body: admission('M1') })) as unknown as { emit: { refused: { data: unknown }[] } };
  assert.deepEqual(refused.emit.refused[0]!.data, { code: 'AE', controlId: 'M1', errorCode: '', text: '张三 is unknown' });
  assert.equal((emitted(await send({ body: admission('M2') })) as { code: string }).code, 'AA');
  assert.equal(hospital.received.length, 2);
  const retrying = await start(t, answer, { ...config, retryOn: ['AE'] });
  await assert.rejects(retrying.send({ body: admission('M1') }), isError('MLLP_REFUSED', 'transient'));
});

test('a refusal from a peer that could not read the header is taken as such', async (t) => {
  const { send } = await start(t, () => 'MSH|^~\\&|||||1||ACK|1|P|2.4\rMSA|AR||unreadable\r');
  await assert.rejects(send(admission('M1')), isError('MLLP_REFUSED', 'input'));
});

test('nothing is sent when the lease is lost, and the connection stays good', async (t) => {
  const { hospital, send } = await start(t, (id) => ackText(id));
  const lost = new AppError('LEASE_LOST', 'transient', 'lost');
  await assert.rejects(
    send(admission('M1'), {
      beforeFirstByte: () => {
        throw lost;
      },
    }),
    lost,
  );
  await send(admission('M2'));
  assert.equal(hospital.received.length, 1);
});

test('a cancel before sending is transient, after sending an unknown outcome', async (t) => {
  const { hospital, send } = await start(t, () => undefined);
  const cancel = new AbortController();
  const first = send(admission('M1'), { signal: cancel.signal });
  const second = send(admission('M2'), { signal: cancel.signal, key: 'k2' });
  const outcomes = Promise.allSettled([first, second]);
  while (hospital.received.length === 0) await new Promise((resolve) => setImmediate(resolve));
  cancel.abort();
  const [one, two] = await outcomes;
  assert.ok(one.status === 'rejected' && isError('MLLP_ACK_TIMEOUT', 'unknown-outcome')(one.reason));
  assert.ok(two.status === 'rejected' && isError('MLLP_STOPPED', 'transient')(two.reason));
  assert.equal(hospital.received.length, 1);
});

test('a message of 10 MB is sent whole', async (t) => {
  const { hospital, send } = await start(t, (id) => ackText(id), {}, { limits: { timeoutMs: 10_000 } });
  await send(admission('M1', 'x'.repeat(10_000_000)));
  assert.ok(hospital.received[0]!.length > 10_000_000);
});

test('a text that the charset cannot carry, or that is no message, is never sent', async (t) => {
  const { hospital, send } = await start(t, (id) => ackText(id), {}, { charset: 'GBK' });
  await assert.rejects(send(admission('M1', '𠮷')), isError('CHARSET_UNENCODABLE', 'input'));
  await assert.rejects(send('hello'), isError('HL7_MALFORMED', 'input'));
  await assert.rejects(send({ a: 1 }), isError('HL7_FORM_WRONG', 'input'));
  assert.equal(hospital.connections(), 0);
});

test('a text that a receiver could read as two messages, or only in part, is never sent', async (t) => {
  const { hospital, send } = await start(t, (id) => ackText(id));
  for (const end of ['\r', '\n', '\r\n'])
    for (const more of ['MSH|^~\\&|EVIL|\r', 'MSH', 'MSH#^~\\&', 'NTE|1||a\0b\r'])
      await assert.rejects(send(`${admission('M1').trimEnd()}${end}${more}`), isError('HL7_NOT_ONE_MESSAGE', 'input'));
  const data = toHl7Form(readHl7(`${admission('M1')}MSH|^~\\&|EVIL|\r`));
  await assert.rejects(send(data), isError('HL7_NOT_ONE_MESSAGE', 'input'));
  assert.equal(hospital.connections(), 0);
  await send(`\r\n${admission('M1')}MSHX|1\rNTE|1||MSH|\r`);
  assert.equal(hospital.received.length, 1);
});

test('plain text off loopback is refused unless the operator allows it', async (t) => {
  const { send } = await start(t, (id) => ackText(id), {}, { settings: { host: '192.0.2.1' } });
  await assert.rejects(send(admission('M1')), isError('MLLP_TLS_REQUIRED', 'input'));
});

test('only a node whose receiver heeds the control id may be run again by itself', () => {
  const effect = node.effect as (config: Record<string, unknown>) => string;
  assert.equal(effect(checkConfig(node, {})), 'write');
  assert.equal(effect(checkConfig(node, { idempotent: true })), 'idempotent-write');
});

test('the connection test says how far it came', async (t) => {
  const hospital = await startHospital((id) => ackText(id));
  t.after(() => hospital.close());
  const probe = (port: number) =>
    node.probe!({
      adapter: resolveAdapter('mllp', { settings: { host: '127.0.0.1', port } }),
      signal: new AbortController().signal,
      clock: wallClock(),
      outbound: anywhere,
      files: anyFile,
      secret: () => Promise.resolve(''),
    });
  const good = await probe(hospital.port);
  assert.deepEqual([good.ok, good.steps.map((step) => step.ok)], [true, [true, true, true, true]]);
  await hospital.close().catch(() => undefined);
  const bad = await probe(hospital.port);
  assert.deepEqual([bad.ok, bad.steps.map((step) => step.ok)], [false, [true, true, false]]);
  assert.equal(hospital.received.length, 0);
});

test('an address that is not open gets no connection, by name or by number, and the error is not tried again', async (t) => {
  const { hospital, send } = await start(t, (id) => ackText(id, 'AA', 'ok'));
  const outbound = createOutboundGuard({ isExcepted: () => false });
  await assert.rejects(Promise.resolve(send(admission('M1'), { outbound })), isError('OUTBOUND_REFUSED', 'input'));
  const named = await start(t, (id) => ackText(id, 'AA', 'ok'), {}, { settings: { host: 'localhost', port: hospital.port } });
  await assert.rejects(Promise.resolve(named.send(admission('M1'), { outbound })), isError('OUTBOUND_REFUSED', 'input'));
  assert.equal(hospital.received.length, 0);
});
