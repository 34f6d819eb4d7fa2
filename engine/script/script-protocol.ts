/** The messages between the pool and its worker threads: text only, so that nothing but JSON enters the sandbox. */

export interface ScriptJob {
  readonly kind: 'script' | 'expression' | 'check';
  /** Script body or expression text. */
  readonly source: string;
  /** JSON of the input. */
  readonly input: string;
  /** The time that every clock in the sandbox shows: the acceptance time, epoch milliseconds. */
  readonly nowMs: number;
  /** Seed of `Math.random`: from 0 to below 1, all 53 bits count. */
  readonly seed: number;
  /** Limit of CPU time, because on a busy machine the clock continues while the job does not run. */
  readonly timeoutMs: number;
  readonly memoryBytes: number;
  readonly resultBytes: number;
}

export type ScriptFaultCode = 'SCRIPT_TIMEOUT' | 'SCRIPT_MEMORY' | 'SCRIPT_ERROR' | 'SCRIPT_RESULT_TOO_LARGE' | 'EXPRESSION_FAILED';

export interface ScriptAnswer {
  /** Set if the remaining jobs of this turn were not started, because jobs of other keys wait. */
  readonly endsTurn?: true;
  /** CPU time the thread used for this job. */
  readonly computedMs?: number;
  /** True if the sandbox cannot continue, so that its thread must be ended. */
  readonly isLast?: true;
  /** JSON of the result; `undefined` if the script returned nothing. */
  readonly result?: string | undefined;
  readonly fault?: {
    readonly code: ScriptFaultCode;
    /** The message of QuickJS or JSONata. It is about the author's text, never about the platform's own code. */
    readonly message: string;
    readonly line?: number;
    readonly fault?: string;
    readonly position?: number;
    /** True if the script returned a promise, or a value that contains one. */
    readonly isPromise?: true;
  };
}
