/** What the pool and its worker thread say to each other: text only, so that nothing but JSON ever enters the sandbox. */

export interface ScriptJob {
  readonly kind: 'script' | 'expression' | 'check';
  /** Script body or expression text. */
  readonly source: string;
  /** JSON of the input. */
  readonly input: string;
  /** What every clock in the sandbox shows: the time of acceptance, epoch milliseconds. */
  readonly nowMs: number;
  /** Of `Math.random`: from 0 to below 1, all 53 bits count. */
  readonly seed: number;
  /** Of computing: on a busy machine the clock goes on while the job stands still. */
  readonly timeoutMs: number;
  readonly memoryBytes: number;
  readonly resultBytes: number;
}

export type ScriptFaultCode = 'SCRIPT_TIMEOUT' | 'SCRIPT_MEMORY' | 'SCRIPT_ERROR' | 'SCRIPT_RESULT_TOO_LARGE' | 'EXPRESSION_FAILED';

export interface ScriptAnswer {
  /** The jobs that were handed over after this one were not begun: it is the turn of others. */
  readonly endsTurn?: true;
  /** By the thread, for this job. */
  readonly computedMs?: number;
  /** The sandbox is in no state to go on; its thread is to be ended. */
  readonly isLast?: true;
  /** JSON of the result; `undefined` when the script returned nothing. */
  readonly result?: string | undefined;
  readonly fault?: {
    readonly code: ScriptFaultCode;
    /** What QuickJS or JSONata said: of the author's own text, never of ours. */
    readonly message: string;
    readonly line?: number;
    readonly fault?: string;
    readonly position?: number;
    /** The script returned a promise, or a value with one in it. */
    readonly isPromise?: true;
  };
}
