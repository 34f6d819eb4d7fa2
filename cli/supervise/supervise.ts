/** Runs several processes of one kind, for `kangqiao gateway --processes N`. One that ends is started again. */
import { spawn, type ChildProcess } from 'node:child_process';
import { runUntilSignal } from '../../engine/host/run-until-signal.ts';
import type { Clock } from '../../engine/contract/values/clock.ts';
import type { Logger } from '../../engine/contract/values/observe.ts';

export interface SupervisedOptions {
  readonly count: number;
  /** Returns the arguments of a process by its number, which begins with 1. */
  argumentsOf(number: number): readonly string[];
  readonly clock: Clock;
  readonly logger: Logger;
  readonly drainMs: number;
}

/** Pause before a process is started again. It doubles while the process keeps ending early. */
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 30_000;
/** A process that ran longer than this has started well. */
const STEADY_MS = 60_000;

/**
 * Starts the processes and keeps them running until a signal ends them all. Returns the exit code: 1 if all processes
 * end before one of them was steady, because then the configuration is wrong.
 */
export async function supervise(options: SupervisedOptions): Promise<number> {
  const { count, clock, logger, drainMs } = options;
  let failed = 0;
  const code = await runUntilSignal(
    async (life) => {
      for (let number = 1; number <= count; number++) {
        const kept = new KeptProcess(options, number, () => {
          if (++failed >= count) life.end();
        });
        life.own(`process ${number}`, () => kept.stop());
        kept.start();
      }
    },
    { clock, logger, drainMs: drainMs + FIRST_PAUSE_MS },
  );
  return failed >= count ? 1 : code;
}

class KeptProcess {
  readonly #options: SupervisedOptions;
  readonly #number: number;
  readonly #onFailedStart: () => void;
  #child: ChildProcess | undefined;
  #isStopped = false;
  #wasSteady = false;
  #pauseMs = FIRST_PAUSE_MS;
  #cancel = () => {};

  constructor(options: SupervisedOptions, number: number, onFailedStart: () => void) {
    this.#options = options;
    this.#number = number;
    this.#onFailedStart = onFailedStart;
  }

  start(): void {
    const { clock, argumentsOf } = this.#options;
    const begunAt = clock.monotonic();
    // With the channel, the process ends when this one is killed.
    const child = spawn(process.execPath, [process.argv[1]!, ...argumentsOf(this.#number)], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.#child = child;
    child.once('exit', (code, signal) => this.#onExit(code, signal, clock.monotonic() - begunAt));
    child.once('error', (error) => this.#options.logger.error('supervise.spawn-failed', error, { number: this.#number }));
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancel();
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.kill('SIGTERM');
    await ended;
  }

  #onExit(code: number | null, signal: string | null, ranMs: number): void {
    if (this.#isStopped) return;
    const isSteady = ranMs >= STEADY_MS;
    this.#wasSteady ||= isSteady;
    this.#pauseMs = isSteady ? FIRST_PAUSE_MS : Math.min(LONGEST_PAUSE_MS, this.#pauseMs * 2);
    this.#options.logger.warn('supervise.process-ended', { number: this.#number, ended: String(signal ?? code), pauseMs: this.#pauseMs });
    // Exit code 1 means that it could not start.
    if (!this.#wasSteady && code === 1) this.#onFailedStart();
    this.#cancel = this.#options.clock.after(this.#pauseMs, () => this.start());
  }
}
