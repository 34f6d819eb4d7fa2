/** The product as its users run it: a process started by the command line on a scratch folder, with free ports; ended with the test. */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { isFree } from '../servers/free-port.ts';
import { TEST_ENVIRONMENT } from './outbound.ts';

export const BIN = fileURLToPath(new URL('../../bin/kangqiao.mjs', import.meta.url));

export interface PlatformOptions {
  /** A scratch folder (`makeScratch`); the data folder is `<scratch>/data`, so that the files next to it are inside too. */
  readonly scratch: string;
  readonly example?: boolean;
  /** Kept over restarts of one platform, so that addresses stay. */
  readonly ports: PlatformPorts;
  readonly environment?: Readonly<Record<string, string>>;
  /** The `kangqiao` program; absent: this checkout's. */
  readonly program?: string;
}

export interface PlatformPorts {
  readonly open: number;
  readonly user: number;
  readonly bus: number;
  readonly control: number;
  /** Hospital A + 1, B + 2, district + 4; hospital C is listened for at + 575. */
  readonly example: number;
}

export interface Platform {
  readonly process: ChildProcess;
  readonly dataFolder: string;
  /** The folder of the example's outside world: keys, journal. */
  readonly cityFolder: string;
  readonly ports: PlatformPorts;
  readonly ca: string;
  /** Milliseconds from spawn to the line that says it is ready. */
  readonly readyMs: number;
  /** Everything it wrote so far. */
  output(): string;
  /** Sends the signal and answers exit code or signal; milliseconds it took. */
  end(signal: NodeJS.Signals): Promise<{ readonly code: number | null; readonly tookMs: number }>;
}

const READY_WITHIN_MS = 150_000;
const READY = 'Kangqiao is ready';

export async function makeScratch(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'kangqiao-test-'));
}

export function removeScratch(scratch: string): Promise<void> {
  return rm(scratch, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
}

/** Free ports below the range that outgoing connections take; the example's block is checked for its four. */
export async function choosePorts(): Promise<PlatformPorts> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const base = 10_000 + Math.floor(Math.random() * 20_000);
    const ports = { open: base + 600, user: base + 601, bus: base + 602, control: base + 603, example: base };
    const wanted = [ports.open, ports.user, ports.bus, ports.control, base + 1, base + 2, base + 4, base + 575];
    if ((await Promise.all(wanted.map(isFree))).every(Boolean)) return ports;
  }
  throw new Error('no free ports');
}

export async function startPlatform(options: PlatformOptions): Promise<Platform> {
  const startedAt = performance.now();
  const { child, dataFolder, output, exited } = spawnPlatform(options);
  await untilReady(child, output, exited);
  return {
    process: child,
    dataFolder,
    cityFolder: `${dataFolder}.city`,
    ports: options.ports,
    ca: await readFile(join(dataFolder, 'tls', 'ca.crt'), 'utf8'),
    readyMs: performance.now() - startedAt,
    output,
    async end(signal) {
      const at = performance.now();
      child.kill(signal);
      return { code: await exited, tookMs: performance.now() - at };
    },
  };
}

/** Starts it and kills it so long afterwards, wherever it is then; true when it had not come to be ready. */
export async function killStartingPlatform(options: PlatformOptions, afterMs: number): Promise<boolean> {
  const { child, output, exited } = spawnPlatform(options);
  await Promise.race([pause(afterMs), exited]);
  assert.equal(child.exitCode, null, `it ended by itself:\n${output()}`);
  child.kill('SIGKILL');
  await exited;
  return !output().includes(READY);
}

interface Spawned {
  readonly child: ChildProcess;
  readonly dataFolder: string;
  output(): string;
  readonly exited: Promise<number | null>;
}

function spawnPlatform({ scratch, example = false, ports, environment = {}, program = BIN }: PlatformOptions): Spawned {
  const dataFolder = join(scratch, 'data');
  const args = [
    '--data',
    dataFolder,
    'start',
    '--open-port',
    ports.open,
    '--user-port',
    ports.user,
    '--bus-port',
    ports.bus,
    '--control-port',
    ports.control,
  ];
  if (example) args.push('--example', 'city', '--example-port', ports.example);
  // The pinned runtime itself: a signal then reaches the process that is meant.
  const child = spawn(process.execPath, [program, ...args.map(String)], {
    env: { ...process.env, ...TEST_ENVIRONMENT, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const exited = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  return { child, dataFolder, output: () => output, exited };
}

function untilReady(child: ChildProcess, output: () => string, exited: Promise<number | null>): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = () => {
      child.kill('SIGKILL');
      reject(new Error(`the platform did not become ready:\n${output()}`));
    };
    const limit = setTimeout(fail, READY_WITHIN_MS);
    child.stdout!.on('data', () => {
      if (!output().includes(READY)) return;
      clearTimeout(limit);
      resolve();
    });
    void exited.then(fail).finally(() => clearTimeout(limit));
  });
}

/** Runs one command of the command line to its end. */
export async function runCommand(
  args: readonly string[],
  input = '',
  program = BIN,
): Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }> {
  const child = spawn(process.execPath, [program, ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  child.stdin.end(input);
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, stdout, stderr };
}
