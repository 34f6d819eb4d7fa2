/** A collector of spans: OTLP/HTTP with JSON, as OpenTelemetry's exporter sends it. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { eventually } from '../conformance/eventually.ts';

/** Kinds of spans. */
export const SERVER = 2;
export const CLIENT = 3;
export const PRODUCER = 4;
export const CONSUMER = 5;

export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** `''` at the root. */
  readonly parentSpanId: string;
  readonly name: string;
  readonly kind: number;
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
  readonly isFailed: boolean;
  /** `service.instance.id` of the process. */
  readonly instance: string;
}

export interface OtlpReceiver {
  readonly address: string;
  readonly spans: readonly ReceivedSpan[];
  /** The spans of a trace, as soon as there is one of each of these kinds: processes send theirs once a second. */
  spansOf(traceId: string, kinds: readonly number[]): Promise<readonly ReceivedSpan[]>;
  /** Everything as it came, to look for what must not be there. */
  readonly text: () => string;
  stop(): Promise<void>;
}

type OtlpValue = Readonly<Record<string, string | number | boolean>>;
type OtlpAttributes = readonly { readonly key: string; readonly value: OtlpValue }[];

interface OtlpBody {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: OtlpAttributes };
    readonly scopeSpans: readonly {
      readonly spans: readonly {
        readonly traceId: string;
        readonly spanId: string;
        readonly parentSpanId?: string;
        readonly name: string;
        readonly kind: number;
        readonly attributes: OtlpAttributes;
        readonly status: { readonly code?: number };
      }[];
    }[];
  }[];
}

export async function startOtlpReceiver(): Promise<OtlpReceiver> {
  const spans: ReceivedSpan[] = [];
  let text = '';
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      assert.equal(request.url, '/v1/traces');
      text += body;
      spans.push(...read(JSON.parse(body) as OtlpBody));
      response.setHeader('content-type', 'application/json').end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    text: () => text,
    async spansOf(traceId, kinds) {
      const found = () => spans.filter((span) => span.traceId === traceId);
      await eventually(() => kinds.every((wanted) => found().some(({ kind }) => kind === wanted)));
      return found();
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** The one of its kind. */
export function onlySpan(spans: readonly ReceivedSpan[], isWanted: (span: ReceivedSpan) => boolean): ReceivedSpan {
  const found = spans.filter(isWanted);
  assert.equal(found.length, 1, spans.map(({ name, kind }) => `${kind} ${name}`).join('\n'));
  return found[0]!;
}

function read({ resourceSpans }: OtlpBody): ReceivedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap((scope) =>
      scope.spans.map(({ traceId, spanId, parentSpanId = '', name, kind, attributes, status }) => ({
        ...{ traceId, spanId, parentSpanId, name, kind },
        attributes: valuesOf(attributes),
        isFailed: status.code === 2,
        instance: String(valuesOf(resource.attributes)['service.instance.id']),
      })),
    ),
  );
}

function valuesOf(attributes: OtlpAttributes): Record<string, string | number | boolean> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]!]));
}
