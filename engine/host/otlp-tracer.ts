/**
 * Sends spans with OpenTelemetry, in batches over OTLP/HTTP. If the collector is slow or missing, spans are lost but
 * messages are not delayed, because the queue is bounded.
 */
import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import { rootCertificates } from 'node:tls';
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, TraceFlags, trace, type Span as OtelSpan } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  RandomIdGenerator,
  TraceIdRatioBasedSampler,
  TracerProvider,
  type SpanExporter,
} from '@opentelemetry/sdk-trace';
import { ATTR_ERROR_TYPE, ATTR_SERVICE_INSTANCE_ID, ATTR_SERVICE_NAME, ATTR_SERVICE_VERSION } from '@opentelemetry/semantic-conventions';
import type { Metrics, Span, SpanFields, SpanStart, Tracer } from '../contract/values/observe.ts';

export interface OtlpTracerOptions {
  /** `http(s)://host:port`, or the full address with its path. */
  readonly address: string;
  /** Share of traces that are sampled, from 0 to 1. The trace id decides, so that all processes agree. */
  readonly ratio: number;
  readonly version: string;
  /** PEM of authorities that are trusted in addition to the usual ones. */
  readonly ca?: string;
  readonly metrics: Metrics;
}

export interface OtlpTracer extends Tracer {
  /** Sends the spans that wait, but gives up after a short time. */
  close(): Promise<void>;
}

const TRACE_ID = /^[\da-f]{32}$/;
const TRACEPARENT = /^00-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})$/;
const NOTHING = '0'.repeat(32);
const QUEUE = 4096;
const BATCH = 512;
const EVERY_MS = 1_000;
const EXPORT_MS = 5_000;
const CLOSE_MS = 2_000;
const KINDS = {
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
  internal: SpanKind.INTERNAL,
} as const;

export function createOtlpTracer(options: OtlpTracerOptions): OtlpTracer {
  const ids = new GivenIds();
  const provider = new TracerProvider({
    resource: resourceFromAttributes({
      [ATTR_SERVICE_NAME]: 'kangqiao',
      [ATTR_SERVICE_VERSION]: options.version,
      [ATTR_SERVICE_INSTANCE_ID]: `${hostname()}:${process.pid}`,
    }),
    // Ignore the caller's sampling flag; otherwise callers would decide the cost here.
    sampler: new TraceIdRatioBasedSampler(options.ratio),
    idGenerator: ids,
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: counted(exporterOf(options), options.metrics),
        maxQueueSize: QUEUE,
        maxExportBatchSize: BATCH,
        scheduledDelayMillis: EVERY_MS,
        exportTimeoutMillis: EXPORT_MS,
      }),
    ],
  });
  const tracer = provider.getTracer('kangqiao');

  function begin(
    name: string,
    { kind, fields, startedAt }: SpanStart,
    parent: RegExpExecArray | null,
    isRemote: boolean,
  ): Span | undefined {
    const context =
      parent === null
        ? ROOT_CONTEXT
        : trace.setSpanContext(ROOT_CONTEXT, {
            traceId: parent[1]!,
            spanId: parent[2]!,
            traceFlags: TraceFlags.SAMPLED,
            isRemote,
          });
    const span = tracer.startSpan(
      name,
      {
        kind: KINDS[kind],
        ...(fields === undefined ? {} : { attributes: fields }),
        ...(startedAt === undefined ? {} : { startTime: startedAt }),
      },
      context,
    );
    return span.isRecording() ? new StartedSpan(span) : undefined;
  }

  return {
    root(name, traceId, start, parent) {
      const id = traceId === undefined ? undefined : toTraceId(traceId);
      const caller = parent === undefined ? null : TRACEPARENT.exec(parent);
      // The caller's span becomes the parent only if it belongs to the same trace.
      if (caller !== null && caller[1] === id) return begin(name, start, caller, true);
      ids.next = id;
      return begin(name, start, null, false);
    },
    child(name, parent, start) {
      const found = parent === undefined ? null : TRACEPARENT.exec(parent);
      return found === null || found[3] !== '01' ? undefined : begin(name, start, found, false);
    },
    async close() {
      // Without a collector, the shutdown rejects after its time-out. The error can be ignored.
      await Promise.race([provider.shutdown().catch(() => undefined), new Promise((resolve) => setTimeout(resolve, CLOSE_MS).unref())]);
    },
  };
}

class StartedSpan implements Span {
  readonly traceparent: string;
  readonly #span: OtelSpan;

  constructor(span: OtelSpan) {
    const { traceId, spanId } = span.spanContext();
    this.#span = span;
    this.traceparent = `00-${traceId}-${spanId}-01`;
  }

  end(fields?: SpanFields, errorCode?: string): void {
    if (fields !== undefined) this.#span.setAttributes(fields);
    if (errorCode !== undefined) this.#span.setAttribute(ATTR_ERROR_TYPE, errorCode).setStatus({ code: SpanStatusCode.ERROR });
    this.#span.end();
  }
}

/** Uses the trace id that the gateway passed; creates one if it passed none. */
class GivenIds extends RandomIdGenerator {
  next: string | undefined;

  override generateTraceId(): string {
    const given = this.next;
    this.next = undefined;
    return given ?? super.generateTraceId();
  }
}

/** Returns a valid trace id. If a caller's id has another form, every process derives the same trace id from it. */
function toTraceId(id: string): string {
  if (TRACE_ID.test(id) && id !== NOTHING) return id;
  return createHash('sha256').update(id).digest('hex').slice(0, 32);
}

function exporterOf({ address, ca }: OtlpTracerOptions): SpanExporter {
  const url = new URL(address);
  if (url.pathname === '/') url.pathname = '/v1/traces';
  return new OTLPTraceExporter({
    url: url.href,
    timeoutMillis: EXPORT_MS,
    ...(ca === undefined ? {} : { httpAgentOptions: { ca: [...rootCertificates, ca] } }),
  });
}

function counted(exporter: SpanExporter, metrics: Metrics): SpanExporter {
  return {
    export(spans, callback) {
      exporter.export(spans, (result) => {
        metrics.count('trace_spans_total', { outcome: result.code === 0 ? 'sent' : 'lost' }, spans.length);
        callback(result);
      });
    },
    shutdown: () => exporter.shutdown(),
  };
}
