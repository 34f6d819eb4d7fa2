import type { ServerResponse } from 'node:http';
import type { Answer, Exchange, GatewayError } from '../contract.ts';
import type { ErrorBody } from './error-body.ts';
import { soapVersionOf, writeFault } from './soap-fault-answer.ts';
import { speaksFhir, writeOutcome } from './outcome-answer.ts';
import { hasNoBody } from '../shared/has-no-body.ts';
import { endTogether } from './end-together.ts';

/**
 * Turns an error into a response: `{code, message, traceId, serverTime}`, `outcome` for GW50402, and `issues` when
 * there are any. A caller that sent a SOAP request gets a SOAP fault, one that speaks FHIR an OperationOutcome. The
 * message is Chinese unless the caller's `Accept-Language` starts with English.
 */
export function toErrorAnswer(exchange: Exchange, error: GatewayError, now: number): Answer {
  const { status, mediaType, text } = writeError(exchange, error, now);
  const headers: Record<string, string> = {
    'content-type': `${mediaType}; charset=utf-8`,
    'cache-control': 'no-store',
    ...error.headers,
  };
  if (error.retryAfterSec !== undefined) headers['retry-after'] = String(error.retryAfterSec);
  return { status, headers, body: Buffer.from(text) };
}

function writeError(exchange: Exchange, error: GatewayError, now: number): ErrorBody {
  const isEnglish = exchange.incoming.get('accept-language')?.toLowerCase().startsWith('en') ?? false;
  const message = error.text === undefined ? error.message : error.text[isEnglish ? 'en' : 'zh-CN'];
  const soap = soapVersionOf(exchange);
  if (soap !== undefined) return writeFault(soap, exchange, error, isEnglish ? 'en' : 'zh-CN', message);
  if (speaksFhir(exchange.incoming)) return writeOutcome(exchange, error, message);
  const issues = error.issues === undefined ? {} : { issues: error.issues };
  const outcome = error.outcome === undefined ? {} : { outcome: error.outcome };
  const cause = error.cause === undefined ? {} : { cause: error.cause };
  const content = { code: error.code, message, traceId: exchange.traceId, serverTime: now, ...cause, ...outcome, ...issues };
  return { status: error.status, mediaType: 'application/json', text: JSON.stringify(content) };
}

/**
 * Writes head and body together. Every response that is not streamed is written here. Returns false when another
 * response has started, or the client has left.
 */
export function writeAnswer(exchange: Exchange, answer: Answer, isClosing: boolean): boolean {
  const { response } = exchange;
  if (response.headersSent || response.destroyed) return false;
  const head: string[] = [];
  for (const name in answer.headers) head.push(name, answer.headers[name]!);
  for (const cookie of answer.cookies ?? NOTHING) head.push('set-cookie', cookie);
  pushGatewayHeaders(head, exchange, isClosing || isUnread(exchange));
  const body = answer.body;
  const isEmpty = hasNoBody(answer.status);
  if (!isEmpty) head.push('content-length', String(body?.byteLength ?? 0));
  exchange.bytesOut = isEmpty ? 0 : (body?.byteLength ?? 0);
  response.writeHead(answer.status, head);
  if (body === undefined || isEmpty) endTogether(response);
  else endWith(response, body);
  return true;
}

const NOTHING: readonly string[] = [];
const ONE_WRITE_BYTES = 16 * 1024;

/**
 * Ends a response with its body. Node joins head and body into one write only when the body is a string. A Buffer costs
 * a vectored write, which took a quarter of the time of the whole request. Latin-1 keeps every byte.
 */
export function endWith(response: ServerResponse, body: Uint8Array): void {
  if (body.byteLength > ONE_WRITE_BYTES) response.end(body);
  else endTogether(response, Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('latin1'));
}

/** Returns true if a body was announced and not read to its end. */
export function isUnread({ request, incoming }: Exchange): boolean {
  if (request.complete) return false;
  const length = incoming.get('content-length');
  return (length !== undefined && length !== '0') || incoming.has('transfer-encoding');
}

/**
 * Adds the headers that every response has. With `isClosing`, adds `Connection: close`, because a connection whose
 * request was not read to its end cannot be reused.
 */
export function pushGatewayHeaders(head: string[], exchange: Exchange, isClosing: boolean): void {
  if (exchange.responseHeaders.length > 0) replaceHeaders(head, exchange.responseHeaders);
  head.push('x-kq-trace', exchange.traceId, 'x-content-type-options', 'nosniff');
  if (isClosing) head.push('connection', 'close');
}

/** Adds headers to a list of names and values, in place of those with the same names. `Vary` has several values. */
function replaceHeaders(head: string[], headers: readonly string[]): void {
  const names = new Set(headers.filter((_name, i) => i % 2 === 0));
  names.delete('vary');
  let kept = 0;
  for (let i = 0; i < head.length; i += 2) {
    if (names.has(head[i]!.toLowerCase())) continue;
    head[kept++] = head[i]!;
    head[kept++] = head[i + 1]!;
  }
  head.length = kept;
  head.push(...headers);
}
