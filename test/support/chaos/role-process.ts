/** One process of the platform on a shared store, kept running as a supervisor would: ended in any way, started again. */
import { spawn, type ChildProcess } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { BIN } from '../platform-process.ts';

export interface RoleProcess {
  readonly name: string;
  readonly starts: number;
  /** How often it wrote `countedText`, over all its starts. */
  readonly counted: number;
  ready(): Promise<void>;
  signal(signal: NodeJS.Signals): void;
  /** Ended at once; it comes back after `awayMs`. */
  kill(awayMs: number): Promise<void>;
  /** The end of what it wrote. */
  output(): string;
  stop(): Promise<void>;
}

export interface RoleOptions {
  readonly name: string;
  /** What follows `kangqiao`. */
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** What it says when it is ready. */
  readonly readyText: string;
  readonly countedText?: string;
  readonly program?: string;
}

const RESTART_MS = 500;
const STOP_WITHIN_MS = 15_000;
const KEPT_CHARS = 200_000;

export function startRole(options: RoleOptions): RoleProcess {
  let child: ChildProcess;
  let output = '';
  let starts = 0;
  let counted = 0;
  let awayMs = RESTART_MS;
  let isStopping = false;
  let ready: Promise<void>;
  start();
  return {
    name: options.name,
    get starts() {
      return starts;
    },
    get counted() {
      return counted;
    },
    ready: () => ready,
    signal: (signal) => void child.kill(signal),
    async kill(away) {
      awayMs = away;
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await ended;
    },
    output: () => output,
    async stop() {
      isStopping = true;
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      child.kill('SIGCONT');
      await Promise.race([ended, pause(STOP_WITHIN_MS, undefined, { ref: false })]);
      child.kill('SIGKILL');
    },
  };

  function start(): void {
    starts += 1;
    const started = spawn(process.execPath, [options.program ?? BIN, ...options.args], {
      env: { ...process.env, ...options.environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child = started;
    let said = '';
    ready = new Promise((resolve, reject) => {
      const take = (chunk: Buffer) => {
        const text = chunk.toString();
        if (options.countedText !== undefined) counted += text.split(options.countedText).length - 1;
        output = (output + text).slice(-KEPT_CHARS);
        said = (said + text).slice(-KEPT_CHARS);
        if (said.includes(options.readyText)) resolve();
      };
      started.stdout.on('data', take);
      started.stderr.on('data', take);
      started.once('exit', () => reject(new Error(`${options.name} ended before it was ready:\n${said.slice(-3000)}`)));
    });
    ready.catch(() => undefined);
    started.once('exit', () => {
      if (isStopping) return;
      setTimeout(() => !isStopping && start(), awayMs);
      awayMs = RESTART_MS;
    });
  }
}
