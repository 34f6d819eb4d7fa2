import { isIP } from 'node:net';
import type { Relay } from '../contract.ts';

/** The only header between a gateway in the DMZ and the gateway inside. Callers may not send it and never see it. */
export const RELAY_HEADER = 'x-kq-forward';
/**
 * The value of the header on a response when nothing was done, because calls with this certificate are not accepted.
 */
export const NOT_TAKEN = 'not-taken';

/**
 * Header space beyond a caller's limit, for this header and for those that the connection between the gateways adds.
 */
export const RELAY_ROOM_BYTES = 4096;

/** What a node requests: to run a call, or to get a plan newer than its own. */
export type NodeRequest =
  | { readonly kind: 'call'; readonly host: string; readonly relay: Omit<Relay, 'node'> }
  | { readonly kind: 'plan'; readonly newerThan: number };

export function writeNodeRequest(request: NodeRequest): string {
  if (request.kind === 'plan') return new URLSearchParams({ plan: String(request.newerThan) }).toString();
  const { traceId, clientIp, leftMs, traceparent } = request.relay;
  const fields = { host: request.host, trace: traceId, ip: clientIp, left: String(leftMs) };
  return new URLSearchParams(traceparent === undefined ? fields : { ...fields, span: traceparent }).toString();
}

/**
 * Returns whether the host may be forwarded. A longer Host, or one with other characters, is not a real one, and might
 * leave no room for the header.
 */
export function isHost(host: string): boolean {
  return /^[\x21-\x7e]{0,255}$/.test(host);
}

export function hasNodeRequest(rawHeaders: readonly string[]): boolean {
  for (let i = 0; i < rawHeaders.length; i += 2) if (isRelay(rawHeaders[i]!)) return true;
  return false;
}

/**
 * Returns whether this is the relay header. It runs for every header of every call; the comparison of lengths rules out
 * most of them.
 */
function isRelay(name: string): boolean {
  return name.length === RELAY_HEADER.length && name.toLowerCase() === RELAY_HEADER;
}

/**
 * Removes the relay header from a request and restores the Host that the caller sent. So later stages see, and the
 * signature covers, what the caller sent. Returns undefined when the header is malformed or repeated.
 */
export function takeNodeRequest(rawHeaders: string[]): NodeRequest | undefined {
  let text: string | undefined;
  for (let i = rawHeaders.length - 2; i >= 0; i -= 2) {
    if (!isRelay(rawHeaders[i]!)) continue;
    if (text !== undefined) return undefined;
    text = rawHeaders[i + 1]!;
    rawHeaders.splice(i, 2);
  }
  const request = text === undefined ? undefined : readNodeRequest(new URLSearchParams(text));
  if (request?.kind === 'call') {
    for (let i = 0; i < rawHeaders.length; i += 2) if (rawHeaders[i]!.toLowerCase() === 'host') rawHeaders[i + 1] = request.host;
  }
  return request;
}

function readNodeRequest(fields: URLSearchParams): NodeRequest | undefined {
  const field = (name: string) => fields.get(name) ?? '';
  const [plan, host, traceId, clientIp, left] = [field('plan'), field('host'), field('trace'), field('ip'), field('left')];
  const traceparent = fields.get('span') ?? undefined;
  if (/^[0-9]{1,15}$/.test(plan)) return { kind: 'plan', newerThan: Number(plan) };
  if (!isHost(host) || !/^[A-Za-z0-9_-]{8,64}$/.test(traceId) || isIP(clientIp) === 0 || !/^[0-9]{1,7}$/.test(left)) return undefined;
  if (traceparent !== undefined && !/^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/.test(traceparent)) return undefined;
  return { kind: 'call', host, relay: { traceId, clientIp, leftMs: Number(left), traceparent } };
}
