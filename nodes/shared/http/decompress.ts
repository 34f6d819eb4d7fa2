/** Bodies of responses that are compressed (RFC 9110, section 8.4). */
import { pipeline, type Readable, type Transform } from 'node:stream';
import { promisify } from 'node:util';
import { brotliDecompress, createBrotliDecompress, createGunzip, createInflate, gunzip, inflate } from 'node:zlib';
import { AppError } from '../../../engine/contract/values/errors.ts';
import type { Effect } from '../../../engine/contract/node/node.ts';
import { isWrite } from './check-status.ts';

interface Compressed {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

interface Coding {
  whole(body: Buffer, options: { readonly maxOutputLength: number }): Promise<Buffer>;
  stream(): Transform;
}

const gzip: Coding = { whole: promisify<Buffer, { maxOutputLength: number }, Buffer>(gunzip), stream: () => createGunzip() };
const CODINGS: ReadonlyMap<string, Coding> = new Map([
  ['gzip', gzip],
  ['x-gzip', gzip],
  ['deflate', { whole: promisify<Buffer, { maxOutputLength: number }, Buffer>(inflate), stream: () => createInflate() }],
  ['br', { whole: promisify<Buffer, { maxOutputLength: number }, Buffer>(brotliDecompress), stream: () => createBrotliDecompress() }],
]);

export function isCompressed({ headers, body }: Compressed): boolean {
  return body.byteLength > 0 && codingNameOf(headers) !== '';
}

/** Returns the response with its body decompressed. Rejects with HTTP_TOO_LARGE and HTTP_ENCODING. */
export async function decompressBody<Response extends Compressed>(
  response: Response,
  limitBytes: number,
  effect: Effect,
): Promise<Response> {
  try {
    return { ...response, body: await codingOf(response.headers).whole(response.body, { maxOutputLength: limitBytes }) };
  } catch (cause) {
    throw unreadable(cause, limitBytes, effect);
  }
}

/** Decompresses a body while it arrives. Throws HTTP_TOO_LARGE and HTTP_ENCODING. */
export async function* decompressStream(
  body: Readable,
  headers: Readonly<Record<string, string>>,
  limitBytes: number,
  effect: Effect,
): AsyncIterable<Buffer> {
  if (codingNameOf(headers) === '') {
    yield* body as AsyncIterable<Buffer>;
    return;
  }
  let sizeBytes = 0;
  try {
    // The error of the pipeline is thrown by the iteration too.
    for await (const chunk of pipeline(body, codingOf(headers).stream(), () => undefined) as AsyncIterable<Buffer>) {
      sizeBytes += chunk.byteLength;
      if (sizeBytes > limitBytes) throw tooLarge(limitBytes, effect);
      yield chunk;
    }
  } catch (cause) {
    throw unreadable(cause, limitBytes, effect);
  }
}

/** Returns `''` if the body is not compressed. */
function codingNameOf(headers: Compressed['headers']): string {
  const name = headers['content-encoding']?.trim().toLowerCase() ?? '';
  return name === 'identity' ? '' : name;
}

function codingOf(headers: Compressed['headers']): Coding {
  const coding = CODINGS.get(codingNameOf(headers));
  if (coding === undefined) throw new Error('unknown content-encoding');
  return coding;
}

function unreadable(cause: unknown, limitBytes: number, effect: Effect): AppError {
  if (cause instanceof AppError) return cause;
  if ((cause as { code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE') return tooLarge(limitBytes, effect);
  return new AppError('HTTP_ENCODING', isWrite(effect) ? 'unknown-outcome' : 'input', 'The response cannot be decompressed.', {
    cause,
    fix: 'Ask the other side to use the content-encoding that it declares.',
  });
}

/**
 * Returns HTTP_TOO_LARGE. The outcome of a write is unknown, because the remote system handled the request but its
 * response cannot be read.
 */
export function tooLarge(limitBytes: number, effect: Effect): AppError {
  return new AppError('HTTP_TOO_LARGE', isWrite(effect) ? 'unknown-outcome' : 'input', `The response is larger than ${limitBytes} bytes.`, {
    values: { limitBytes },
    fix: "Request less data, or raise the adapter's maxResponseBytes.",
  });
}
