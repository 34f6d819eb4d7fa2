/** Logging and metrics as dependencies. Log lines and labels never carry payloads, personal data or secrets. */

export type LogFields = Readonly<Record<string, string | number | boolean | undefined | readonly string[]>>;

export interface Logger {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  /** `error` is logged by code, kind and stack; its values are already free of personal data. */
  error(event: string, error: unknown, fields?: LogFields): void;
  child(fields: LogFields): Logger;
}

export type Labels = Readonly<Record<string, string>>;

export interface Metrics {
  count(name: string, labels?: Labels, by?: number): void;
  /** A duration in milliseconds, kept as a histogram. */
  observeMs(name: string, durationMs: number, labels?: Labels): void;
  /** Read when somebody asks, so that a gauge costs nothing meanwhile. */
  gauge(name: string, read: () => number, labels?: Labels): void;
}

export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => silentLogger };
export const silentMetrics: Metrics = { count() {}, observeMs() {}, gauge() {} };
