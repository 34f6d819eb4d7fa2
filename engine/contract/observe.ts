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
  /** Read when somebody asks, so that a gauge costs nothing meanwhile. One that cannot be read now (undefined, or it rejects) is left out. */
  gauge(name: string, read: Read, labels?: Labels): void;
  /** A number that its owner counts up: read like a gauge, told as a counter. For what is counted too often to be told each time. */
  total(name: string, read: Read, labels?: Labels): void;
}

export type Read = () => number | undefined | Promise<number | undefined>;

export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => silentLogger };
export const silentMetrics: Metrics = { count() {}, observeMs() {}, gauge() {}, total() {} };
