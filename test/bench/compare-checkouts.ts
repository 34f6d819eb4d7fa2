/**
 * `npm run bench:compare -- FOLDER [pairs] [name-part]`: CPU time of this checkout beside that of another one (FOLDER, with its packages
 * installed), for the work on the paths of a call and of a message. Each pair restarts both programs, warms them up, and loads them in
 * short turns (A/B, B/A, …), so that what else the machine does meets both alike. One JSON line a case: `ratio` is the median over the pairs
 * of (CPU time here / there); below 1 is cheaper than the other checkout.
 */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { freePort } from '../servers/free-port.ts';
import { buildInterface, buildPlan, createTestKey } from '../gateways/support/city-plan.ts';
import { BUS_AUTHORIZATION, busPlan } from './cases/bus-plan.ts';
import { adtFlow } from './flows/adt-flow.ts';
import { HOSPITAL_ANSWER, QUERY, queryFlow } from './flows/query-flow.ts';
import { measure, median, rounded, type Side } from './measure/compare.ts';
import { startLoad, type LoadOrder } from './measure/load.ts';
import { startProgram, type Program } from './measure/program.ts';
import { withStarted, type Keep } from './measure/with-started.ts';
import type { FeedOrder, FeedResult } from './programs/feed.ts';
import type { Received } from './programs/receiver.ts';

const TURNS = 8;
const TURN_MS = 400;
const WARM_UP_MS = 2500;
const WARM_UP_MESSAGES = 3000;
const TURN_MESSAGES = 1000;
const CONNECTIONS = 32;
const PATIENCE_MS = 30_000;

/** CPU microseconds for one call or message, in one turn. */
type Turn = () => Promise<number>;

/** Starts the program of a checkout, warmed up. */
type Start = (keep: Keep, programs: URL | undefined) => Promise<Turn>;

const ANSWER = JSON.stringify({ code: 0, data: Array.from({ length: 8 }, (_, i) => ({ id: `R-${i}`, name: `slot ${i}`, fee: '25.00' })) });
const PATH = '/bench/orders';

const CASES: Readonly<Record<string, Start>> = {
  'bus-proxy': (keep, programs) => startFront(keep, programs, 'bus', 'GET'),
  'bus-proxy-post': (keep, programs) => startFront(keep, programs, 'bus', 'POST'),
  'open-front': (keep, programs) => startFront(keep, programs, 'open', 'POST'),
  'sync-flow': (keep, programs) => startFlow(keep, programs, { reads: true }),
  'sync-flow-write': (keep, programs) => startFlow(keep, programs, { reads: false }),
  'sync-flow-code': (keep, programs) => startFlow(keep, programs, { reads: true, hasScript: true }),
  'durable-adt': startFeed,
};

const [folder, pairs = '15', wanted = ''] = process.argv.slice(2);
if (folder === undefined) {
  process.stderr.write('usage: npm run bench:compare -- FOLDER [pairs] [name-part]\n');
  process.exit(2);
}
const other = new URL('test/bench/programs/', pathToFileURL(`${resolve(folder)}/`));
for (const [name, start] of Object.entries(CASES)) {
  if (!name.includes(wanted)) continue;
  const ratios: number[] = [];
  for (let pair = 0; pair < Number(pairs); pair++) ratios.push(await ratioOf(start, pair));
  ratios.sort((a, b) => a - b);
  const at = (share: number) => rounded(ratios[Math.floor((ratios.length - 1) * share)]!);
  const line = { case: name, pairs: ratios.length, ratio: at(0.5), quartiles: [at(0.25), at(0.75)], least: at(0), most: at(1) };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

function ratioOf(start: Start, pair: number): Promise<number> {
  return withStarted(async (keep) => {
    // Which one starts first changes, too.
    const order = pair % 2 === 0 ? [undefined, other] : [other, undefined];
    const turns = new Map<URL | undefined, Turn>();
    for (const programs of order) turns.set(programs, await start(keep, programs));
    const [here, there] = [turns.get(undefined)!, turns.get(other)!];
    const ratios: number[] = [];
    for (let turn = 0; turn < TURNS; turn++) {
      const isHereFirst = (turn + pair) % 2 === 0;
      const first = await (isHereFirst ? here : there)();
      const second = await (isHereFirst ? there : here)();
      ratios.push(isHereFirst ? first / second : second / first);
    }
    return median(ratios);
  });
}

async function startFront(keep: Keep, programs: URL | undefined, front: 'open' | 'bus', method: 'GET' | 'POST'): Promise<Turn> {
  const service = keep(await startProgram('upstream', { text: ANSWER }));
  const target = { kind: 'upstream' as const, instances: [`http://127.0.0.1:${service.port}`] };
  const key = await createTestKey('HMAC-SM3', 'A10021');
  const plan =
    front === 'bus'
      ? await busPlan([{ method, path: PATH, target }])
      : await buildPlan([key], [buildInterface({ method, path: PATH, target })]);
  const gateway = keep(await startProgram('gateway', { front, plan }, programs));
  const headers = { accept: 'application/json', ...(method === 'POST' ? { 'content-type': 'application/json' } : {}) };
  const sign = { secret: key.document.secret!, appId: key.appId, keyId: key.keyId, maxPerSecond: 12_000 };
  return loaded(keep, gateway, {
    ...{ method, path: PATH, body: method === 'POST' ? JSON.stringify(QUERY) : '', connections: CONNECTIONS },
    ...(front === 'bus' ? { headers: { ...headers, authorization: BUS_AUTHORIZATION } } : { headers, sign }),
  });
}

async function startFlow(keep: Keep, programs: URL | undefined, kind: { reads: boolean; hasScript?: boolean }): Promise<Turn> {
  const service = keep(await startProgram('upstream', { text: JSON.stringify(HOSPITAL_ANSWER) }));
  const settings = { baseUrl: `http://127.0.0.1:${service.port}` };
  const options = {
    flows: [queryFlow('flw_query', kind)],
    adapters: { adp_hospital: { protocol: 'http', settings, maxConcurrency: 64 } },
    plan: await busPlan([{ path: PATH, target: { kind: 'flow', flowId: 'flw_query' } }]),
  };
  const flows = keep(await startProgram('flows', options, programs));
  const headers = { 'content-type': 'application/json', authorization: BUS_AUTHORIZATION };
  return loaded(keep, flows, { method: 'POST', path: PATH, body: JSON.stringify(QUERY), connections: CONNECTIONS, headers });
}

async function loaded(keep: Keep, program: Side['program'], order: Omit<LoadOrder, 'port' | 'durationMs'>): Promise<Turn> {
  const load = keep(await startLoad());
  const turn = async (durationMs: number) => (await measure(load, { program, order }, durationMs)).cpuMicros;
  await turn(WARM_UP_MS);
  return () => turn(TURN_MS);
}

async function startFeed(keep: Keep, programs: URL | undefined): Promise<Turn> {
  const port = await freePort();
  const receiver = keep(await startProgram<'received', Received>('receiver', {}));
  const feedSettings = { host: '127.0.0.1', port, peers: ['127.0.0.1'], maxUnhandled: CONNECTIONS };
  const options = {
    flows: [adtFlow('flw_adt')],
    adapters: {
      adp_feed: { protocol: 'mllp', settings: feedSettings, maxConcurrency: 64 },
      adp_district: { protocol: 'http', settings: { baseUrl: `http://127.0.0.1:${receiver.port}` }, maxConcurrency: 64 },
    },
  };
  const flows = keep(await startProgram('flows', options, programs));
  const sender = keep(await startProgram<FeedOrder, FeedResult>('feed', {}));
  let number = 0;
  const turn = async (messages: number) => {
    const { requests } = await receiver.ask('received');
    const before = await flows.cpuMs();
    await sender.ask({ port, connections: 8, window: 32, name: `T${number++}-`, messages });
    await delivered(receiver, requests + messages);
    return (((await flows.cpuMs()) - before) / messages) * 1000;
  };
  await turn(WARM_UP_MESSAGES);
  return () => turn(TURN_MESSAGES);
}

async function delivered(receiver: Program<'received', Received>, requests: number): Promise<void> {
  for (const endsAt = performance.now() + PATIENCE_MS; (await receiver.ask('received')).requests < requests;) {
    if (performance.now() > endsAt) throw new Error('the flow did not deliver its messages in time');
    await new Promise((done) => setTimeout(done, 10));
  }
}
