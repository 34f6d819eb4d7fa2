/** The content of a file in a message: as text, as bytes, or as a blob reference. */
import { createHash } from 'node:crypto';
import { Type, type Static } from 'typebox';
import type { Blobs } from '../../../engine/contract/ports/blobs.ts';
import type { Message } from '../../../engine/contract/values/message.ts';
import { fieldEditor, fieldText } from '../../../engine/contract/values/texts.ts';
import { mediaTypeOf } from '../../shared/media-type-of.ts';
import { decodeText } from '../../shared/charset/text-charset.ts';
import { changed, tooLarge } from '../stores/errors.ts';
import type { FileState, FileStore } from '../stores/store.ts';

/** A text or bytes of this size fit into a message; larger files are output as blob references. */
export const MAX_MESSAGE_BYTES = 52_428_800;

export const OutputAs = Type.Union([Type.Literal('text'), Type.Literal('bytes'), Type.Literal('blob')], {
  ...fieldText('内容输出为', 'Content as', undefined, undefined, {
    options: {
      text: ['文本（按适配器的字符集）', 'Text (in the charset of the adapter)'],
      bytes: ['字节', 'Bytes'],
      blob: ['文件引用（大文件）', 'Blob reference (large files)'],
    },
  }),
  default: 'text',
});
export type OutputAs = Static<typeof OutputAs>;

export const MaxBytes = Type.Integer({
  ...fieldText(
    '单个上限',
    'Largest file',
    '文本与字节最多 50 MB；更大的文件须输出为文件引用。',
    'Text and bytes have at most 50 MB; larger files must be output as blob references.',
  ),
  ...fieldEditor('size-bytes'),
  minimum: 1,
  maximum: 107_374_182_400,
  default: 10_485_760,
});

export function checkMaxBytes({ output, maxBytes }: { readonly output: OutputAs; readonly maxBytes: number }) {
  if (output === 'blob' || maxBytes <= MAX_MESSAGE_BYTES) return [];
  const message = { 'zh-CN': '文本与字节最多 50 MB；请改为输出文件引用', en: 'text and bytes have at most 50 MB; output a blob reference' };
  return [{ path: '/maxBytes', message }];
}

export interface ReadFile {
  readonly path: string;
  readonly name: string;
  readonly state: FileState;
  readonly output: OutputAs;
  readonly maxBytes: number;
  readonly charset: string | undefined;
  readonly blobs: Blobs;
  /** Ends the reading when it aborts. */
  readonly signal: AbortSignal;
}

export interface Content extends Pick<Message, 'data' | 'mediaType' | 'charset' | 'headers'> {
  /** SHA-256 of the bytes, in hexadecimal. */
  readonly sha256: string;
}

/**
 * Reads a file whole. Rejects with FILE_TOO_LARGE (input), with FILE_CHANGED (transient) if it has another size or time
 * afterwards, with CHARSET_INVALID_BYTES (input), and with the errors of `FileStore`.
 */
export async function readContent(store: FileStore, file: ReadFile): Promise<Content> {
  const { path, name, state, output, maxBytes, blobs } = file;
  if (state.sizeBytes > maxBytes) throw tooLarge(maxBytes);
  const digest = createHash('sha256');
  const chunks: Uint8Array[] = [];
  const source = checked(store.read(path, 0), file, (chunk) => void digest.update(chunk));
  let blob: { readonly blobId: string; readonly sizeBytes: number } | undefined;
  if (output === 'blob') blob = await blobs.put(source, { limitBytes: maxBytes });
  else for await (const chunk of source) chunks.push(chunk);
  const now = await store.stat(path);
  if (now?.sizeBytes !== state.sizeBytes || now.modifiedAtMs !== state.modifiedAtMs) throw changed();
  const sha256 = digest.digest('hex');
  return toContent({ name, state, output, charset: file.charset, sha256, blob, bytes: Buffer.concat(chunks) });
}

export interface WholeFile extends Pick<ReadFile, 'name' | 'state' | 'output' | 'charset'> {
  readonly sha256: string;
  /** Set if the output is a blob reference. */
  readonly blob: { readonly blobId: string; readonly sizeBytes: number } | undefined;
  /** Empty if the output is a blob reference. */
  readonly bytes: Buffer;
}

/** Makes the content of a message of a file. Throws CHARSET_INVALID_BYTES (input). */
export function toContent({ name, state, sha256, blob, bytes, output, charset = 'UTF-8' }: WholeFile): Content {
  const mediaType = mediaTypeOf(name);
  const about = { headers: headersOf(name, state), sha256 };
  if (blob !== undefined) return { data: { ...blob, name, mediaType, sha256 }, mediaType: 'application/json', ...about };
  if (output === 'bytes') return { data: new Uint8Array(bytes), mediaType, ...about };
  const text = decodeText(bytes, charset).replace(/^\ufeff/, '');
  return { data: text, mediaType: isText(mediaType) ? mediaType : 'text/plain', charset, ...about };
}

async function* checked(source: AsyncIterable<Uint8Array>, { maxBytes, state, signal }: ReadFile, look: (chunk: Uint8Array) => void) {
  let bytes = 0;
  for await (const chunk of source) {
    signal.throwIfAborted();
    bytes += chunk.length;
    if (bytes > maxBytes) throw tooLarge(maxBytes);
    look(chunk);
    yield chunk;
  }
  // The connection may be cut without an error, or the file may grow.
  if (bytes !== state.sizeBytes) throw changed();
}

function headersOf(name: string, { sizeBytes, modifiedAtMs }: FileState): Readonly<Record<string, string>> {
  const time = modifiedAtMs === undefined ? {} : { 'file-modified': new Date(modifiedAtMs).toISOString() };
  return { 'file-name': name, 'file-size': String(sizeBytes), ...time };
}

function isText(mediaType: string): boolean {
  return mediaType.startsWith('text/') || mediaType === 'application/json' || mediaType === 'application/hl7-v2';
}
