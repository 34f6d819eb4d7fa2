import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { AppError, type ErrorRecord } from '../../../engine/contract/values/errors.ts';
import type { Arrival, ArrivalResult } from '../../../engine/contract/node/node.ts';
import { createMessage } from '../../../engine/contract/values/message.ts';
import { silentLogger, type Logger } from '../../../engine/contract/values/observe.ts';
import { fakeClock } from '../../../engine/testing/fake-clock.ts';
import { listenTrigger, type ListeningTrigger, type ListenTriggerOptions } from '../../../engine/testing/listen-trigger.ts';
import mllpListen from '../../../nodes/mllp/listen.node.ts';
import { encodeText } from '../../../nodes/shared/charset/text-charset.ts';
import { admission, connectSender, frame, portLogger, type TestSender } from './peers.ts';
import { showsContract } from '../shows-contract.ts';

showsContract(import.meta.url, {
  happy: 'a message is handed in as text with its charset, type and keys, and acknowledged by name',
  slow: 'a sender that takes no ACKs is cut off after a while, and the others go on',
  'half-open': 'a half-open connection with half a message is closed, and an idle one later',
  refusal: 'a message refused for wrong content gets AE',
  duplicate: 'a duplicate is acknowledged like the first',
  cancel: 'stopping waits for what was handed in only so long',
  '10 MB': 'a message of 10 MB is taken whole',
});

interface Listening {
  readonly trigger: ListeningTrigger;
  readonly port: number;
  sender(): Promise<TestSender>;
}

async function start(
  t: TestContext,
  settings: Record<string, unknown> = {},
  options: Partial<ListenTriggerOptions> = {},
): Promise<Listening> {
  const logged = portLogger(options.log);
  const trigger = await listenTrigger(mllpListen, {
    adapter: { settings: { listen: { host: '127.0.0.1', port: 0 }, peers: ['127.0.0.1'], ...settings }, charset: 'GB18030' },
    ...options,
    log: logged.log,
  });
  const senders: TestSender[] = [];
  t.after(async () => {
    for (const { socket } of senders) socket.destroy();
    await trigger.stop();
  });
  return {
    trigger,
    port: logged.port(),
    async sender() {
      const sender = await connectSender(logged.port());
      senders.push(sender);
      return sender;
    },
  };
}

const msa = (ack: string | undefined) =>
  /\rMSA\|(\w\w)\|([^|\r]*)/
    .exec(ack ?? '')
    ?.slice(1, 3)
    .join(' ');
const isCode = (code: string) => (error: unknown) => error instanceof AppError && error.code === code;

test('a message is handed in as text with its charset, type and keys, and acknowledged by name', async (t) => {
  const { trigger, sender } = await start(t, {}, { config: { keys: { patient: 'PID-3.1', absent: 'ZZZ-1' } } });
  const { socket, received } = await sender();
  socket.write(frame(admission('M1')));
  assert.equal(msa((await received(1))[0]), 'AA M1');
  const { message } = trigger.arrivals[0]!;
  assert.equal(message.data, admission('M1'));
  assert.deepEqual(
    { type: message.mediaType, charset: message.charset, headers: message.headers, keys: message.keys },
    { type: 'application/hl7-v2', charset: 'UTF-8', headers: { 'hl7-type': 'ADT^A01', 'hl7-control-id': 'M1' }, keys: { patient: '0007' } },
  );
});

/** What the author of a flow wrote for the sender. */
const OWN_REFUSAL = { code: 'X_Y', kind: 'input', message: '号源已满', text: { 'zh-CN': '号源已满', en: '号源已满' } } as const;

test('MSA-3 gives reasons about the message, and of systems behind the flow only the code', async (t) => {
  const errors: readonly ErrorRecord[] = [
    OWN_REFUSAL,
    { code: 'HL7_TYPE_UNEXPECTED', kind: 'input', message: 'This flow does not take this type.' },
    { code: 'DATABASE_LOGIN_REFUSED', kind: 'input', message: '10.1.2.3:5432: The database refuses the user (28P01).' },
    { code: 'DATABASE_CONSTRAINT', kind: 'input', message: 'The constraint patients_pkey of 10.1.2.3 refuses the row.' },
    { code: 'MLLP_CONNECT_FAILED', kind: 'bug', message: 'No connection to 10.1.2.3:2575.' },
  ];
  let next = 0;
  const { sender } = await start(t, {}, { onArrival: () => ({ status: 'refused', error: errors[next++]! }) });
  const { socket, received } = await sender();
  for (const [index] of errors.entries()) socket.write(frame(admission(`M${index}`)));
  const texts = (await received(5)).map((ack) => Buffer.from(ack, 'latin1').toString().split('\r')[1]);
  const other = 'The message could not be processed; ask the operator of the receiver.';
  assert.deepEqual(texts, [
    'MSA|AE|M0|X_Y: 号源已满',
    'MSA|AE|M1|HL7_TYPE_UNEXPECTED: This flow does not take this type.',
    `MSA|AR|M2|DATABASE_LOGIN_REFUSED: ${other}`,
    `MSA|AE|M3|DATABASE_CONSTRAINT: ${other}`,
    `MSA|AR|M4|MLLP_CONNECT_FAILED: ${other}`,
  ]);
});

test('a message without MSH-18 is read, and answered, in the charset of the adapter', async (t) => {
  const { trigger, sender } = await start(t, {}, { onArrival: () => ({ status: 'refused', error: OWN_REFUSAL }) });
  const { socket, received } = await sender();
  const text = admission('M1', '慭龘').replace('UNICODE UTF-8', '');
  socket.write(frame(encodeText(text, 'GB18030')));
  const ack = Buffer.from((await received(1))[0]!, 'latin1');
  assert.equal(trigger.arrivals[0]!.message.data, text);
  assert.ok(ack.includes(encodeText('MSA|AE|M1|X_Y: 号源已满', 'GB18030')));
});

test('the ACK leaves only after the message is safe', async (t) => {
  const stored = Promise.withResolvers<ArrivalResult>();
  const { trigger, sender } = await start(t, {}, { onArrival: () => stored.promise });
  const { socket, received, acks } = await sender();
  socket.write(frame(admission('M1')));
  await trigger.next();
  assert.equal(acks.length, 0);
  stored.resolve({ status: 'accepted', executionId: 'exe_1' });
  assert.equal(msa((await received(1))[0]), 'AA M1');
});

test('a duplicate is acknowledged like the first', async (t) => {
  const { sender } = await start(t, {}, { onArrival: () => ({ status: 'duplicate', executionId: 'exe_1' }) });
  const { socket, received } = await sender();
  socket.write(frame(admission('M1')));
  assert.equal(msa((await received(1))[0]), 'AA M1');
});

test('pipelined messages are handed in once each, in order, together, and acknowledged in order', async (t) => {
  const results = new Map<string, PromiseWithResolvers<ArrivalResult>>();
  const onArrival = ({ message }: Arrival) => {
    const result = Promise.withResolvers<ArrivalResult>();
    results.set(message.headers['hl7-control-id']!, result);
    return result.promise;
  };
  const { trigger, sender } = await start(t, {}, { onArrival });
  const { socket, received, acks } = await sender();
  const ids = Array.from({ length: 50 }, (_, index) => `M${index}`);
  const stream = Buffer.concat(ids.map((id) => frame(admission(id))));
  for (let at = 0; at < stream.length; at += 777) socket.write(stream.subarray(at, at + 777));
  for (const _ of ids) await trigger.next();
  for (const id of ids.toReversed()) results.get(id)!.resolve({ status: 'accepted', executionId: id });
  await received(50);
  assert.deepEqual(
    acks.map(msa),
    ids.map((id) => `AA ${id}`),
  );
  assert.deepEqual(
    trigger.arrivals.map(({ message }) => message.headers['hl7-control-id']),
    ids,
  );
});

test('reading stops while too many are unanswered, and nothing is lost', async (t) => {
  const gate = Promise.withResolvers<void>();
  let under = 0;
  let most = 0;
  const onArrival = async () => {
    most = Math.max(most, ++under);
    await gate.promise;
    under -= 1;
    return { status: 'accepted', executionId: 'exe_1' } as const;
  };
  const { trigger, sender } = await start(t, { maxUnhandled: 4 }, { onArrival });
  const { socket, received } = await sender();
  const flushed = new Promise<void>((resolve) => socket.once('drain', resolve));
  const big = 'x'.repeat(200_000);
  for (let index = 0; index < 100; index++) socket.write(frame(admission(`M${index}`, big)));
  for (let index = 0; index < 4; index++) await trigger.next();
  assert.equal(trigger.arrivals.length, 4);
  gate.resolve();
  await flushed;
  await received(100);
  assert.equal(trigger.arrivals.length, 100);
  assert.equal(most, 4);
});

test('a message refused for wrong content gets AE', async (t) => {
  const error = { code: 'FLOW_INPUT', kind: 'input', message: 'no' } as const;
  const { sender } = await start(t, {}, { onArrival: () => ({ status: 'refused', error }) });
  const { socket, received } = await sender();
  socket.write(frame(admission('M1')));
  assert.equal(msa((await received(1))[0]), 'AE M1');
});

test('while the store is down a message gets no answer, nor does what came behind it; what came before does, and the connection ends', async (t) => {
  const error = { code: 'STORE_DOWN', kind: 'transient', message: 'no' } as const;
  const { trigger, sender } = await start(
    t,
    {},
    {
      onArrival: ({ message }) =>
        message.headers['hl7-control-id'] === 'M2' ? { status: 'refused', error } : { status: 'accepted', executionId: 'exe' },
    },
  );
  const { socket, received, closed } = await sender();
  for (const id of ['M1', 'M2', 'M3']) socket.write(frame(admission(id)));
  await closed;
  assert.deepEqual((await received(9)).map(msa), ['AA M1']);
  const again = await sender();
  again.socket.write(frame(admission('M4')));
  assert.deepEqual((await again.received(1)).map(msa), ['AA M4']);
  assert.ok(trigger.arrivals.length >= 3);
});

test('a failure of the platform is AR and tells nothing of its inside', async (t) => {
  const { sender } = await start(t, {}, { onArrival: () => Promise.reject(new Error('secret stack')) });
  const { socket, received } = await sender();
  socket.write(frame(admission('M1')));
  const [ack] = await received(1);
  assert.equal(msa(ack), 'AR M1');
  assert.doesNotMatch(ack!, /secret/);
});

test('what cannot be read is refused by name where the header can, and the connection goes on', async (t) => {
  const { trigger, sender } = await start(t);
  const { socket, received } = await sender();
  socket.write(frame('no HL7'));
  socket.write(frame(Buffer.concat([Buffer.from(admission('M1', '')), Buffer.of(0xff, 0xfe)])));
  socket.write(frame(admission('M2').replace('UNICODE UTF-8', 'ISO IR87')));
  socket.write(frame(`${admission('M3')}\x0b${admission('M4')}`));
  socket.write(frame(admission('M5')));
  assert.deepEqual((await received(5)).map(msa), ['AE ', 'AE M1', 'AR M2', 'AE ', 'AA M5']);
  assert.equal(trigger.arrivals.length, 1);
});

test('a message without type or control id gets AR and is not handed in', async (t) => {
  const { trigger, sender } = await start(t);
  const { socket, received } = await sender();
  const without = (field: number) => {
    const [header = '', ...rest] = admission('M1').split('\r');
    const fields = header.split('|');
    // MSH-1 is the separator itself.
    fields[field - 1] = '';
    return [fields.join('|'), ...rest].join('\r');
  };
  socket.write(frame(without(9)));
  socket.write(frame(without(10)));
  socket.write(frame(admission('M2')));
  assert.deepEqual((await received(3)).map(msa), ['AR M1', 'AR ', 'AA M2']);
  assert.equal(trigger.arrivals.length, 1);
});

test('a peer that is not named is refused, and an empty list refuses all', async (t) => {
  for (const peers of [[], ['10.0.0.0/8', 'cn:his-a'], undefined]) {
    const { trigger, sender } = await start(t, { peers });
    const { socket, closed } = await sender();
    socket.write(frame(admission('M1')));
    await closed;
    assert.equal(trigger.arrivals.length, 0);
  }
});

test('plain MLLP off loopback is refused, and so is an adapter without an address', async () => {
  const off = { settings: { listen: { host: '0.0.0.0', port: 0 }, peers: ['10.0.0.1'] } };
  await assert.rejects(listenTrigger(mllpListen, { adapter: off }), isCode('MLLP_TLS_REQUIRED'));
  await assert.rejects(
    listenTrigger(mllpListen, { adapter: { settings: { ...off.settings, listenTls: false } } }),
    isCode('MLLP_TLS_REQUIRED'),
  );
  await assert.rejects(listenTrigger(mllpListen, { adapter: { settings: { peers: [] } } }), isCode('ADAPTER_SETTINGS_WRONG'));
  await assert.rejects(listenTrigger(mllpListen, { adapter: { settings: { peers: 7 } } }), isCode('ADAPTER_SETTINGS_WRONG'));
  await assert.rejects(listenTrigger(mllpListen, { adapter: { settings: { peers: 7 } } }), /are wrong: \/peers must be array\./);
});

test('a port in use is an error that names it', async (t) => {
  const { port } = await start(t);
  const again = listenTrigger(mllpListen, { adapter: { settings: { listen: { host: '127.0.0.1', port }, peers: ['127.0.0.1'] } } });
  await assert.rejects(again, (error) => isCode('MLLP_LISTEN_FAILED')(error) && String(error).includes(String(port)));
});

test('a message over the limit is refused and the connection closed', async (t) => {
  const { trigger, sender } = await start(t, { maxFrameBytes: 2000 });
  const { socket, acks, closed } = await sender();
  socket.write(frame(admission('M1')));
  socket.write(frame(admission('M2', 'x'.repeat(3000))));
  await closed;
  assert.deepEqual(acks.map(msa), ['AA M1', 'AE ']);
  assert.equal(trigger.arrivals.length, 1);
});

test('a message without its frame is acknowledged as an error, logged with the peer, and the connection closed', async (t) => {
  const warned: unknown[] = [];
  const log: Logger = { ...silentLogger, warn: (event, fields) => void warned.push([event, fields]) };
  const { trigger, sender } = await start(t, {}, { log });
  const { socket, acks, closed } = await sender();
  socket.write(frame(admission('M1')));
  socket.write(admission('M2'));
  await closed;
  assert.deepEqual(acks.map(msa), ['AA M1', 'AE ']);
  assert.match(acks[1]!, /MLLP_NOT_FRAMED/);
  assert.equal(trigger.arrivals.length, 1);
  assert.deepEqual(warned, [['mllp.connection-refused', { code: 'MLLP_NOT_FRAMED', address: '127.0.0.1' }]]);
});

test('a message of 10 MB is taken whole', async (t) => {
  const { trigger, sender } = await start(t);
  const { socket, received } = await sender();
  const text = admission('M1', '张'.repeat(3_400_000));
  socket.write(frame(text));
  assert.equal(msa((await received(1))[0]), 'AA M1');
  assert.equal((trigger.arrivals[0]!.message.data as string).length, text.length);
});

test('a half-open connection with half a message is closed, and an idle one later', async (t) => {
  const clock = fakeClock();
  const { sender } = await start(t, { frameTimeoutMs: 1000, idleTimeoutMs: 10_000 }, { clock });
  const half = await sender();
  const idle = await sender();
  idle.socket.write(frame(admission('M1')));
  // Behind a whole one, whose ACK says that the half one has been read too.
  half.socket.write(Buffer.concat([frame(admission('M2')), Buffer.from('\x0bMSH|^~')]));
  await idle.received(1);
  await half.received(1);
  for (let second = 0; second < 4; second++) await clock.advance(1000);
  await half.closed;
  assert.equal(idle.socket.destroyed, false);
  for (let second = 0; second < 10; second++) await clock.advance(1000);
  await idle.closed;
});

test('a sender that ended its side still gets its ACK', async (t) => {
  const stored = Promise.withResolvers<ArrivalResult>();
  const { trigger, sender } = await start(t, {}, { onArrival: () => stored.promise });
  const { socket, received, closed } = await sender();
  socket.end(frame(admission('M1')));
  await trigger.next();
  stored.resolve({ status: 'accepted', executionId: 'exe_1' });
  assert.equal(msa((await received(1))[0]), 'AA M1');
  await closed;
});

test('a sender that ended its side gets the ACKs of all its messages, also of those beyond maxUnhandled', async (t) => {
  const onArrival = async () => {
    await setImmediate();
    return { status: 'accepted', executionId: 'exe_1' } as const;
  };
  const { sender } = await start(t, { maxUnhandled: 2 }, { onArrival });
  const { socket, acks, closed } = await sender();
  const ids = Array.from({ length: 25 }, (_, index) => `M${index}`);
  socket.end(Buffer.concat(ids.map((id) => frame(admission(id)))));
  await closed;
  assert.deepEqual(
    acks.map(msa),
    ids.map((id) => `AA ${id}`),
  );
});

test('stopping acknowledges what was handed in, takes nothing more and closes', async (t) => {
  const stored = Promise.withResolvers<ArrivalResult>();
  const { trigger, sender, port } = await start(t, { maxUnhandled: 1 }, { onArrival: () => stored.promise });
  const { socket, acks, closed } = await sender();
  socket.write(Buffer.concat([frame(admission('M1')), frame(admission('M2'))]));
  await trigger.next();
  const stopped = trigger.stop();
  await assert.rejects(connectSender(port));
  stored.resolve({ status: 'accepted', executionId: 'exe_1' });
  await stopped;
  await closed;
  assert.deepEqual(acks.map(msa), ['AA M1']);
  assert.equal(trigger.arrivals.length, 1);
});

test('a sender that takes no ACKs is cut off after a while, and the others go on', async (t) => {
  const clock = fakeClock();
  const warned: string[] = [];
  const log: Logger = { ...silentLogger, warn: (event) => void warned.push(event), child: () => log };
  const { sender } = await start(t, { ackTimeoutMs: 1000 }, { clock, log });
  const deaf = await sender();
  deaf.socket.pause();
  // The control id comes back in each ACK: more than the system's buffers hold.
  for (let index = 0; index < 400; index++) deaf.socket.write(frame(admission(`M${index}${'x'.repeat(60_000)}`)));
  for (let step = 0; step < 5000 && !warned.includes('mllp.ack-not-taken'); step++) await clock.advance(100);
  assert.deepEqual(warned, ['mllp.ack-not-taken']);
  deaf.socket.resume();
  await deaf.closed;
  const other = await sender();
  other.socket.write(frame(admission('M1')));
  assert.equal(msa((await other.received(1))[0]), 'AA M1');
});

test('stopping waits for what was handed in only so long', async (t) => {
  const clock = fakeClock();
  const { trigger, sender } = await start(t, {}, { clock, onArrival: () => new Promise(() => undefined) });
  const { socket, acks, closed } = await sender();
  socket.write(frame(admission('M1')));
  await trigger.next();
  const stopped = trigger.stop();
  await clock.advance(3000);
  await stopped;
  await closed;
  assert.deepEqual(acks, []);
});

test('10,000 malformed messages are refused or cut off, never a crash, and memory stays flat', async (t) => {
  const { sender } = await start(t, { maxFrameBytes: 100_000, maxUnhandled: 64 });
  const piece = fc.oneof(
    fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
    fc
      .constantFrom('MSH|^~\\&|', 'MSH', '|', '\r', 'MSA|AA', '\x1c', '\\X', '&&&&', '~~~~', '张', 'ADT^A01', 'UNICODE UTF-8')
      .map((text) => Buffer.from(text)),
  );
  const broken = fc.array(piece, { maxLength: 6 }).map((pieces) => Buffer.concat([Buffer.of(0x0b), ...pieces, Buffer.of(0x1c, 0x0d)]));
  const frames = fc.sample(broken, { numRuns: 10_000, seed: 3 });
  const started = process.memoryUsage().heapUsed;
  let connection = await sender();
  for (let at = 0; at < frames.length; at += 100) {
    if (connection.socket.destroyed) connection = await sender();
    const before = connection.acks.length;
    connection.socket.write(Buffer.concat(frames.slice(at, at + 100)));
    await connection.received(before + 50);
  }
  connection.socket.destroy();
  const last = await sender();
  last.socket.write(frame(admission('M1')));
  assert.equal(msa((await last.received(1))[0]), 'AA M1');
  assert.ok(process.memoryUsage().heapUsed - started < 150 << 20);
});

const query = (id: string, conditions = '|') =>
  `MSH|^~\\&|HIS|H|GW|P|20261124||QBP^Q22|${id}|P|2.4|||${conditions}||UNICODE UTF-8\rQPD|Q22|Q1|@PID.3.1^0007\r`;
const replied = (data: unknown, charset?: string): ArrivalResult => ({
  status: 'replied',
  executionId: 'exe_1',
  reply: { status: 200, headers: {}, message: createMessage(data, charset === undefined ? {} : { charset }) },
});
const RSP = { MSH: [{ f9: [{ c1: 'RSP', c2: 'K22' }] }], QAK: [{ f1: 'Q1', f2: 'OK' }], PID: [{ f5: [{ c1: '慭', c2: '龘' }] }] };

test('a sync flow answers with its own message, completed by what every reply must name', async (t) => {
  const { trigger, sender } = await start(t, {}, { replies: true, onArrival: () => replied(RSP) });
  const { socket, received } = await sender();
  socket.write(frame(query('M1')));
  const text = Buffer.from((await received(1))[0]!, 'latin1').toString('utf8');
  const [header, ...others] = text.split('\r');
  assert.match(header!, /^MSH\|\^~\\&\|GW\|P\|HIS\|H\|\d{14}\+0000\|\|RSP\^K22\|AM1\|P\|2\.4\|{6}UNICODE UTF-8$/);
  assert.deepEqual(others, ['MSA|AA|M1', 'QAK|Q1|OK', 'PID|||||慭^龘', '']);
  assert.ok(trigger.arrivals[0]!.dedupeKey);
});

test('a repetition has the key of the first, another message with the same control id has not', async (t) => {
  const { trigger, sender } = await start(t, {}, { replies: true, onArrival: () => replied(RSP) });
  const { socket, received } = await sender();
  for (const text of [query('M1'), query('M1'), query('M1').replace('0007', '0008')]) socket.write(frame(text));
  await received(3);
  const [first, again, other] = trigger.arrivals.map(({ dedupeKey }) => dedupeKey);
  assert.equal(first, again);
  assert.notEqual(first, other);
});

test('what a sync flow cannot answer with is AR, and its failure AE or AR, never silence', async (t) => {
  const error = (kind: 'input' | 'transient' | 'unknown-outcome'): ArrivalResult => ({
    status: 'refused',
    error: { code: 'X_Y', kind, message: 'no' },
  });
  const results: ArrivalResult[] = [
    replied({ ok: true }),
    replied('MSH|^~\\&|A'),
    replied({ ...RSP, MSA: [{ f1: 'AA', f2: 'M99' }] }),
    replied({ ...RSP, MSA: [{ f1: 'AE' }] }),
    error('input'),
    error('transient'),
    error('unknown-outcome'),
  ];
  const reasons: unknown[] = [];
  const log: Logger = {
    ...silentLogger,
    warn: (event, fields) => void (event === 'mllp.reply-unusable' && reasons.push(fields)),
    child: () => log,
  };
  const { sender } = await start(t, {}, { replies: true, onArrival: () => results.shift()!, log });
  const { socket, received } = await sender();
  for (let i = 1; i <= 7; i++) socket.write(frame(query(`M${i}`)));
  assert.deepEqual((await received(7)).map(msa), ['AR M1', 'AR M2', 'AR M3', 'AE M4', 'AE M5', 'AR M6', 'AR M7']);
  assert.equal(reasons.length, 3);
  assert.deepEqual(reasons.at(-1), {
    code: 'HL7_REPLY_WRONG',
    reason: 'The reply of the flow cannot be sent: its MSA-2 names another message.',
  });
});

test('of one connection, a sync flow gets the next message after the reply to the one before', async (t) => {
  const first = Promise.withResolvers<ArrivalResult>();
  const { trigger, sender } = await start(
    t,
    {},
    { replies: true, onArrival: () => (trigger.arrivals.length === 1 ? first.promise : replied(RSP)) },
  );
  const { socket, received } = await sender();
  socket.write(Buffer.concat([frame(query('M1')), frame(query('M2'))]));
  await trigger.next();
  for (let turn = 0; turn < 20; turn++) await setImmediate();
  assert.equal(trigger.arrivals.length, 1);
  first.resolve(replied(RSP));
  assert.deepEqual((await received(2)).map(msa), ['AA M1', 'AA M2']);
});

test('in the enhanced mode MSH-15 and MSH-16 say which acknowledgements are sent', async (t) => {
  const refusal: ArrivalResult = { status: 'refused', error: { code: 'X_Y', kind: 'input', message: 'no' } };
  const acksOf = async (conditions: string, result: ArrivalResult, replies = false) => {
    const { sender } = await start(t, {}, { replies, onArrival: () => result });
    const { socket, received } = await sender();
    socket.end(frame(query('M1', conditions)));
    return (await received(9)).map(msa);
  };
  const accepted: ArrivalResult = { status: 'accepted', executionId: 'exe_1' };
  assert.deepEqual(await acksOf('AL|NE', accepted), ['CA M1']);
  assert.deepEqual(await acksOf('AL|AL', refusal), ['CE M1']);
  assert.deepEqual(await acksOf('ER|NE', accepted), []);
  assert.deepEqual(await acksOf('ER|NE', refusal), ['CE M1']);
  assert.deepEqual(await acksOf('SU|', refusal), []);
  assert.deepEqual(await acksOf('NE|AL', accepted), ['AA M1']);
  assert.deepEqual(await acksOf('NE|NE', accepted), []);
  assert.deepEqual(await acksOf('AL|AL', replied(RSP), true), ['CA M1', 'AA M1']);
  assert.deepEqual(await acksOf('NE|AL', replied(RSP), true), ['AA M1']);
  assert.deepEqual(await acksOf('AL|', replied(RSP), true), ['CA M1', 'AA M1']);
  assert.deepEqual(await acksOf('AL|NE', replied(RSP), true), ['CA M1']);
  assert.deepEqual(await acksOf('NE|ER', replied(RSP), true), []);
});
