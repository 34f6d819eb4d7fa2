/** A hospital's feed: ADT messages over MLLP, as many as asked, at a steady rate or as fast as the ACKs allow. Latency: from the moment a message was due to its ACK. */
import { connect, type Socket } from 'node:net';
import { segmentsOf } from '../flows/admission.ts';
import { serveProgram } from '../measure/program.ts';

export interface FeedOrder {
  readonly port: number;
  readonly connections: number;
  readonly messages: number;
  /** Messages under way on one connection. */
  readonly window: number;
  /** Absent: as fast as it goes. */
  readonly perSecond?: number;
  /** Makes the control ids of this order its own. */
  readonly name: string;
}

export interface FeedResult {
  readonly acknowledged: number;
  readonly refused: number;
  readonly elapsedMs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const PATIENTS = 500;
const [START, END] = ['\x0b', '\x1c\r'];

await serveProgram<object, FeedOrder, FeedResult>(() => Promise.resolve({ port: 0, answer: runFeed, stop: () => undefined }));

async function runFeed(order: FeedOrder): Promise<FeedResult> {
  const latencies: number[] = [];
  let refused = 0;
  let sent = 0;
  const startedAt = performance.now();
  const dueAt = (index: number) => (order.perSecond === undefined ? 0 : startedAt + (index * 1000) / order.perSecond);
  await Promise.all(Array.from({ length: order.connections }, () => serve()));
  const elapsedMs = performance.now() - startedAt;
  latencies.sort((a, b) => a - b);
  const at = (share: number) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? 0;
  return { acknowledged: latencies.length - refused, refused, elapsedMs, p50Ms: at(0.5), p99Ms: at(0.99) };

  function serve(): Promise<void> {
    return new Promise((resolve, reject) => {
      const socket: Socket = connect({ port: order.port, host: '127.0.0.1', noDelay: true }, send);
      /** When each unacknowledged message of this connection was due; ACKs come in their order. */
      const open: number[] = [];
      let received = '';
      socket.on('data', (chunk: Buffer) => {
        received += chunk.toString('latin1');
        for (let end = received.indexOf(END); end >= 0; end = received.indexOf(END)) {
          if (!received.slice(0, end).includes('|AA|')) refused++;
          latencies.push(performance.now() - open.shift()!);
          received = received.slice(end + END.length);
        }
        send();
      });
      socket.on('error', reject);

      function send(): void {
        while (open.length < order.window && sent < order.messages) {
          const now = performance.now();
          const due = dueAt(sent);
          if (due > now) {
            setTimeout(send, due - now);
            return;
          }
          open.push(due === 0 ? now : due);
          socket.write(messageOf(order.name, sent++), 'latin1');
        }
        if (open.length > 0 || sent < order.messages) return;
        socket.destroy();
        resolve();
      }
    });
  }
}

function messageOf(name: string, number: number): string {
  const patient = `P${String(number % PATIENTS).padStart(6, '0')}`;
  return `${START}${segmentsOf(name, number, patient).join('\r')}\r${END}`;
}
