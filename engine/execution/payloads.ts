/** Stores payloads encrypted: sealed in the document or, if they are large, in an encrypted blob. */
import { AppError } from '../contract/values/errors.ts';
import { isRecord } from '../contract/values/is-record.ts';
import { timeOfId } from '../contract/values/ids.ts';
import { BLOB_ID, BLOB_THRESHOLD_BYTES, type Message } from '../contract/values/message.ts';
import type { Blobs } from '../contract/ports/blobs.ts';
import type { Reply } from '../contract/node/node.ts';
import type { Seal, SealPlace } from '../contract/values/seal.ts';
import type { Stored } from './execution-document.ts';

export interface Payloads {
  /**
   * Stores the payload. Returns synchronously if the payload fits into the document. Throws MESSAGE_NAMES_TOO_MANY
   * (input) if it names more blobs than can be kept.
   */
  store(place: SealPlace, value: unknown): Stored | Promise<Stored>;
  load(place: SealPlace, stored: Stored): unknown;
}

/** The largest stored payload. */
const MAX_STORED_BYTES = 1_073_741_824;

/**
 * `boundSince` returns a time: every blob that was created later must have a sealed `ref`. It returns undefined while
 * processes of version 0.1.0 may still store blobs without `ref`.
 */
export function createPayloads(seal: Seal, blobs: Blobs, boundSince: () => number | undefined = () => undefined): Payloads {
  /**
   * Throws SEAL_BROKEN (bug) if the blob does not belong to the document and field of `place`. Only blobs from before
   * `boundSince` may lack a sealed `ref`. A blob's id contains its creation time, and its keys derive from the id, so a
   * new blob cannot get an old time.
   */
  function assertBound(place: SealPlace, { blob, ref }: Extract<Stored, { blob: string }>): void {
    if (ref === undefined) {
      const since = boundSince();
      if (since !== undefined && (timeOfId(blob) ?? Infinity) >= since) throw moved(place);
    } else if (seal.openText(refPlace(place), ref) !== blob) throw moved(place);
  }

  return {
    store(place, value) {
      const text = JSON.stringify(value);
      const names = namedBlobs(text);
      if (text.length * 3 <= BLOB_THRESHOLD_BYTES || Buffer.byteLength(text) <= BLOB_THRESHOLD_BYTES)
        return { sealed: seal.seal(place, text), ...names };
      return blobs
        .put(once(Buffer.from(text)), { limitBytes: MAX_STORED_BYTES })
        .then(({ blobId, sizeBytes }) => ({ blob: blobId, bytes: sizeBytes, ref: seal.seal(refPlace(place), blobId), ...names }));
    },
    load(place, stored) {
      if ('sealed' in stored) return JSON.parse(seal.openText(place, stored.sealed)) as unknown;
      assertBound(place, stored);
      return readAll(blobs.get(stored.blob)).then((bytes) => JSON.parse(bytes.toString('utf8')) as unknown);
    },
  };
}

/**
 * Returns the place of the sealed blob id. Its field name differs from the payload's field name, so neither sealed
 * value opens in place of the other.
 */
function refPlace({ collection, id, field }: SealPlace): SealPlace {
  return { collection, id, field: `${field}#blob` };
}

function moved({ collection, field }: SealPlace): AppError {
  return new AppError('SEAL_BROKEN', 'bug', `A sealed value (${collection}.${field}) was changed, or was moved from another field.`, {
    values: { collection, field },
    fix: 'Restore the document from a backup, and find out who wrote to the store.',
  });
}

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}

async function readAll(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of source) parts.push(part);
  return Buffer.concat(parts);
}

/** How a reference to a blob (`BlobRef`) stands in the JSON of a payload. */
const BLOB_NAME = new RegExp(`"blobId":"(${BLOB_ID})"`, 'g');
/** Each name is an entry of an index of the store. */
const MOST_NAMES = 10_000;
const BLOB_NAME_BEGIN = '"blobId":"blob_';

function namedBlobs(json: string): Pick<Stored, 'names'> {
  if (!json.includes(BLOB_NAME_BEGIN)) return {};
  const names = new Set(Array.from(json.matchAll(BLOB_NAME), ([, blobId]) => blobId!));
  if (names.size > MOST_NAMES) {
    throw new AppError('MESSAGE_NAMES_TOO_MANY', 'input', `The message refers to more than ${MOST_NAMES} stored payloads.`, {
      values: { limit: MOST_NAMES },
      fix: 'Send the files in several messages.',
    });
  }
  return names.size === 0 ? {} : { names: [...names] };
}

/** Returns the blobs that must be kept as long as the payload: its own, and those that it names. */
export function blobsOf(stored: Stored): readonly string[] {
  const { names = [] } = stored;
  return 'blob' in stored ? [stored.blob, ...names] : names;
}

/** Returns the field `blobs` of a document with this payload; no field if it needs none. */
export function blobsField(stored: Stored): { readonly blobs?: readonly string[] } {
  const blobs = blobsOf(stored);
  return blobs.length === 0 ? {} : { blobs };
}

/** A message as JSON, with bytes in base64. */
export interface EncodedMessage {
  readonly d?: unknown;
  readonly b?: string;
  readonly m: string;
  readonly c?: string;
  readonly h?: Readonly<Record<string, string>>;
  readonly k?: Readonly<Record<string, string>>;
  readonly l?: readonly string[];
}

export function encodeMessage({ data, mediaType, charset, headers, keys, lineage }: Message): EncodedMessage {
  return {
    ...(data instanceof Uint8Array ? { b: Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64') } : { d: data }),
    m: mediaType,
    ...(charset === undefined ? {} : { c: charset }),
    ...(isEmpty(headers) ? {} : { h: headers }),
    ...(isEmpty(keys) ? {} : { k: keys }),
    ...(lineage.length === 0 ? {} : { l: lineage }),
  };
}

export function decodeMessage(stored: unknown): Message {
  const { d, b, m, c, h, k, l } = stored as EncodedMessage;
  if (typeof m !== 'string') throw new AppError('MESSAGE_DAMAGED', 'bug', 'A stored message is not in the expected format.');
  const data = b === undefined ? d : new Uint8Array(Buffer.from(b, 'base64'));
  return { data, mediaType: m, headers: h ?? {}, keys: k ?? {}, lineage: l ?? [], ...(c === undefined ? {} : { charset: c }) };
}

export function encodeReply(reply: Reply): unknown {
  return { status: reply.status, headers: reply.headers, message: encodeMessage(reply.message) };
}

export function decodeReply(stored: unknown): Reply {
  const { status, headers, message } = stored as Reply;
  return { status, headers, message: decodeMessage(message) };
}

function isEmpty(record: Readonly<Record<string, string>>): boolean {
  for (const _name in record) return false;
  return true;
}

/**
 * Returns the keyed digest of a message's content. It distinguishes a repeated message from a different one with the
 * same key. The ids of blobs do not count: a file that is received again is another blob.
 */
export function digestOfMessage(message: EncodedMessage, seal: Seal): string {
  const json = JSON.stringify([withoutClaims(message.d) ?? message.b, message.m]);
  return seal.token('digest', json.includes(BLOB_NAME_BEGIN) ? json.replace(BLOB_NAME, '"blobId":""') : json);
}

/**
 * Removes the claims of the user from the data of an interface call (`{ body, query, params, user }`), except `sub`.
 * Otherwise a renewed token would make a repeated request look new.
 */
function withoutClaims(data: unknown): unknown {
  if (!isRecord(data) || !('body' in data && 'query' in data && 'params' in data) || !isRecord(data['user'])) return data;
  return { ...data, user: data['user']['sub'] };
}

/** Returns roughly how many bytes the payload takes in the store. */
export function bytesOf(stored: Stored): number {
  return 'blob' in stored ? (stored.bytes ?? BLOB_THRESHOLD_BYTES) : stored.sealed.length;
}
