/** The messages between the pool and its worker threads: text only, so that nothing but JSON enters the sandbox. */

export interface ScriptJob {
  readonly kind: 'script' | 'expression' | 'check';
  /** Script body or expression text. */
  readonly source: string;
  /** JSON of the input. */
  readonly input: string;
  /** The time every clock in the sandbox shows: the acceptance time, epoch milliseconds. */
  readonly nowMs: number;
  /** Seed of `Math.random`: from 0 to below 1, all 53 bits count. */
  readonly seed: number;
  /** CPU time limit: on a busy machine the clock continues while the job stands still. */
  readonly timeoutMs: number;
  readonly memoryBytes: number;
  readonly resultBytes: number;
}

export type ScriptFaultCode = 'SCRIPT_TIMEOUT' | 'SCRIPT_MEMORY' | 'SCRIPT_ERROR' | 'SCRIPT_RESULT_TOO_LARGE' | 'EXPRESSION_FAILED';

export interface ScriptAnswer {
  /** Set if the jobs submitted after this one were not started, because other keys have their turn. */
  readonly endsTurn?: true;
  /** CPU time the thread used for this job. */
  readonly computedMs?: number;
  /** The sandbox cannot continue; end its thread. */
  readonly isLast?: true;
  /** JSON of the result; `undefined` if the script returned nothing. */
  readonly result?: string | undefined;
  readonly fault?: {
    readonly code: ScriptFaultCode;
    /** The message of QuickJS or JSONata: about the author's own text, never about ours. */
    readonly message: string;
    readonly line?: number;
    readonly fault?: string;
    readonly position?: number;
    /** The script returned a promise, or a value that contains one. */
    readonly isPromise?: true;
  };
}
