/** Keeps a process for one version of an extension: starts it at the first call, and again after a fault, with a pause. */
import { processEnded, restarting, type Fault } from '../package/extension-errors.ts';
import { ExtensionProcess, type CallResult, type NodeCall, type ProcessOptions } from './extension-process.ts';

export interface HostOptions extends Omit<ProcessOptions, 'onFault'> {
  /** Called when the version has failed too often; it should be disabled. */
  readonly onExhausted: (fault: Fault) => void;
  readonly onFault?: (fault: Fault) => void;
}

/** How long after a fault the process is not started again: after the first one, the second one, … */
const PAUSES_MS = [500, 1_500, 3_000];
/** After this time without a fault, faults are forgotten. */
const FORGET_MS = 600_000;

export class ExtensionHost {
  readonly #options: HostOptions;
  #process: ExtensionProcess | undefined;
  #faults = 0;
  #lastFault: Fault = 'ended';
  #lastFaultAt = 0;
  #isStopped = false;

  constructor(options: HostOptions) {
    this.#options = options;
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  async call(call: NodeCall): Promise<CallResult> {
    if (this.#isStopped) throw processEnded(this.#options.extension, this.#lastFault, 'transient');
    return this.#running().call(call);
  }

  stop(): void {
    this.#isStopped = true;
    this.#process?.stop();
    this.#process = undefined;
  }

  #running(): ExtensionProcess {
    if (this.#process !== undefined) return this.#process;
    const { clock, extension } = this.#options;
    const sinceMs = clock.monotonic() - this.#lastFaultAt;
    if (this.#faults > 0 && sinceMs > FORGET_MS) this.#faults = 0;
    const pauseMs = this.#faults === 0 ? 0 : PAUSES_MS[this.#faults - 1]!;
    if (sinceMs < pauseMs) throw restarting(extension, Math.ceil(pauseMs - sinceMs));
    const started: ExtensionProcess = new ExtensionProcess({ ...this.#options, onFault: (fault) => this.#onFault(fault, started) });
    return (this.#process = started);
  }

  #onFault(fault: Fault, of: ExtensionProcess): void {
    if (this.#process === of) this.#process = undefined;
    this.#faults += 1;
    this.#lastFault = fault;
    this.#lastFaultAt = this.#options.clock.monotonic();
    this.#options.onFault?.(fault);
    if (this.#faults <= PAUSES_MS.length) return;
    this.stop();
    this.#options.onExhausted(fault);
  }
}
