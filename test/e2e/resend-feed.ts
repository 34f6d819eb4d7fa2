/**
 * Persons at the console resend the held messages of an HL7 feed while the feed continues and the platform is killed repeatedly: corrected
 * and not, one by one and in bulk, in random order. Every second message of each patient is refused until somebody resends it, so each lane
 * stops at each of them. `node test/e2e/resend-feed.ts KILLS [seed]` prints what was seen.
 */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import iconv from 'iconv-lite';
import { feedMessage } from '../../examples/city/hospital-c/feed.ts';
import { connectMllp, type MllpClient } from '../../examples/city/hospital-c/mllp-client.ts';
import { json, serve, type Program } from '../../examples/city/serve.ts';
import { createId } from '../../engine/contract/values/ids.ts';
import {
  choosePorts,
  makeScratch,
  removeScratch,
  startPlatform,
  type Platform,
  type PlatformOptions,
} from '../support/platform-process.ts';
import { seededRandom, type Random } from '../support/simulated-process.ts';

export interface ResendFeedReport {
  readonly seed: number;
  readonly kills: number;
  readonly messages: number;
  /** Refused at first, and resent by a person. */
  readonly resent: number;
  readonly corrected: number;
  readonly bulks: number;
  /** Sent once more under its key: a kill came between the write and its outcome. */
  readonly repeated: number;
  /** Resends that a kill had left half-done. */
  readonly leftHalfDone: number;
}

const PATIENTS = 20;
/** Of each patient; every second one is refused. */
const MESSAGES = 20;
const FEED_PAUSE_MS = 10;
const LONGEST_LIFE_MS = 2_500;
const SETTLED_WITHIN_MS = 60_000;
const CORRECTED = '更正甲';
const FLOW = 'flw_admission';

interface Notice {
  readonly id: string;
  readonly patient: string;
  readonly text: string;
}

export async function resendFeed(kills: number, seed: number): Promise<ResendFeedReport> {
  const scratch = await makeScratch();
  const options: PlatformOptions = { scratch, ports: await choosePorts() };
  const run = new ResendRun(options, kills, seededRandom(seed));
  try {
    await run.toEnd();
    return { seed, kills, ...run.report() };
  } catch (error) {
    process.stderr.write(run.output());
    throw error;
  } finally {
    await run.stop();
    await removeScratch(scratch);
  }
}

class ResendRun {
  readonly #options: PlatformOptions;
  readonly #kills: number;
  readonly #random: Random;
  readonly #notices: readonly Notice[];
  readonly #district = new District();
  readonly #wasCorrected = new Set<string>();
  readonly #stopping = new AbortController();
  #platform: Platform | undefined;
  #program: Program<undefined> | undefined;
  #bulks = 0;
  #leftHalfDone = 0;
  /** Known once nothing disturbs any more. */
  #endBy = Infinity;

  constructor(options: PlatformOptions, kills: number, random: Random) {
    this.#options = options;
    this.#kills = kills;
    this.#random = random;
    this.#notices = noticesOf(random);
  }

  async toEnd(): Promise<void> {
    const { ports } = this.#options;
    // Loads the example city; its own outside world ends with this process.
    await (await startPlatform({ ...this.#options, example: true })).end('SIGINT');
    this.#program = await this.#district.listen(ports.example + 4);
    this.#platform = await startPlatform(this.#options);
    const disturbed = Promise.all([this.#feed(), this.#kill()]).then(() => (this.#endBy = Date.now() + SETTLED_WITHIN_MS));
    await Promise.all([disturbed, this.#resendAll()]);
    this.#check();
  }

  report() {
    return {
      messages: this.#notices.length,
      resent: this.#district.refused.size,
      corrected: this.#wasCorrected.size,
      bulks: this.#bulks,
      repeated: this.#district.repeated,
      leftHalfDone: this.#leftHalfDone,
    };
  }

  output(): string {
    return this.#platform?.output() ?? '';
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#platform?.process.kill('SIGKILL');
    await this.#program?.stop();
  }

  /** Each message again and again until it is acknowledged, as hospitals do. */
  async #feed(): Promise<void> {
    let client: MllpClient | undefined;
    for (const { id, text } of this.#notices) {
      for (let isTaken = false; !isTaken && !this.#stopping.signal.aborted;) {
        try {
          client ??= await connectMllp('127.0.0.1', this.#options.ports.example + 575, 5_000);
          isTaken = (await client.send(iconv.encode(text, 'gbk'), id)).code === 'AA';
        } catch {
          client?.close();
          client = undefined;
          await pause(100);
        }
      }
      await pause(FEED_PAUSE_MS);
    }
    client?.close();
  }

  async #kill(): Promise<void> {
    for (let kill = 0; kill < this.#kills && !this.#stopping.signal.aborted; kill += 1) {
      await pause(200 + this.#random.next() * LONGEST_LIFE_MS);
      await this.#platform!.end('SIGKILL');
      this.#platform = await startPlatform(this.#options);
    }
  }

  async #resendAll(): Promise<void> {
    while (!this.#notices.every(({ id }) => this.#district.keys.has(id))) {
      assert.ok(Date.now() < this.#endBy, `${this.#district.keys.size} have arrived; held: ${JSON.stringify(await this.#held())}`);
      const held = (await this.#held()).sort(() => this.#random.next() - 0.5);
      const left = held.filter(({ held: { reason } }) => reason === 'RESEND_PREPARED');
      for (const { executionId } of left) await this.#finish(executionId);
      const fresh = held.filter((item) => !left.includes(item));
      const inBulk = this.#random.chance(0.5) ? fresh.splice(0, Math.ceil(fresh.length / 2)) : [];
      await Promise.all([this.#resendInBulk(inBulk), ...fresh.map((item) => this.#resendOne(item))]);
      await pause(50);
    }
  }

  async #resendOne({ executionId }: Held): Promise<void> {
    const correction = this.#random.chance(0.5) ? await this.#correct(executionId) : undefined;
    await this.#allow([executionId]);
    const order = { seen: 'held', reason: 'mended', requestId: createId('rsd') };
    // A lost answer is asked for again under the same id, as the console does.
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const answer = await this.#call('POST', `/executions/${executionId}/resend`, { ...order, ...correction?.change });
      if (answer === undefined) continue;
      assert.ok(answer.status === 200 || answer.status === 409, JSON.stringify(answer));
      if (answer.status === 200 && correction !== undefined) this.#wasCorrected.add(correction.noticeId);
      return;
    }
  }

  async #resendInBulk(items: readonly Held[]): Promise<void> {
    if (items.length === 0) return;
    const ids = items.map(({ executionId }) => executionId);
    await this.#allow(ids);
    const answer = await this.#call('POST', '/held/resend', { ids, reason: 'mended', perSecond: 1000 });
    if (answer === undefined) return;
    assert.equal(answer.status, 200, JSON.stringify(answer));
    this.#bulks += 1;
  }

  /** Its process was killed between the steps of a resend. */
  async #finish(executionId: string): Promise<void> {
    this.#leftHalfDone += 1;
    const answer = await this.#call('POST', `/executions/${executionId}/retry`);
    assert.ok(answer === undefined || answer.status === 200 || answer.status === 409, JSON.stringify(answer));
  }

  /** From now on the district accepts them: the problem was fixed. */
  async #allow(ids: readonly string[]): Promise<void> {
    for (const id of ids) {
      const notice = await this.#noticeOf(id);
      if (notice !== undefined) this.#district.allowed.add(notice);
    }
  }

  async #noticeOf(executionId: string): Promise<string | undefined> {
    const input = (await this.#call('GET', `/executions/${executionId}/payload`))?.body['input'] as
      { keys: { message: string } } | undefined;
    return input?.keys.message;
  }

  async #correct(executionId: string): Promise<{ readonly noticeId: string; readonly change: object } | undefined> {
    const input = (await this.#call('GET', `/executions/${executionId}/payload`))?.body['input'] as
      { data: string; form: string; keys: { message: string } } | undefined;
    if (input === undefined) return undefined;
    const data = input.data.replace(/^(PID(?:\|[^|]*){4}\|)[^|]*/m, `$1${CORRECTED}`);
    return { noticeId: input.keys.message, change: { message: { data, form: input.form } } };
  }

  async #held(): Promise<Held[]> {
    return ((await this.#call('GET', `/held?flowId=${FLOW}&limit=200`))?.body['items'] as Held[] | undefined) ?? [];
  }

  /** Undefined while the platform is away. */
  async #call(method: string, path: string, body?: unknown): Promise<Answer | undefined> {
    try {
      const handover = join(this.#options.scratch, 'data', 'handover', 'cli-token');
      const { address, token } = JSON.parse(await readFile(handover, 'utf8')) as { address: string; token: string };
      const response = await fetch(`${address}/api/v1${path}`, {
        method,
        headers: { authorization: `Bearer ${token}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return { status: response.status, body: (await response.json()) as Answer['body'] };
    } catch {
      await pause(50);
      return undefined;
    }
  }

  /** Each patient's notices in the order of the feed, each under one key, the corrected ones as they were corrected. */
  #check(): void {
    const { keys, byPatient, names } = this.#district;
    for (let patient = 0; patient < PATIENTS; patient += 1) {
      const sent = this.#notices.filter((notice) => notice.patient === patientOf(patient)).map(({ id }) => id);
      assert.deepEqual(byPatient.get(patientOf(patient)), sent, `the notices of patient ${patient}`);
    }
    for (const [id, of] of keys) assert.equal(of.size, 1, `${id} came under ${of.size} keys`);
    for (const id of this.#wasCorrected) assert.equal(names.get(id), CORRECTED, `${id} came as it was corrected`);
    // A kill finds at most one message of each lane on its way.
    assert.ok(this.#district.repeated <= this.#kills * PATIENTS, `${this.#district.repeated} were sent once more`);
    assert.equal(this.#district.refused.size, (PATIENTS * MESSAGES) / 2, 'every second message was held');
  }
}

interface Held {
  readonly executionId: string;
  readonly held: { readonly reason: string };
}

interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Refuses every second message of a patient until it is allowed, and honours Idempotency-Key. */
class District {
  readonly allowed = new Set<string>();
  readonly refused = new Set<string>();
  /** Keys under which a notice was taken. */
  readonly keys = new Map<string, Set<string>>();
  readonly byPatient = new Map<string, string[]>();
  readonly names = new Map<string, string>();
  repeated = 0;

  listen(port: number): Promise<Program<undefined>> {
    return serve(
      port,
      () => undefined,
      (request, _url, body) => {
        const { noticeId, patientId, patient } = JSON.parse(body.toString()) as {
          noticeId: string;
          patientId: string;
          patient: { name: string };
        };
        if (isRefused(noticeId) && !this.allowed.has(noticeId)) {
          this.refused.add(noticeId);
          return json(422, { error: 'not yet' });
        }
        this.#take(noticeId, patientId, String(request.headers['idempotency-key']), patient.name);
        return json(201, { noticeId });
      },
    );
  }

  #take(noticeId: string, patientId: string, key: string, name: string): void {
    const keys = this.keys.get(noticeId) ?? new Set();
    this.keys.set(noticeId, keys.add(key));
    this.names.set(noticeId, name);
    if (keys.size > 1) return;
    const notices = this.byPatient.get(patientId) ?? [];
    this.byPatient.set(patientId, notices);
    // What comes again under its key is known.
    if (notices.includes(noticeId)) this.repeated += 1;
    else notices.push(noticeId);
  }
}

function isRefused(noticeId: string): boolean {
  return Number(noticeId.slice(-3)) % 2 === 1;
}

function patientOf(patient: number): string {
  return `R${String(patient).padStart(5, '0')}`;
}

/** Each patient's in their order, those of all patients mixed. */
function noticesOf(random: Random): Notice[] {
  const model = feedMessage(0);
  const next = Array.from({ length: PATIENTS }, () => 0);
  const notices: Notice[] = [];
  while (notices.length < PATIENTS * MESSAGES) {
    const number = random.below(PATIENTS);
    if (next[number] === MESSAGES) continue;
    const patient = patientOf(number);
    const id = `C${String(number).padStart(3, '0')}${String(next[number]!++).padStart(3, '0')}`;
    notices.push({ id, patient, text: model.text.replaceAll(model.controlId, id).replaceAll(model.patientId, patient) });
  }
  return notices;
}

if (import.meta.main) {
  const kills = Number(process.argv[2] ?? 20);
  const seed = Number(process.argv[3] ?? Date.now() % 1_000_000);
  console.info(JSON.stringify(await resendFeed(kills, seed)));
}
