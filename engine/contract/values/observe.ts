/** Logging, metrics and spans as dependencies. Log lines, labels and attributes never carry payloads, personal data or secrets. */

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

export type SpanKind = 'server' | 'client' | 'producer' | 'consumer' | 'internal';
export type SpanFields = Readonly<Record<string, string | number | boolean>>;

export interface SpanStart {
  readonly kind: SpanKind;
  readonly fields?: SpanFields;
  /** Epoch milliseconds, where it began before it was known that there is one. */
  readonly startedAt?: number;
}

/** One piece of work of a trace. Its fields are ids, types, counts and codes alone. */
export interface Span {
  /** W3C trace context: what a later process, or the other side, goes on with. */
  readonly traceparent: string;
  /** Once. With the code of an error when it failed. */
  end(fields?: SpanFields, errorCode?: string): void;
}

/** Off is to have none: nothing is made then. Both answer undefined for a trace that is not sampled; the same trace is sampled by every process. */
export interface Tracer {
  /** The first span of a trace of ours; `parent`: the caller's, in the same trace. */
  root(name: string, traceId: string | undefined, start: SpanStart, parent?: string): Span | undefined;
  /** Part of the span whose trace context it is given; without one there is no trace to be part of. */
  child(name: string, parent: string | undefined, start: SpanStart): Span | undefined;
}
