/** The connection test of an adapter: what a probe gets, and what it returns. */
import type { Adapter } from './adapter.ts';
import type { Clock } from '../values/clock.ts';
import type { ErrorRecord } from '../values/errors.ts';
import type { FileAccess } from './file-access.ts';
import type { OutboundGuard } from './outbound-guard.ts';
import type { Text } from '../values/texts.ts';

export interface Health {
  readonly ok: boolean;
  readonly steps: readonly ProbeStep[];
  /** The connections of the test, with the bytes that went over them. Absent if the test opened none. */
  readonly exchanges?: readonly ProbeExchange[];
}

export interface ProbeStep {
  readonly name: Text;
  readonly ok: boolean;
  readonly durationMs: number;
  readonly detail?: string;
  /** The certificate that the other side presented in this step, even if it was refused. */
  readonly certificate?: ProbeCertificate;
  /** The error of a failed step; `detail` then contains its message. */
  readonly error?: ErrorRecord;
}

export interface ProbeCertificate {
  readonly subject: string;
  readonly issuer: string;
  /** Absent if the certificate states no valid time. */
  readonly validFrom?: number;
  readonly validTo?: number;
}

/** What went over one connection. Bytes inside TLS are those before encryption. */
export interface ProbeExchange {
  /** `host:port`. */
  readonly target: string;
  readonly isTls: boolean;
  readonly sent: ProbeBytes;
  readonly received: ProbeBytes;
}

export interface ProbeBytes {
  /** Base64 of the first bytes, with secrets replaced by stars. */
  readonly content: string;
  /**
   * Why bytes are missing: `cut`: only the first were recorded. `login`: the login of this protocol is binary, so that
   * no bytes after its beginning are shown. `right`: the person may not see data of messages.
   */
  readonly missing?: 'cut' | 'login' | 'right';
}

export interface ProbeContext {
  readonly adapter: Adapter;
  /** Must be checked before every connection. */
  readonly outbound: OutboundGuard;
  /** Must be asked before every access to a file. */
  readonly files: FileAccess;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** Called after each step. */
  readonly report?: ((step: ProbeStep) => void) | undefined;
  secret(name?: string): Promise<string>;
}
