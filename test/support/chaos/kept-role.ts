/** One process of the platform on a shared store, kept running as a supervisor would: ended in any way, started again. */
import { setTimeout as pause } from 'node:timers/promises';
import type { RoleProcess } from '../apart.ts';

export interface KeptRole {
  readonly name: string;
  readonly starts: number;
  ready(): Promise<unknown>;
  signal(signal: NodeJS.Signals): void;
  /** Ended at once; it comes back after `awayMs`. */
  kill(awayMs: number): Promise<void>;
  /** What it wrote, over all its starts. */
  output(): string;
  stop(): Promise<void>;
}

const RESTART_MS = 500;
const STOP_WITHIN_MS = 15_000;

/** `start` starts it; it is ready when it says `readyText`. */
export function keepRole(start: () => RoleProcess, readyText: RegExp): KeptRole {
  const runs: RoleProcess[] = [];
  let awayMs = RESTART_MS;
  let isStopping = false;
  begin();
  const current = () => runs.at(-1)!;
  return {
    name: current().name,
    get starts() {
      return runs.length;
    },
    ready: () => current().says(readyText),
    signal: (signal) => void current().child.kill(signal),
    async kill(away) {
      awayMs = away;
      await current().end('SIGKILL');
    },
    output: () => runs.map((run) => run.output()).join(''),
    async stop() {
      isStopping = true;
      const { child, end } = current();
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = end('SIGTERM');
      child.kill('SIGCONT');
      await Promise.race([ended, pause(STOP_WITHIN_MS, undefined, { ref: false })]);
      child.kill('SIGKILL');
    },
  };

  function begin(): void {
    const run = start();
    runs.push(run);
    run.child.once('exit', () => {
      if (isStopping) return;
      setTimeout(() => !isStopping && begin(), awayMs);
      awayMs = RESTART_MS;
    });
  }
}
