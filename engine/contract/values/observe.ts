/**
 * Interfaces for logging, metrics and spans. Log lines, labels and attributes must never contain payloads, personal
 * data or secrets.
 */

export type LogFields = Readonly<Record<string, string | number | boolean | undefined | readonly string[]>>;

export interface Logger {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  /** Logs `error` by code, kind and stack; its values never contain personal data. */
  error(event: string, error: unknown, fields?: LogFields): void;
  child(fields: LogFields): Logger;
}

export type Labels = Readonly<Record<string, string>>;

export interface Metrics {
  count(name: string, labels?: Labels, by?: number): void;
  /** Records a duration in milliseconds, in a histogram. */
  observeMs(name: string, durationMs: number, labels?: Labels): void;
  /**
   * Registers a gauge. `read` is called only when metrics are collected, so that a gauge costs nothing in between. A
   * gauge whose `read` returns undefined or rejects is left out.
   */
  gauge(name: string, read: Read, labels?: Labels): void;
  /**
   * Registers a counter whose owner increments a plain number. `read` is called when metrics are collected. For events
   * that are too frequent to report one by one.
   */
  total(name: string, read: Read, labels?: Labels): void;
  /**
   * Registers a gauge whose series come and go, such as one for each interface. `read` returns all of them. Values with
   * equal labels are added up. If it rejects, all are left out.
   */
  gauges(name: string, labelNames: readonly string[], read: ReadAll): void;
}

export interface GaugeValue {
  readonly labels: Labels;
  readonly value: number;
}

export type ReadAll = () => Iterable<GaugeValue> | Promise<Iterable<GaugeValue>>;
export type Read = () => number | undefined | Promise<number | undefined>;

export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => silentLogger };
export const silentMetrics: Metrics = { count() {}, observeMs() {}, gauge() {}, total() {}, gauges() {} };

export type SpanKind = 'server' | 'client' | 'producer' | 'consumer' | 'internal';
export type SpanFields = Readonly<Record<string, string | number | boolean>>;

export interface SpanStart {
  readonly kind: SpanKind;
  readonly fields?: SpanFields;
  /** Epoch milliseconds, if the work started before its span was created. */
  readonly startedAt?: number;
}

/** One unit of work in a trace. Its fields contain only ids, types, counts and codes. */
export interface Span {
  /** The W3C trace context with which a later process, or the other side, continues the trace. */
  readonly traceparent: string;
  /** Ends the span. Call it once, with the error code on failure. */
  end(fields?: SpanFields, errorCode?: string): void;
}

/**
 * Creates spans. Both methods return undefined for a trace that is not sampled. All processes sample the same traces.
 */
export interface Tracer {
  /** Starts the first span of the platform in a trace. `parent`: the caller's span in the same trace. */
  root(name: string, traceId: string | undefined, start: SpanStart, parent?: string): Span | undefined;
  /** Starts a child of the span that has this trace context. Returns undefined if there is no parent. */
  child(name: string, parent: string | undefined, start: SpanStart): Span | undefined;
}
