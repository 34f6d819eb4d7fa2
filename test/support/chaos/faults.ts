/** What goes wrong while messages flow: each fault happens, lasts, and is over before the next begins. */
import { setTimeout as pause } from 'node:timers/promises';
import type { District } from './district.ts';
import type { KeptRole } from './kept-role.ts';
import { until } from '../city.ts';
import type { ProxiedServers } from '../proxied-servers.ts';

export interface Playground {
  readonly workers: readonly KeptRole[];
  readonly control: KeptRole;
  readonly servers: ProxiedServers;
  readonly district: District;
  /** How often the installation refused a write of a displaced owner, or kept its outcome next to the execution. */
  countLate(): Promise<number>;
}

export type FaultName = keyof typeof FAULTS;

/** For what comes within seconds (15 to 21 s: an owner is given up) on an idle machine. */
const PATIENCE_MS = 120_000;
const ASK_STORE_MS = 500;
const NETWORK_MS = 3_000;
const AWAY_MS = 700;

const FAULTS = {
  'kill a worker': ({ workers }: Playground, chance: number) => workers[Math.floor(chance * workers.length)]!.kill(AWAY_MS),
  'kill control': ({ control }: Playground) => control.kill(AWAY_MS),
  'flush the shared state': ({ servers }: Playground) => servers.flushShared(),
  'restart the shared state': ({ servers }: Playground) => servers.restartShared(),
  'kill the store': ({ servers }: Playground) => servers.restartStore(),
  'cut connections': ({ servers }: Playground) => servers.cut(),
  'delay connections': ({ servers }: Playground) => lasting(servers.delay(), NETWORK_MS),
  'half-open connections': ({ servers }: Playground) => lasting(servers.halfOpen(), NETWORK_MS),
  /** In the middle of a write, until another worker has taken it over. What it then wants to store must be refused. */
  'stall a worker': async ({ workers, district, countLate }: Playground) => {
    const before = await countLate();
    const write = await Promise.race([district.holdNext(), pause(PATIENCE_MS, undefined, { ref: false })]);
    if (write === undefined) throw new Error(`no worker wrote anything for ${PATIENCE_MS} ms`);
    const worker = workers.find(({ name }) => name === write.sender)!;
    worker.signal('SIGSTOP');
    await until('another worker takes over what the stalled one began', async () => write.isTakenOver, PATIENCE_MS);
    write.release();
    worker.signal('SIGCONT');
    const isRefused = async () => (await countLate()) > before || pause(ASK_STORE_MS, false);
    await until('what the stalled worker brings too late is refused', isRefused, PATIENCE_MS);
  },
} as const;

/** Each once, the stall in the middle. */
export const EACH_ONCE: readonly FaultName[] = [
  'kill a worker',
  'flush the shared state',
  'cut connections',
  'kill control',
  'stall a worker',
  'kill the store',
  'delay connections',
  'restart the shared state',
  'half-open connections',
  'kill a worker',
];

export function inflict(name: FaultName, playground: Playground, chance: number): Promise<void> {
  return FAULTS[name](playground, chance);
}

export function faultNames(): readonly FaultName[] {
  return Object.keys(FAULTS) as FaultName[];
}

/** Numbers from 0 to 1 that a seed repeats (mulberry32). */
export function createChance(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

async function lasting(heal: () => void, ms: number): Promise<void> {
  await pause(ms);
  heal();
}
