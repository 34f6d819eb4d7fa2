/**
 * Serves one hospital's connection. Frames are split as they arrive, passed on in order, several at once, and
 * acknowledged in order. Each ACK is sent only after the message was stored (or answered); a message that cannot be
 * stored now gets none. Reading pauses while too many messages have no ACK yet.
 */
import type { Socket } from 'node:net';
import type { Clock } from '../../engine/contract/values/clock.ts';
import { AppError, toErrorRecord, type ErrorRecord } from '../../engine/contract/values/errors.ts';
import { createMessage } from '../../engine/contract/values/message.ts';
import type { ArrivalResult, Emit } from '../../engine/contract/node/node.ts';
import type { Logger } from '../../engine/contract/values/observe.ts';
import { encodeText } from '../shared/charset/text-charset.ts';
import { buildAck, buildBlindNak, type AckCode } from '../shared/hl7/acknowledge.ts';
import { decodeHl7 } from '../shared/hl7/charset-names.ts';
import { headerField, readHl7, type Hl7Message } from '../shared/hl7/message.ts';
import { describeHl7, type KeyPaths } from './describe-hl7.ts';
import { createFrameCutter, frameOf } from './frames.ts';

export interface ConnectionOptions {
  readonly charset: string | undefined;
  readonly maxFrameBytes: number;
  readonly maxUnhandled: number;
  readonly idleTimeoutMs: number;
  readonly frameTimeoutMs: number;
  /** How long an ACK may wait for a peer that does not read it. */
  readonly ackTimeoutMs: number;
  /** Business keys to read from each message. */
  readonly keys: KeyPaths;
  readonly emit: Emit;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface Connection {
  /**
   * Stops reading, acknowledges what was already passed on, closes within seconds. The sender repeats messages that
   * got no ACK by then.
   */
  stop(): Promise<void>;
}

const CLOSE_GRACE_MS = 1000;
/** On stop: time for passed-on messages to be stored and their ACKs to be read. */
const DRAIN_MS = 2000;
/** A sender that reconnects and repeats at once must not do so without a pause. */
const WITHHOLD_MS = 1000;

export function serveConnection(socket: Socket, options: ConnectionOptions): Connection {
  const { clock, log } = options;
  const cutter = createFrameCutter(options.maxFrameBytes);
  let waiting: Buffer[] = [];
  let waitingBytes = 0;
  let active = 0;
  let isOver = false;
  /** The peer sends no more, and waits for its ACKs. */
  let isPeerDone = false;
  let refusal: { readonly reason: unknown } | undefined;
  let isWithheld = false;
  let cancelWithheld = () => {};
  let answered: Promise<void> = Promise.resolve();
  let lastHeard = clock.monotonic();
  let cancelWatch = watch();
  const closed = Promise.withResolvers<void>();

  socket.setNoDelay(true);
  socket.setKeepAlive(true, 30_000);
  socket.on('data', onData);
  socket.on('end', () => {
    isPeerDone = true;
    pump();
  });
  socket.on('error', (error) => log.debug('mllp.connection-error', { reason: error.message }));
  socket.on('close', () => {
    dropWaiting();
    cancelWatch();
    cancelWithheld();
    closed.resolve();
  });

  function onData(chunk: Buffer): void {
    if (isOver) return;
    lastHeard = clock.monotonic();
    try {
      cutter.push(chunk, (frame) => {
        waiting.push(frame);
        waitingBytes += frame.length;
      });
    } catch (error) {
      isOver = true;
      refusal = { reason: error };
    }
    pump();
  }

  function pump(): void {
    while (active < options.maxUnhandled && waiting.length > 0) {
      const frame = waiting.shift()!;
      waitingBytes -= frame.length;
      active += 1;
      const ack = acceptFrame(frame, options);
      answered = answered.then(async () => {
        const content = await ack;
        if (content === undefined) withhold();
        else if (!isWithheld) await writeFrame(content);
        active -= 1;
        pump();
      });
    }
    if (refusal !== undefined && waiting.length === 0) refuseConnection(refusal.reason);
    if (isPeerDone && waiting.length === 0) void answered.then(() => socket.end());
    const isFull = active + waiting.length >= options.maxUnhandled || waitingBytes > options.maxFrameBytes;
    if (isFull || isOver) socket.pause();
    else if (socket.isPaused()) socket.resume();
  }

  /**
   * If a peer reads no ACKs, its messages are not read either, and in the end it is disconnected: it repeats messages
   * without an ACK.
   */
  async function writeFrame(content: Buffer): Promise<void> {
    if (socket.destroyed || socket.write(frameOf(content))) return;
    const cancel = clock.after(options.ackTimeoutMs, () => {
      log.warn('mllp.ack-not-taken', { waitedMs: options.ackTimeoutMs });
      socket.destroy();
    });
    const drained = Promise.withResolvers<void>();
    socket.once('drain', drained.resolve);
    await Promise.race([drained.promise, closed.promise]);
    socket.off('drain', drained.resolve);
    cancel();
  }

  /**
   * A message that cannot be stored now gets no response at all: a sender repeats what is unanswered, but may drop
   * what was refused. No later message is answered either, so that it repeats them in order. Then the connection
   * ends, as if this process had died.
   */
  function withhold(): void {
    if (isWithheld) return;
    isWithheld = true;
    dropWaiting();
    socket.pause();
    log.warn('mllp.ack-withheld');
    cancelWithheld = clock.after(WITHHOLD_MS, () => void closeSocket());
  }

  /** No further frame can be found on this connection: send the reason after the due ACKs, and close. */
  function refuseConnection(error: unknown): void {
    refusal = undefined;
    const { code, message } = toErrorRecord(error);
    log.warn('mllp.connection-refused', { code });
    answered = answered.then(() => writeFrame(Buffer.from(buildBlindNak(`${code}: ${message}`, clock.now())))).then(() => closeSocket());
  }

  function watch(): () => void {
    return clock.after(Math.min(options.idleTimeoutMs, options.frameTimeoutMs), () => {
      const silentMs = clock.monotonic() - lastHeard;
      const limitMs = cutter.heldBytes() > 0 ? options.frameTimeoutMs : options.idleTimeoutMs;
      if (silentMs >= limitMs && active === 0) {
        log.info('mllp.connection-idle', { silentMs: Math.round(silentMs), halfMessage: cutter.heldBytes() > 0 });
        socket.destroy();
      } else cancelWatch = watch();
    });
  }

  function dropWaiting(): void {
    isOver = true;
    waiting = [];
    waitingBytes = 0;
  }

  async function closeSocket(): Promise<void> {
    if (socket.destroyed) return;
    const cancel = clock.after(CLOSE_GRACE_MS, () => socket.destroy());
    socket.end(() => socket.destroy());
    await closed.promise;
    cancel();
  }

  return {
    async stop() {
      dropWaiting();
      socket.pause();
      const cancel = clock.after(DRAIN_MS, () => socket.destroy());
      await Promise.race([answered, closed.promise]);
      cancel();
      await closeSocket();
    },
  };
}

/**
 * Returns the response; undefined while the message cannot be stored. Everything up to `emit` runs before this
 * function first awaits, so messages arrive in the order of the frames.
 */
async function acceptFrame(frame: Buffer, options: ConnectionOptions): Promise<Buffer | undefined> {
  const now = options.clock.now();
  let request: Hl7Message;
  let charset: string;
  let text: string;
  try {
    ({ text, charset } = decodeHl7(frame, options.charset));
    request = readHl7(text);
  } catch (error) {
    options.log.warn('mllp.message-unreadable', { code: toErrorRecord(error).code });
    return refuseUnreadable(frame, toErrorRecord(error), now);
  }
  // HL7 v2.8, 2.9.2.2: without type or control id the message is rejected, since responses could not be told apart.
  const lacking = [9, 10].filter((number) => headerField(request, number).trim() === '');
  if (lacking.length > 0) {
    options.log.warn('mllp.header-incomplete', { fields: lacking.join(',') });
    return encodeAck(request, { code: 'AR', text: `HL7_HEADER: MSH-${lacking.join(' and MSH-')} is empty` }, charset, now);
  }
  const result = await handIn(request, text, charset, options);
  if (result.status === 'refused' && result.error.kind === 'transient') return undefined;
  return encodeAck(request, judge(result), charset, now);
}

/** Leaves out the reason if the sender's charset cannot encode it: the response itself matters more. */
function encodeAck(request: Hl7Message, judgement: ReturnType<typeof judge>, charset: string, now: number): Buffer {
  try {
    return encodeText(buildAck(request, { ...judgement, now }), charset);
  } catch {
    return encodeText(buildAck(request, { code: judgement.code, now }), charset);
  }
}

async function handIn(request: Hl7Message, text: string, charset: string, { emit, keys, log }: ConnectionOptions): Promise<ArrivalResult> {
  try {
    const message = createMessage(text, { mediaType: 'application/hl7-v2', charset, ...describeHl7(request, keys) });
    return await emit({ message });
  } catch (error) {
    if (!(error instanceof AppError)) log.error('mllp.arrival-failed', error);
    return { status: 'refused', error: toErrorRecord(error) };
  }
}

/** AE: the message is wrong, sending it again will not help. AR: a failure of ours (HL7 v2.8, 2.9.2.2). */
function judge(result: ArrivalResult): { readonly code: AckCode; readonly text?: string } {
  switch (result.status) {
    case 'accepted':
    case 'duplicate':
      return { code: 'AA' };
    case 'refused':
      return { code: result.error.kind === 'input' ? 'AE' : 'AR', text: `${result.error.code}: ${result.error.message}` };
  }
}

/**
 * If only the text is unreadable, its header still identifies the refused message; Latin-1 returns each byte as
 * received.
 */
function refuseUnreadable(frame: Buffer, error: ErrorRecord, now: number): Buffer {
  const code: AckCode = error.code === 'HL7_CHARSET_UNSUPPORTED' ? 'AR' : 'AE';
  const text = `${error.code}: ${error.message}`;
  try {
    return Buffer.from(buildAck(readHl7(frame.toString('latin1')), { code, text, now }), 'latin1');
  } catch {
    return Buffer.from(buildBlindNak(text, now, code));
  }
}
