/**
 * One process of an extension, seen from the engine: starts it, passes calls to it, and ends it when it computes
 * without a pause, uses too much memory, or sends what is not allowed (docs/decisions/0073).
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Check } from 'typebox/value';
import type { Clock } from '../../contract/values/clock.ts';
import { AppError } from '../../contract/values/errors.ts';
import { busy, callFailed, callTimeout, messageUnfit, processEnded, type Fault } from '../package/extension-errors.ts';
import type { ExtensionLimits } from '../package/manifest.ts';
import { encodeFrame, frameReader, MOST_MESSAGE_CHARS } from './frames.ts';
import { FromProcess, type FetchResponse, type NodeCallInput, type ToProcess } from './protocol.ts';
import { OpenRequests, type OpenRequest, type RequestCount } from './open-requests.ts';
import { readUsage } from './read-usage.ts';

export interface ProcessOptions {
  /** For errors: the id of the version. */
  readonly extension: string;
  readonly code: string;
  readonly verbs: readonly string[];
  readonly limits: ExtensionLimits;
  readonly clock: Clock;
  /** Called once, when the process has ended after a fault. */
  readonly onFault: (fault: Fault) => void;
}

export interface NodeCall {
  readonly input: NodeCallInput;
  readonly signal: AbortSignal;
  /** Sends a request for the code. `hold` is called for bytes of bodies that are kept, and throws if they are too many. */
  fetch(what: unknown, signal: AbortSignal, hold: (bytes: number) => void): Promise<FetchResponse>;
  /** Whether the call has sent something that may have changed another system. */
  hasSent(): boolean;
}

export interface CallResult {
  readonly port: string;
  readonly data: unknown;
  readonly mediaType?: string | undefined;
}

/** The code reported an error that its manifest declares; the caller knows its text. */
export class DeclaredError extends Error {}

interface Waiting {
  readonly call: NodeCall;
  /** Errors of its requests, by their number. */
  readonly failed: Map<number, unknown>;
  readonly count: RequestCount;
  readonly ends: AbortController;
  resolve(result: CallResult): void;
  reject(error: unknown): void;
}

const LOOK_MS = 250;
/** A loop is ended after this time without a sign of life, if the process computed for so much of it. */
const SILENT_MS = 2_500;
const COMPUTED_MS = 600;
/** On a machine that gives the process no CPU time, this long. */
const MOST_SILENT_MS = 15_000;
const MOST_CALLS = 64;
const MOST_FAILED = 100;
/** Memory of the process besides what its code may use: Node itself, and copies of messages. */
const OWN_BYTES = 192 * 1024 * 1024;
const HEAP_MB = 192;

const FILE = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? './child.ts' : './child.js', import.meta.url));

export class ExtensionProcess {
  readonly #options: ProcessOptions;
  readonly #child: ChildProcess;
  readonly #calls = new Map<number, Waiting>();
  readonly #requests: OpenRequests;
  readonly #ready: Promise<void>;
  #isReady: () => void = () => undefined;
  #lastCall = 0;
  #lastSign: number;
  #lastLook: number;
  #cpuAtSign = 0;
  #cpuMs = 0;
  #isOver = false;
  #stopLooking: () => void = () => undefined;

  constructor(options: ProcessOptions) {
    const { clock, code, limits } = options;
    this.#options = options;
    this.#requests = new OpenRequests(options.extension);
    this.#ready = new Promise((resolve) => (this.#isReady = resolve));
    this.#lastSign = this.#lastLook = clock.monotonic();
    this.#child = spawn(process.execPath, ARGUMENTS, { env: {}, stdio: ['pipe', 'pipe', 'ignore'], windowsHide: true });
    const read = frameReader((value) => this.#receive(value));
    this.#child.stdout!.on('data', (chunk: Buffer) => {
      try {
        if (!this.#isOver) read(chunk);
      } catch {
        this.#end('protocol');
      }
    });
    // Writing to a process that has ended fails; its end is reported by `exit`.
    this.#child.stdin!.on('error', () => undefined);
    this.#child.on('error', () => this.#end('ended'));
    this.#child.on('exit', () => this.#end('ended'));
    void this.#send({ is: 'load', code, memoryMb: limits.memoryMb });
    this.#look();
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Runs a node of the extension. Rejects with the error of the step, or with `DeclaredError`. */
  async call(call: NodeCall): Promise<CallResult> {
    const { extension, limits, clock } = this.#options;
    if (this.#calls.size >= MOST_CALLS) throw busy(extension);
    const chars = JSON.stringify(call.input).length;
    if (chars > MOST_MESSAGE_CHARS) throw messageUnfit(extension, 'input', { chars, limit: MOST_MESSAGE_CHARS });
    call.signal.throwIfAborted();
    const id = ++this.#lastCall;
    const ends = new AbortController();
    const result = new Promise<CallResult>((resolve, reject) =>
      this.#calls.set(id, { call, failed: new Map(), count: { total: 0, open: 0 }, ends, resolve, reject }),
    );
    const giveUp = (error: unknown) => {
      this.#calls.get(id)?.reject(error);
      if (this.#calls.has(id)) void this.#send({ is: 'cancel', id });
    };
    const onAbort = () => giveUp(call.signal.reason);
    call.signal.addEventListener('abort', onAbort, { once: true });
    const cancel = clock.after(limits.callMs, () => giveUp(callTimeout(extension, limits.callMs, kindOf(call))));
    void this.#ready.then(() => (this.#calls.has(id) ? this.#send({ is: 'call', id, input: call.input }) : undefined));
    try {
      return await result;
    } finally {
      cancel();
      call.signal.removeEventListener('abort', onAbort);
      this.#calls.delete(id);
      ends.abort();
    }
  }

  /** Ends the process; calls in it are rejected as after its sudden end. */
  stop(): void {
    this.#end(undefined);
  }

  /** Resolves when the process has taken the message, or has ended. */
  async #send(message: ToProcess): Promise<void> {
    if (!this.#isOver) await new Promise<void>((resolve) => this.#child.stdin!.write(encodeFrame(message), () => resolve()));
  }

  #receive(value: unknown): void {
    if (!Check(FromProcess, value)) return this.#end('protocol');
    // A message is sent between two turns of the code, so none of them was endless.
    this.#lastSign = this.#options.clock.monotonic();
    this.#cpuAtSign = this.#cpuMs;
    switch (value.is) {
      case 'ready':
        if (this.#options.verbs.some((verb) => !value.verbs.includes(verb))) return this.#end('load');
        return this.#isReady();
      case 'fault':
        return this.#end(value.fault);
      case 'pong':
        return undefined;
      case 'result':
        return this.#calls.get(value.id)?.resolve(value);
      case 'failed':
        return this.#fail(value);
      case 'fetch':
        return void this.#fetch(value);
    }
  }

  #fail({ id, declared, request, name = 'Error', place = '' }: Extract<FromProcess, { is: 'failed' }>): void {
    const waiting = this.#calls.get(id);
    if (waiting === undefined) return;
    const { extension } = this.#options;
    const ofRequest = request === undefined ? undefined : waiting.failed.get(request);
    if (name === 'TooLarge') waiting.reject(messageUnfit(extension, 'output', { limit: MOST_MESSAGE_CHARS }));
    else if (declared !== undefined) waiting.reject(new DeclaredError(declared));
    else waiting.reject(ofRequest ?? callFailed(extension, name, place));
  }

  async #fetch({ id, request, what }: Extract<FromProcess, { is: 'fetch' }>): Promise<void> {
    const waiting = this.#calls.get(id);
    if (waiting === undefined) return this.#send({ is: 'answer', id, request, code: 'CANCELLED' });
    let open: OpenRequest | undefined;
    try {
      open = this.#requests.start(waiting.count);
      const response = await waiting.call.fetch(what, waiting.ends.signal, open.hold).finally(open.end);
      await this.#send({ is: 'answer', id, request, response });
    } catch (error) {
      // Code that goes on asking after the last request of its call leaves nothing here but the first such error.
      if (waiting.failed.size <= MOST_FAILED) waiting.failed.set(request, error);
      void this.#send({ is: 'answer', id, request, code: error instanceof AppError ? error.code : 'CANCELLED' });
    } finally {
      open?.release();
    }
  }

  /** Looks at the process from outside, again and again. */
  #look(): void {
    this.#stopLooking = this.#options.clock.after(LOOK_MS, () => {
      void this.#check().finally(() => {
        if (!this.#isOver) this.#look();
      });
    });
  }

  async #check(): Promise<void> {
    const usage = this.#child.pid === undefined ? undefined : await readUsage(this.#child.pid);
    const { limits, clock } = this.#options;
    if (usage !== undefined && usage.rssBytes > limits.memoryMb * 1024 * 1024 + OWN_BYTES) return this.#end('memory');
    this.#cpuMs = usage?.cpuMs ?? this.#cpuMs;
    const now = clock.monotonic();
    // If this process itself stood still, the other one had no chance to be heard.
    if (now - this.#lastLook > SILENT_MS / 2) this.#lastSign = now;
    this.#lastLook = now;
    const silentMs = now - this.#lastSign;
    const computed = usage === undefined || this.#cpuMs - this.#cpuAtSign > COMPUTED_MS;
    if (silentMs > MOST_SILENT_MS || (silentMs > SILENT_MS && computed)) return this.#end('loop');
    void this.#send({ is: 'ping' });
  }

  #end(fault: Fault | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#stopLooking();
    this.#child.kill('SIGKILL');
    for (const { call, reject } of this.#calls.values()) reject(processEnded(this.#options.extension, fault ?? 'ended', kindOf(call)));
    if (fault !== undefined) this.#options.onFault(fault);
  }
}

/** A call that has sent nothing changed nothing: its code has no other way to reach another system. */
function kindOf(call: NodeCall): 'transient' | 'unknown-outcome' {
  return call.hasSent() ? 'unknown-outcome' : 'transient';
}

/** What the process may read: the code of the sandbox. It is read before the extension's code runs. */
const ARGUMENTS = [
  '--permission',
  ...readable().map((path) => `--allow-fs-read=${path}`),
  `--max-old-space-size=${HEAP_MB}`,
  '--disable-warning=ExperimentalWarning',
  FILE,
];

function readable(): readonly string[] {
  const own = dirname(FILE);
  const root = join(own, '../../..');
  // In the package, the compiled files are in `dist`, below package.json.
  const manifests = [join(root, 'package.json'), join(root, '../package.json')];
  const quickjs = packageFolder('quickjs-emscripten-core');
  return [own, join(root, 'engine/script'), ...manifests, quickjs, join(quickjs, '../@jitl')];
}

function packageFolder(name: string): string {
  const file = fileURLToPath(import.meta.resolve(name));
  return file.slice(0, file.lastIndexOf(join('node_modules', name)) + join('node_modules', name).length);
}
