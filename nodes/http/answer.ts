/** Reads the response: parsed, or as a file in the blob store. */
import type { NodeContext } from '../../engine/contract/node/node.ts';
import { readBegin } from '../../engine/contract/ports/read-begin.ts';
import { AppError } from '../../engine/contract/values/errors.ts';
import type { BlobRef, Message } from '../../engine/contract/values/message.ts';
import { decodeText } from '../shared/charset/text-charset.ts';
import { isWrite } from '../shared/http/check-status.ts';
import { tooLarge } from '../shared/http/decompress.ts';
import type { OutboundResponse, Sink } from '../shared/http/exchange.ts';
import { isJsonType, isTextType, parseMediaType, type MediaType } from '../shared/http/media-type.ts';
import { DEFAULT_JSON_OPTIONS } from '../shared/json/parse-json.ts';
import { xmlCharset } from '../shared/xml/xml-charset.ts';
import type { Parser } from '../shared/parse-worker/create-parser.ts';
import { effectOf, type Config } from './config.ts';
import { fileNameOf } from './file-name.ts';

/** A body that was stored. */
interface KeptFile extends BlobRef {
  readonly mediaType: string;
  readonly name: string;
}

type AnswerContext = Pick<NodeContext<Config>, 'adapter' | 'blobs' | 'signal' | 'clock' | 'config'>;

/** Returns what stores large bodies, or all of them; undefined if the configuration stores none. */
export function createSink(path: string, ctx: AnswerContext, takes: Sink['takes']): Sink | undefined {
  const { config, blobs } = ctx;
  if (config.responseAs !== 'blob' && config.blobAboveBytes === undefined) return undefined;
  const inMemoryBytes = config.responseAs === 'blob' ? -1 : config.blobAboveBytes!;
  const { maxResponseBytes: limitBytes } = ctx.adapter!.limits;
  const effect = effectOf(config);
  return {
    takes,
    async take({ headers }, body): Promise<Buffer | KeptFile> {
      try {
        const { begin, isWhole, content } = await readBegin(body, inMemoryBytes + 1);
        if (isWhole) return Buffer.concat(begin);
        const { blobId, sizeBytes } = await blobs.put(content, { limitBytes });
        const mediaType = parseMediaType(headers['content-type']).name || 'application/octet-stream';
        return { blobId, sizeBytes, mediaType, name: fileNameOf(headers['content-disposition'], path, mediaType) };
      } catch (error) {
        if (error instanceof AppError && error.code === 'BLOB_TOO_LARGE') throw tooLarge(limitBytes, effect);
        throw isWrite(effect) && !(error instanceof AppError && error.kind === 'unknown-outcome') ? unreadable(error) : error;
      }
    },
  };
}

/** Returns the message of a response, or a promise of it when a large body is parsed in a thread. */
export function decodeAnswer(ctx: AnswerContext, message: Message, response: OutboundResponse, parser: Parser): Message | Promise<Message> {
  const { config } = ctx;
  const type = parseMediaType(response.headers['content-type']);
  const isKept = response.taken !== undefined && !Buffer.isBuffer(response.taken);
  const body = isKept ? response.taken : decodeBody(config.responseAs, type, ctx, bytesOf(response), parser);
  const toMessage = (decoded: unknown): Message => {
    const data = config.full ? { status: response.status, headers: response.headers, body: decoded } : decoded;
    const mediaType = config.full || isKept ? 'application/json' : type.name || 'application/octet-stream';
    const { headers, keys, lineage } = message;
    return type.charset === undefined || isKept
      ? { data, mediaType, headers, keys, lineage }
      : { data, mediaType, charset: type.charset, headers, keys, lineage };
  };
  return body instanceof Promise ? body.then(toMessage) : toMessage(body);
}

/** Returns the JSON of a page. */
export function decodePage(ctx: AnswerContext, response: OutboundResponse, parser: Parser): unknown {
  return decodeBody('json', parseMediaType(response.headers['content-type']), ctx, response.body, parser);
}

function bytesOf({ body, taken }: OutboundResponse): Buffer {
  return Buffer.isBuffer(taken) ? taken : body;
}

/** Returns the decoded body, or a promise of it when a large body is parsed in a thread. */
function decodeBody(as: Config['responseAs'], type: MediaType, ctx: AnswerContext, body: Buffer, parser: Parser): unknown {
  const form = as !== 'auto' ? as : isJsonType(type.name) ? 'json' : isTextType(type.name) ? 'text' : 'bytes';
  if (form === 'bytes') return new Uint8Array(body);
  const charset = charsetOf(type, body, ctx);
  if (form === 'text') return decodeText(body, charset).replace(/^\ufeff/, '');
  if (body.byteLength === 0) return null;
  return parser.parse({ kind: 'json', source: body, charset, options: DEFAULT_JSON_OPTIONS }, ctx);
}

/**
 * Returns the charset of a body that is named by the header, by XML itself, or by the adapter. It never depends on the
 * other bytes: some names in GBK are valid UTF-8, so a guess would be right for one patient and wrong for the next.
 */
function charsetOf({ name, charset }: MediaType, body: Buffer, ctx: AnswerContext): string {
  if (charset !== undefined) return charset;
  const usual = ctx.adapter?.charset ?? 'UTF-8';
  return name.endsWith('/xml') || name.endsWith('+xml') ? xmlCharset(body, usual) : usual;
}

/**
 * Returns the error for a response that cannot be read. The remote system responded, so the work was most likely
 * done. Therefore the error must not cause a retry, even if the reason is only temporary.
 */
export function unreadable(cause: unknown): AppError {
  const reason = cause instanceof AppError ? ` (${cause.code})` : '';
  return new AppError('HTTP_ANSWER_UNREADABLE', 'unknown-outcome', `The other side responded, but the response cannot be read${reason}.`, {
    cause,
    fix: 'Ask the other side whether it was done; correct how the response is read (responseAs, charset) before the next call.',
  });
}
