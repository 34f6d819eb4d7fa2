/**
 * One connection to a hospital's system. It carries one message at a time: it sends a request, waits for the ACK, then
 * sends the next request. It is opened when needed and closed when idle.
 */
import type { Socket } from 'node:net';
import type { Clock } from '../../engine/contract/values/clock.ts';
import { AppError, type ErrorValues } from '../../engine/contract/values/errors.ts';
import type { Logger } from '../../engine/contract/values/observe.ts';
import { readAck, type Ack } from '../shared/hl7/acknowledge.ts';
import { decodeHl7 } from '../shared/hl7/charset-names.ts';
import { isTimeOut } from '../shared/is-time-out.ts';
import { createFrameCutter, frameOf } from './frames.ts';

export interface Exchange {
  readonly content: Buffer;
  /** MSH-10 of the message. The ACK must contain it in MSA-2. */
  readonly controlId: string;
  readonly charset: string;
  /** True if an accept acknowledgement (CA) is followed by the answer to wait for. */
  readonly waitsForApplication: boolean;
  readonly ackTimeoutMs: number;
  readonly maxAckBytes: number;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly log: Logger;
  connect(): Promise<Socket>;
  beforeFirstByte(): void;
}

export interface Answer extends Ack {
  /** The whole answer. */
  readonly received: { readonly text: string; readonly charset: string };
}

export interface SendLine {
  /**
   * Sends the message and waits for its ACK. Before the first byte it rejects with the errors of `connect`, or with
   * MLLP_STOPPED (transient) if the step was stopped. After the first byte it rejects with MLLP_ACK_TIMEOUT,
   * MLLP_CONNECTION_LOST or MLLP_ACK_UNREADABLE (unknown-outcome) and closes the connection, so that a late ACK can
   * never match another message.
   */
  exchange(request: Exchange): Promise<Answer>;
  close(): void;
}

export function createSendLine(idleCloseMs: number): SendLine {
  let socket: Socket | undefined;
  let cancelIdle = () => undefined as void;

  async function exchange(request: Exchange): Promise<Answer> {
    cancelIdle();
    const open = await openSocket(request);
    if (request.signal.aborted) throw stopped();
    request.beforeFirstByte();
    open.ref();
    try {
      const ack = await sendAndWait(open, request);
      open.unref();
      cancelIdle = request.clock.after(idleCloseMs, close);
      return ack;
    } catch (error) {
      close();
      throw error;
    }
  }

  async function openSocket(request: Exchange): Promise<Socket> {
    if (socket?.readyState === 'open') return socket;
    close();
    const opened = await request.connect();
    opened.on('error', (error) => request.log.debug('mllp.connection-error', { reason: error.message }));
    // Data on an idle connection belongs to no request and is dropped. If the peer ends its side, the next request
    // opens a new connection.
    opened.on('end', () => opened.destroy());
    opened.resume();
    socket = opened;
    return opened;
  }

  function close(): void {
    cancelIdle();
    socket?.destroy();
    socket = undefined;
  }

  return { exchange, close };
}

function sendAndWait(socket: Socket, request: Exchange): Promise<Answer> {
  const { signal, clock, log } = request;
  return new Promise((resolve, reject) => {
    const cutter = createFrameCutter(request.maxAckBytes, { takesOther: true });
    const address = `${socket.remoteAddress}:${socket.remotePort}`;
    const sentAt = clock.monotonic();
    let foreignAcks = 0;
    const settle = (outcome: Answer | AppError) => {
      cancelTimer();
      signal.removeEventListener('abort', onAbort);
      socket.off('data', onData).off('close', onClose);
      socket.resume();
      if (!(outcome instanceof AppError)) return resolve(outcome);
      log.warn('mllp.no-ack', { code: outcome.code, address, ...outcome.values });
      return reject(outcome);
    };
    const came = () => ({
      waitedMs: Math.round(clock.monotonic() - sentAt),
      ...(foreignAcks > 0 ? { foreignAcks } : {}),
      ...(cutter.otherBytes() > 0 ? { otherBytes: cutter.otherBytes() } : {}),
      ...(cutter.heldBytes() > 0 ? { heldBytes: cutter.heldBytes() } : {}),
    });
    const onFrame = (frame: Buffer) => {
      const received = decodeAck(frame, request.charset);
      const ack = readAck(received.text);
      if (isAnswer(ack, request.controlId)) {
        if (ack.code !== 'CA' || !request.waitsForApplication) settle({ ...ack, received });
      } else {
        foreignAcks += 1;
        log.warn('mllp.foreign-ack', { code: ack.code, address });
      }
    };
    const onData = (chunk: Buffer) => {
      try {
        cutter.push(chunk, onFrame);
      } catch (cause) {
        settle(unreadable(cause, came()));
      }
    };
    const onClose = () => settle(noAck('MLLP_CONNECTION_LOST', 'The connection ended after sending and before the ACK', came()));
    const onTimeout = () => settle(noAck('MLLP_ACK_TIMEOUT', 'The message was sent, but its ACK did not come', came()));
    const onAbort = () => {
      if (isTimeOut(signal)) return onTimeout();
      return settle(noAck('MLLP_ACK_TIMEOUT', 'The step was stopped after sending and before the ACK', { problem: 'stopped', ...came() }));
    };
    const cancelTimer = clock.after(request.ackTimeoutMs, onTimeout);
    signal.addEventListener('abort', onAbort, { once: true });
    socket.on('data', onData).on('close', onClose);
    socket.write(frameOf(request.content));
  });
}

/**
 * Returns whether the ACK belongs to the message. A negative ACK without MSA-2 comes from a peer that could not read
 * our MSH. Such an ACK can only belong to this message, since no other message waits for an ACK.
 */
function isAnswer(ack: Ack, controlId: string): boolean {
  return ack.controlId === controlId || (ack.controlId === '' && ack.code[1] !== 'A');
}

/** Decodes an ACK. Some peers respond in another charset than expected, but the codes are ASCII in every charset. */
function decodeAck(frame: Buffer, charset: string): Answer['received'] {
  try {
    return decodeHl7(frame, charset);
  } catch {
    return { text: frame.toString('latin1'), charset };
  }
}

interface Came {
  readonly waitedMs: number;
  /** ACKs with the control id of another message. */
  readonly foreignAcks?: number;
  /** Bytes outside of MLLP frames. */
  readonly otherBytes?: number;
  /** Bytes of an ACK whose end did not come. */
  readonly heldBytes?: number;
  readonly problem?: string;
}

function noAck(code: string, sentence: string, values: Came & ErrorValues): AppError {
  const { waitedMs, foreignAcks, otherBytes, heldBytes } = values;
  const parts = [
    `${sentence} (waited ${waitedMs} ms)`,
    ...(foreignAcks === undefined ? [] : [`ACKs for other messages: ${foreignAcks}`]),
    ...(otherBytes === undefined ? [] : [`bytes outside of an MLLP frame: ${otherBytes}`]),
    ...(heldBytes === undefined ? [] : [`bytes of an unfinished ACK: ${heldBytes}`]),
  ];
  return new AppError(code, 'unknown-outcome', `${parts.join('; ')}.`, {
    values,
    fix: 'Ask the other side whether the message arrived, then retry or cancel.',
  });
}

function unreadable(cause: unknown, values: Came & ErrorValues): AppError {
  const problem = cause instanceof AppError ? cause.code : 'INTERNAL_BUG';
  return new AppError(
    'MLLP_ACK_UNREADABLE',
    'unknown-outcome',
    `The other side sent something that is not an HL7 acknowledgement (${problem}, after ${values.waitedMs} ms).`,
    { values: { ...values, problem }, fix: 'Ask the other side whether the message arrived, then retry or cancel.', cause },
  );
}

function stopped(): AppError {
  return new AppError('MLLP_STOPPED', 'transient', 'The step was stopped before anything was sent.');
}
