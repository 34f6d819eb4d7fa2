/** One line of the bench. */
export interface BenchLine {
  readonly case: string;
  readonly perSecond?: number;
  readonly baselinePerSecond?: number;
  readonly ratio?: number;
  /** What the figure should reach, as a text: `ratio >= 1.1`. */
  readonly target?: string;
  readonly isReached?: boolean;
  readonly [figure: string]: unknown;
}

export interface BenchCase {
  readonly name: string;
  /** How long it may take; 150 s when absent. A case with its own limit runs only on request. */
  readonly limitMs?: number;
  /** Several lines where one setting serves several questions. */
  run(): Promise<readonly BenchLine[]>;
}
