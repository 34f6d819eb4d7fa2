/** A small MLLP client as an old hospital system has one: one message at a time, each waits for its acknowledgement. */
import { connect, type Socket } from 'node:net';

export interface Acknowledgement {
  /** MSA-1: AA accepted, AE error, AR refused. */
  readonly code: string;
  /** MSA-2: MSH-10 of the message answered. */
  readonly controlId: string;
}

export interface MllpClient {
  /** Sends one message and waits for the acknowledgement that names it. Rejects when the connection ends or `timeoutMs` pass. */
  send(frame: Buffer, controlId: string): Promise<Acknowledgement>;
  close(): void;
}

const START = 0x0b;
const END = 0x1c;
const CR = 0x0d;
const MAX_BUFFERED = 1024 * 1024;

export async function connectMllp(host: string, port: number, timeoutMs: number): Promise<MllpClient> {
  const socket = connect({ host, port, noDelay: true });
  await opened(socket, timeoutMs);
  return {
    async send(message, controlId) {
      socket.write(Buffer.concat([Buffer.of(START), message, Buffer.of(END, CR)]));
      return awaitAcknowledgement(socket, controlId, timeoutMs);
    },
    close: () => socket.destroy(),
  };
}

function opened(socket: Socket, timeoutMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.setTimeout(timeoutMs, () => socket.destroy(new Error('no answer in time')));
    // Errors after opening reach the code that waits for an acknowledgement through the close that follows.
    socket.once('connect', resolve).on('error', reject);
  });
}

function awaitAcknowledgement(socket: Socket, controlId: string, timeoutMs: number): Promise<Acknowledgement> {
  return new Promise((resolve, reject) => {
    let buffered = Buffer.alloc(0);
    const settle = (action: () => void) => {
      clearTimeout(timer);
      socket.off('data', onData).off('close', onClose);
      action();
    };
    const fail = (why: string) => settle(() => (socket.destroy(), reject(new Error(why))));
    const onClose = () => fail('the connection ended');
    const onData = (chunk: Buffer) => {
      buffered = Buffer.concat([buffered, chunk]);
      if (buffered.length > MAX_BUFFERED) return fail('the acknowledgement is too long');
      for (let end = buffered.indexOf(END); end >= 0; end = buffered.indexOf(END)) {
        const acknowledgement = read(buffered.subarray(buffered.indexOf(START) + 1, end));
        buffered = buffered.subarray(end + 2);
        if (acknowledgement?.controlId === controlId) return settle(() => resolve(acknowledgement));
      }
    };
    const timer = setTimeout(() => fail('no acknowledgement in time'), timeoutMs);
    socket.on('data', onData).once('close', onClose);
    if (socket.destroyed) onClose();
  });
}

function read(frame: Buffer): Acknowledgement | undefined {
  const line = frame
    .toString('latin1')
    .split('\r')
    .find((segment) => segment.startsWith('MSA'));
  const [, code, controlId] = line?.split(line[3] ?? '|') ?? [];
  return code === undefined || controlId === undefined ? undefined : { code, controlId };
}
