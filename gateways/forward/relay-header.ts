import { isIP } from 'node:net';
import type { Relay } from '../contract.ts';

/** The one header in which a gateway in the DMZ speaks with the one inside. No caller may send it, and none ever sees it. */
export const RELAY_HEADER = 'x-kq-forward';
/** Its value on an answer: nothing was done, since calls are not taken from this certificate. */
export const NOT_TAKEN = 'not-taken';

/** Beside what a caller may send: what the header may take, and what comes with the connection between the gateways. */
export const RELAY_ROOM_BYTES = 4096;

/** What a node asks for: that a call be carried out, or a plan newer than the one that it has. */
export type NodeRequest =
  | { readonly kind: 'call'; readonly host: string; readonly relay: Omit<Relay, 'node'> }
  | { readonly kind: 'plan'; readonly newerThan: number };

export function writeNodeRequest(request: NodeRequest): string {
  if (request.kind === 'plan') return new URLSearchParams({ plan: String(request.newerThan) }).toString();
  const { traceId, clientIp, leftMs, traceparent } = request.relay;
  const fields = { host: request.host, trace: traceId, ip: clientIp, left: String(leftMs) };
  return new URLSearchParams(traceparent === undefined ? fields : { ...fields, span: traceparent }).toString();
}

/** May it be handed over? A longer Host, or one of other characters, is nobody's; it might leave the header no room. */
export function isHost(host: string): boolean {
  return /^[\x21-\x7e]{0,255}$/.test(host);
}

export function hasNodeRequest(rawHeaders: readonly string[]): boolean {
  for (let i = 0; i < rawHeaders.length; i += 2) if (isRelay(rawHeaders[i]!)) return true;
  return false;
}

/** Asked of every header of every call: most are told by their length. */
function isRelay(name: string): boolean {
  return name.length === RELAY_HEADER.length && name.toLowerCase() === RELAY_HEADER;
}

/**
 * Takes the header off a request and puts back the Host that the caller sent, so that everything after sees, and a signature covers, what the caller
 * sent. Undefined when it is malformed or stands there twice.
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
