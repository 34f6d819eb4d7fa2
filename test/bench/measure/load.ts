import { startProgram, type Program } from './program.ts';

export interface LoadOrder {
  readonly port: number;
  readonly method: string;
  readonly path: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly connections: number;
  readonly durationMs: number;
  /** Signs each request by KQ1 ahead of time; so many are made ready for each second of the load. */
  readonly sign?: {
    /** HMAC-SM3 if left out. */
    readonly scheme?: 'HMAC-SM3' | 'SM2-SM3';
    /** Base64url; for SM2 the private key in PEM. */
    readonly secret: string;
    readonly appId: string;
    readonly keyId: string;
    readonly maxPerSecond: number;
  };
}

export interface LoadResult {
  readonly requests: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** HTTP status -> answers. */
  readonly statuses: readonly (readonly [number, number])[];
}

export type LoadProgram = Program<LoadOrder, LoadResult>;

export function startLoad(): Promise<LoadProgram> {
  return startProgram<LoadOrder, LoadResult>('load', {});
}
