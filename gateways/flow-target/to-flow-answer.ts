import type { Message } from '../../engine/contract/values/message.ts';
import type { Reply } from '../../engine/contract/node/node.ts';
import type { Answer } from '../contract.ts';

/** Headers that a flow may not set: those of the connection and of the gateway itself. */
const OWN = /^(?:connection|keep-alive|transfer-encoding|content-length|content-type|upgrade|trailer|date|server|__proto__|x-kq-.*)$/;
/** Media types whose bytes are text, so that readers must know the charset. */
const TEXT = /^text\/|^application\/hl7-v2$|[/+]xml$/;
const TOKEN = /^[a-z0-9!#$%&'*+.^_`|~-]{1,64}$/;

/**
 * Turns a flow's reply into an HTTP response: bytes as they are, with the charset of the message if they are text; JSON
 * as JSON; text in UTF-8. Sets
 * `X-KQ-Idempotent-Replay` when the reply was stored earlier.
 */
export function toFlowAnswer(reply: Reply, isRepeated: boolean): Answer {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(reply.headers)) {
    const lower = name.toLowerCase();
    if (TOKEN.test(lower) && !OWN.test(lower) && /^[\t\x20-\x7e]*$/.test(value)) headers[lower] = value;
  }
  const { body, contentType } = serialise(reply.message);
  if (body.byteLength > 0) headers['content-type'] = contentType;
  if (isRepeated) headers['x-kq-idempotent-replay'] = 'true';
  return { status: reply.status, headers, body };
}

function serialise({ data, mediaType, charset }: Message): { readonly body: Uint8Array; readonly contentType: string } {
  if (data === undefined) return { body: Buffer.alloc(0), contentType: mediaType };
  if (data instanceof Uint8Array) {
    return { body: data, contentType: charset !== undefined && TEXT.test(mediaType) ? `${mediaType}; charset=${charset}` : mediaType };
  }
  const isJson = mediaType === 'application/json' || mediaType.endsWith('+json');
  if (typeof data === 'string' && !isJson) return { body: Buffer.from(data), contentType: `${mediaType}; charset=utf-8` };
  return {
    body: Buffer.from(JSON.stringify(data)),
    contentType: isJson ? `${mediaType}; charset=utf-8` : 'application/json; charset=utf-8',
  };
}
