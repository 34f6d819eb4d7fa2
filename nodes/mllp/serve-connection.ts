/**
 * Serves one connection from a hospital's system. The bytes are split into frames as they arrive. The messages are
 * passed to the engine in order, without waiting for the previous ones to be stored. ACKs are sent in the same order as
 * the messages. Each ACK is sent only after its message was stored or refused; a message that cannot be stored now gets
 * no ACK. Reading pauses while too many messages have no ACK yet. In a sync flow, its reply is sent instead.
 */
import { createHash } from 'node:crypto';
import type { Socket } from 'node:net';
import type { Clock } from '../../engine/contract/values/clock.ts';
import { AppError, toErrorRecord, type ErrorRecord } from '../../engine/contract/values/errors.ts';
import { createMessage } from '../../engine/contract/values/message.ts';
import type { ArrivalResult, Emit } from '../../engine/contract/node/node.ts';
import type { Logger } from '../../engine/contract/values/observe.ts';
import { buildAck, buildBlindNak, type AckCode } from '../shared/hl7/acknowledge.ts';
import { decodeHl7 } from '../shared/hl7/charset-names.ts';
import { headerField, readHl7, type Hl7Message } from '../shared/hl7/message.ts';
import { describeHl7, type KeyPaths } from './describe-hl7.ts';
import { acksFor, answersFor, checkReply, textOf, type AnswerTo } from './answers.ts';
import { createFrameCutter, frameOf, type FrameCutter } from './frames.ts';

export interface ConnectionOptions {
  readonly charset: string | undefined;
  readonly maxFrameBytes: number;
  readonly maxUnhandled: number;
  readonly idleTimeoutMs: number;
  readonly frameTimeoutMs: number;
  /** Maximum time in milliseconds to send an ACK to a peer that does not read it. */
  readonly ackTimeoutMs: number;
  /** Business keys to read from each message. */
  readonly keys: KeyPaths;
  /** True in a sync flow, whose reply is sent instead of an acknowledgement. */
  readonly replies: boolean;
  readonly emit: Emit;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface Connection {
  /**
   * Stops reading, waits for the ACKs of the messages that were already passed to the engine, and closes the connection
   * within seconds. The sender repeats the messages that have no ACK by then.
   */
  stop(): Promise<void>;
}

const CLOSE_GRACE_MS = 1000;
/** Maximum time that `stop` waits until messages are stored and their ACKs are sent. */
const DRAIN_MS = 2000;
/**
 * Delay before the connection is closed when a message gets no ACK. Some senders reconnect and repeat immediately.
 * Without the delay, they would do so in a tight loop.
 */
const WITHHOLD_MS = 1000;

export function serveConnection(socket: Socket, options: ConnectionOptions): Connection {
  return new MllpConnection(socket, options);
}

class MllpConnection implements Connection {
  readonly #socket: Socket;
  readonly #options: ConnectionOptions;
  readonly #cutter: FrameCutter;
  readonly #closed = Promise.withResolvers<void>();
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  /** Number of messages that were passed to the engine and have no ACK yet. */
  #active = 0;
  #isOver = false;
  /** True after the peer has closed its sending side. It may still wait for ACKs. */
  #isPeerDone = false;
  #refusal: { readonly reason: unknown } | undefined;
  #isWithheld = false;
  #cancelWithheld = () => {};
  /** Settles when all ACKs are sent for the messages that were passed to the engine so far. */
  #answered: Promise<void> = Promise.resolve();
  #lastHeard: number;
  #cancelWatch = () => {};

  constructor(socket: Socket, options: ConnectionOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#cutter = createFrameCutter(options.maxFrameBytes);
    this.#lastHeard = options.clock.monotonic();
    this.#watch();
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 30_000);
    socket.on('data', (chunk) => this.#read(chunk));
    socket.on('end', () => {
      this.#isPeerDone = true;
      this.#pump();
    });
    socket.on('error', (error) => options.log.debug('mllp.connection-error', { reason: error.message }));
    socket.on('close', () => {
      this.#dropWaiting();
      this.#cancelWatch();
      this.#cancelWithheld();
      this.#closed.resolve();
    });
  }

  async stop(): Promise<void> {
    this.#dropWaiting();
    this.#socket.pause();
    const cancel = this.#options.clock.after(DRAIN_MS, () => this.#socket.destroy());
    await Promise.race([this.#answered, this.#closed.promise]);
    cancel();
    await this.#close();
  }

  #read(chunk: Buffer): void {
    if (this.#isOver) return;
    this.#lastHeard = this.#options.clock.monotonic();
    try {
      this.#cutter.push(chunk, (frame) => {
        this.#waiting.push(frame);
        this.#waitingBytes += frame.length;
      });
    } catch (error) {
      this.#isOver = true;
      this.#refusal = { reason: error };
    }
    this.#pump();
  }

  /**
   * Passes waiting messages to the engine, until `maxUnhandled` messages have no ACK yet. Pauses reading while too many
   * messages or bytes wait.
   */
  #pump(): void {
    const { maxUnhandled, maxFrameBytes } = this.#options;
    while (this.#active < maxUnhandled && this.#waiting.length > 0) this.#passOn(this.#waiting.shift()!);
    if (this.#refusal !== undefined && this.#waiting.length === 0) this.#refuse(this.#refusal.reason);
    if (this.#isPeerDone && this.#waiting.length === 0) void this.#answered.then(() => this.#socket.end());
    const isFull = this.#active + this.#waiting.length >= maxUnhandled || this.#waitingBytes > maxFrameBytes;
    if (isFull || this.#isOver) this.#socket.pause();
    else if (this.#socket.isPaused()) this.#socket.resume();
  }

  #passOn(frame: Buffer): void {
    this.#waitingBytes -= frame.length;
    this.#active += 1;
    const answers = acceptFrame(frame, this.#options);
    this.#answered = this.#answered.then(async () => {
      const contents = await answers;
      if (contents === undefined) this.#withhold();
      else if (!this.#isWithheld) for (const content of contents) await this.#write(content);
      this.#active -= 1;
      this.#pump();
    });
  }

  /**
   * Sends one ACK. If the peer does not read it within `ackTimeoutMs`, the connection is closed. The peer then repeats
   * the messages that have no ACK.
   */
  async #write(content: Buffer): Promise<void> {
    const socket = this.#socket;
    if (socket.destroyed || socket.write(frameOf(content))) return;
    const { clock, log, ackTimeoutMs } = this.#options;
    const cancel = clock.after(ackTimeoutMs, () => {
      log.warn('mllp.ack-not-taken', { waitedMs: ackTimeoutMs });
      socket.destroy();
    });
    const drained = Promise.withResolvers<void>();
    socket.once('drain', drained.resolve);
    await Promise.race([drained.promise, this.#closed.promise]);
    socket.off('drain', drained.resolve);
    cancel();
  }

  /**
   * Sends no ACK for a message that cannot be stored now: senders repeat a message without an ACK, but may drop a
   * refused one. Later messages get no ACK either, so that the sender repeats all of them in order. Then the
   * connection is closed, as if this process had crashed.
   */
  #withhold(): void {
    if (this.#isWithheld) return;
    this.#isWithheld = true;
    this.#dropWaiting();
    this.#socket.pause();
    this.#options.log.warn('mllp.ack-withheld');
    this.#cancelWithheld = this.#options.clock.after(WITHHOLD_MS, () => void this.#close());
  }

  /**
   * Sends the reason in a negative ACK, after the ACKs of earlier messages. Then closes the connection, because the
   * start of the next frame cannot be found in wrong data.
   */
  #refuse(error: unknown): void {
    const { clock, log } = this.#options;
    this.#refusal = undefined;
    const { code, message } = toErrorRecord(error);
    log.warn('mllp.connection-refused', { code, address: this.#socket.remoteAddress ?? '' });
    this.#answered = this.#answered
      .then(() => this.#write(Buffer.from(buildBlindNak(`${code}: ${message}`, clock.now()))))
      .then(() => this.#close());
  }

  /** Closes the connection when its peer is silent for too long, within a message or between two messages. */
  #watch(): void {
    const { clock, log, idleTimeoutMs, frameTimeoutMs } = this.#options;
    this.#cancelWatch = clock.after(Math.min(idleTimeoutMs, frameTimeoutMs), () => {
      const silentMs = clock.monotonic() - this.#lastHeard;
      const halfMessage = this.#cutter.heldBytes() > 0;
      if (silentMs < (halfMessage ? frameTimeoutMs : idleTimeoutMs) || this.#active > 0) return this.#watch();
      log.info('mllp.connection-idle', { silentMs: Math.round(silentMs), halfMessage });
      this.#socket.destroy();
    });
  }

  #dropWaiting(): void {
    this.#isOver = true;
    this.#waiting = [];
    this.#waitingBytes = 0;
  }

  async #close(): Promise<void> {
    if (this.#socket.destroyed) return;
    const cancel = this.#options.clock.after(CLOSE_GRACE_MS, () => this.#socket.destroy());
    this.#socket.end(() => this.#socket.destroy());
    await this.#closed.promise;
    cancel();
  }
}

/**
 * Returns what is sent back for a frame; undefined if the message cannot be stored now. Everything up to `emit` runs
 * synchronously, so messages are emitted in the order of the frames.
 */
async function acceptFrame(frame: Buffer, options: ConnectionOptions): Promise<readonly Buffer[] | undefined> {
  const now = options.clock.now();
  let request: Hl7Message;
  let charset: string;
  let text: string;
  try {
    ({ text, charset } = decodeHl7(frame, options.charset));
    request = readHl7(text);
  } catch (error) {
    options.log.warn('mllp.message-unreadable', { code: toErrorRecord(error).code });
    return [refuseUnreadable(frame, toErrorRecord(error), now)];
  }
  const to: AnswerTo = { request, charset, now, log: options.log };
  // HL7 v2.8, 2.9.2.2: a message without type or control id is rejected. Without the control id, the sender could not
  // match the ACK to the message.
  const lacking = [9, 10].filter((number) => headerField(request, number).trim() === '');
  if (lacking.length > 0) {
    options.log.warn('mllp.header-incomplete', { fields: lacking.join(',') });
    return acksFor({ level: 'R', text: `HL7_HEADER: MSH-${lacking.join(' and MSH-')} is empty` }, to);
  }
  return answersFor(await handIn(text, to, options), to, options.replies);
}

async function handIn(text: string, to: AnswerTo, { emit, keys, replies, log }: ConnectionOptions): Promise<ArrivalResult> {
  try {
    const { request, charset } = to;
    const message = createMessage(text, { mediaType: 'application/hl7-v2', charset, ...describeHl7(request, keys) });
    if (!replies) return await emit({ message });
    return await emit({ message, dedupeKey: sameMessage(text), checkReply: (reply) => checkReply(reply, to) });
  } catch (error) {
    if (!(error instanceof AppError)) log.error('mllp.arrival-failed', error);
    return { status: 'refused', error: toErrorRecord(error) };
  }
}

/**
 * The key of a message that waits for a reply: a sender that repeats it, MSH-10 included, gets the stored reply. A sender
 * that counts MSH-10 from the beginning again sends another message.
 */
function sameMessage(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}

/**
 * Builds the refusal of a message whose text cannot be decoded. The header is read as Latin-1, which keeps every byte,
 * so that the ACK can repeat the control id of the message.
 */
function refuseUnreadable(frame: Buffer, error: ErrorRecord, now: number): Buffer {
  const code: AckCode = error.code === 'HL7_CHARSET_UNSUPPORTED' ? 'AR' : 'AE';
  const text = textOf(error);
  try {
    return Buffer.from(buildAck(readHl7(frame.toString('latin1')), { code, text, now }), 'latin1');
  } catch {
    return Buffer.from(buildBlindNak(text, now, code));
  }
}
