/**
 * Hospital C of the example city: an HL7 v2 feed (admissions, transfers, discharges, findings) over MLLP in GBK. It sends one message after the
 * other, each again and again until it is acknowledged, over reconnects and its own restarts. What was acknowledged is written to a journal.
 *
 *     node examples/city/hospital-c/hospital-c.ts [port of the bus] [journal file]
 */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import iconv from 'iconv-lite';
import { portArgument, type Program } from '../serve.ts';
import { feedMessage, type FeedMessage } from './feed.ts';
import { connectMllp, type MllpClient } from './mllp-client.ts';

export interface HospitalCOptions {
  readonly host?: string;
  readonly port?: number;
  /** NDJSON, one line per acknowledged message; the feed continues after the last line. */
  readonly journal?: string;
  /** Pause between two messages; 0 for as fast as they are acknowledged. */
  readonly intervalMs?: number;
  /** Stops after this many messages. */
  readonly count?: number;
}

export interface HospitalCState {
  readonly sent: number;
  /** Sent again because no acknowledgement came. */
  readonly resent: number;
  readonly connects: number;
  readonly acknowledged: number;
  /** Refused with AE or AR; sent again after a pause, like those unanswered. */
  readonly refused: number;
}

export interface JournalLine {
  readonly number: number;
  readonly controlId: string;
  readonly patientId: string;
  readonly type: string;
  readonly acknowledgedAt: number;
}

const RECONNECT_MS = 200;
const ACK_TIMEOUT_MS = 5000;

/** Starts to send at once. `finished` resolves when `count` messages are acknowledged, or when it is stopped. */
export function createHospitalC(options: HospitalCOptions = {}): Program<HospitalCState> & { readonly finished: Promise<void> } {
  const { host = '127.0.0.1', port = 21_575, journal, intervalMs = 1000, count = Infinity } = options;
  const stopping = new AbortController();
  const state = { sent: 0, resent: 0, connects: 0, acknowledged: 0, refused: 0 };
  let next = journal === undefined ? 0 : firstUnacknowledged(journal);
  const last = next + count;
  let client: MllpClient | undefined;

  const deliver = async (message: FeedMessage): Promise<boolean> => {
    if (client === undefined) {
      client = await connectMllp(host, port, ACK_TIMEOUT_MS);
      state.connects++;
    }
    state.sent++;
    const { code } = await client.send(iconv.encode(message.text, 'gbk'), message.controlId);
    if (code !== 'AA') state.refused++;
    return code === 'AA';
  };

  const run = async (): Promise<void> => {
    while (next < last && !stopping.signal.aborted) {
      const message = feedMessage(next);
      const accepted = await deliver(message).catch(() => {
        client?.close();
        client = undefined;
        return false;
      });
      if (accepted) {
        if (journal !== undefined) note(journal, message);
        state.acknowledged++;
        next++;
      } else {
        state.resent++;
      }
      await pause(accepted ? intervalMs : RECONNECT_MS, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
    client?.close();
  };
  const finished = run();

  return {
    address: `mllp://${host}:${port}`,
    finished,
    state: () => ({ ...state }),
    async stop() {
      stopping.abort();
      client?.close();
      await finished;
    },
  };
}

/** The acknowledged messages, oldest first. */
export function readJournal(journal: string): JournalLine[] {
  if (!existsSync(journal)) return [];
  const lines = readFileSync(journal, 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line) as JournalLine);
}

function firstUnacknowledged(journal: string): number {
  return (readJournal(journal).at(-1)?.number ?? -1) + 1;
}

function note(journal: string, { number, controlId, patientId, type }: FeedMessage): void {
  appendFileSync(journal, `${JSON.stringify({ number, controlId, patientId, type, acknowledgedAt: Date.now() } satisfies JournalLine)}\n`);
}

if (import.meta.main) {
  const journal = process.argv[3];
  const { address } = createHospitalC({ port: portArgument(21_575), ...(journal === undefined ? {} : { journal }) });
  console.log(`Hospital C sends to ${address}`);
}
