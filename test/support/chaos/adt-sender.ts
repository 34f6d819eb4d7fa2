/** A hospital's HL7 engine: each patient's admissions over one connection, the next only after the last is acknowledged, the same again when no AA came. */
import { connect, type Socket } from 'node:net';

export interface SenderOptions {
  /** Where the bus may listen; the next one is tried when one does not respond. */
  readonly addresses: readonly { readonly host: string; readonly port: number }[];
  readonly messages: number;
  readonly connections: number;
  readonly patients: number;
  /** Absent: as fast as the acknowledgements allow. */
  readonly perSecond?: number;
}

export interface Sender {
  readonly done: Promise<void>;
  state(): SenderState;
  stop(): void;
}

export interface SenderState {
  readonly acknowledged: number;
  /** Sent again because no AA came. */
  readonly resent: number;
  /** Answers other than AA. */
  readonly refused: number;
}

const ANSWER_WITHIN_MS = 5_000;
const RETRY_MS = 200;
const [START, END] = ['\x0b', '\x1c\r'];

export function startSender(options: SenderOptions): Sender {
  const state = { acknowledged: 0, resent: 0, refused: 0 };
  const startedAt = performance.now();
  let isStopped = false;
  const lines = Array.from({ length: options.connections }, (_, index) => runLine(index));
  return {
    done: Promise.all(lines).then(() => undefined),
    state: () => ({ ...state }),
    stop: () => void (isStopped = true),
  };

  async function runLine(line: number): Promise<void> {
    let at = line % options.addresses.length;
    let connection: Connection | undefined;
    for (let number = line; number < options.messages && !isStopped; number += options.connections) {
      const dueAt = options.perSecond === undefined ? 0 : startedAt + (number * 1000) / options.perSecond;
      if (dueAt > performance.now()) await pause(dueAt - performance.now());
      for (let attempt = 0; !isStopped; attempt += 1) {
        if (attempt > 0) state.resent += 1;
        try {
          connection ??= await open(options.addresses[at]!);
          const answer = await connection.exchange(admission(number, patientOf(number)));
          if (answer.includes(`|AA|${controlIdOf(number)}`)) break;
          state.refused += 1;
        } catch {
          at = (at + 1) % options.addresses.length;
        }
        connection?.close();
        connection = undefined;
        await pause(RETRY_MS);
      }
      if (!isStopped) state.acknowledged += 1;
    }
    connection?.close();
  }

  /** The patients of a connection are its own. */
  function patientOf(number: number): string {
    const line = number % options.connections;
    const own = Math.max(1, Math.floor(options.patients / options.connections));
    return `P${String(line * own + (Math.floor(number / options.connections) % own)).padStart(6, '0')}`;
  }
}

/** Numbers in text order, so that the order of what arrived can be read off. */
export function controlIdOf(number: number): string {
  return `ADT${String(number).padStart(9, '0')}`;
}

function admission(number: number, patient: string): string {
  return [
    `MSH|^~\\&|HIS|HOSP-C|KQ|DISTRICT|20260105093000||ADT^A01^ADT_A01|${controlIdOf(number)}|P|2.5.1`,
    'EVN|A01|20260105092959',
    `PID|1||${patient}^^^HOSP-C^MR||TEST^PATIENT||19800101|M|||ROAD 1^^SHANGHAI^^200000^CN||13800000000`,
    `PV1|1|I|W03^0301^12^HOSP-C||||D0042^DOCTOR^TEST|||MED||||1|||D0042|IN|V${number}|||||||||||||||||||||||||20260105092000`,
  ].join('\r');
}

interface Connection {
  exchange(message: string): Promise<string>;
  close(): void;
}

function open(address: { readonly host: string; readonly port: number }): Promise<Connection> {
  return new Promise((resolve, reject) => {
    const socket: Socket = connect({ ...address, noDelay: true });
    const limit = setTimeout(() => socket.destroy(new Error('no connection in time')), ANSWER_WITHIN_MS);
    let received = '';
    let answered: (text: string) => void = () => undefined;
    let failed: (error: Error) => void = reject;
    socket.once('connect', () => {
      clearTimeout(limit);
      resolve({ exchange, close: () => socket.destroy() });
    });
    socket.on('data', (chunk: Buffer) => {
      received += chunk.toString('latin1');
      const end = received.indexOf(END);
      if (end < 0) return;
      answered(received.slice(0, end));
      received = received.slice(end + END.length);
    });
    socket.on('error', (error) => failed(error));
    socket.on('close', () => failed(new Error('closed')));

    function exchange(message: string): Promise<string> {
      return new Promise((settle, refuse) => {
        if (socket.destroyed) return refuse(new Error('closed while idle'));
        const late = setTimeout(() => failed(new Error('no answer in time')), ANSWER_WITHIN_MS);
        answered = (text) => {
          clearTimeout(late);
          settle(text);
        };
        failed = (error) => {
          clearTimeout(late);
          refuse(error);
        };
        socket.write(`${START}${message}\r${END}`, 'latin1');
      });
    }
  });
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
