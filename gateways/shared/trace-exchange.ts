/**
 * Starts the span of a request. The span is created when the call starts, because only then is the caller's trace known
 * and trusted. Its start time is the arrival of the request's first byte.
 */
import type { Span, SpanFields, Tracer } from '../../engine/contract/values/observe.ts';
import type { Exchange } from '../contract.ts';

export function beginSpan(exchange: Exchange, tracer: Tracer): Span | undefined {
  const { method, front, interface: called, traceId, traceparent, relay, startedAt } = exchange;
  const route: SpanFields = called === undefined ? {} : { 'http.route': called.path, 'kangqiao.interface': called.interfaceId };
  const fields = { 'http.request.method': called === undefined ? '_OTHER' : method, 'kangqiao.front': front, ...route };
  const name = called === undefined ? 'HTTP' : `${method} ${called.path}`;
  exchange.span = tracer.root(name, traceId, { kind: 'server', fields, startedAt }, relay?.traceparent ?? traceparent);
  return exchange.span;
}

/** Ends the span of a request. A request that was refused before its call also gets a span. */
export function endSpan(exchange: Exchange, tracer: Tracer): void {
  const span = exchange.span ?? beginSpan(exchange, tracer);
  span?.end({ 'http.response.status_code': exchange.response.statusCode }, exchange.error?.code);
}
