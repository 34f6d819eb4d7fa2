/** Files in requests: inline as Base64, by MTOM (W3C 2005), or as attachments (SOAP Messages with Attachments, W3C Note 2000). */
import { randomUUID } from 'node:crypto';
import type { Blobs } from '../../../engine/contract/ports/blobs.ts';
import type { SoapVersion } from '../../../engine/contract/soap/soap-fault.ts';
import { isRecord } from '../../../engine/contract/values/is-record.ts';
import { attachmentError } from './attachment-error.ts';
import { namedBlob } from '../../shared/named-blob.ts';

export type AttachmentMode = 'inline' | 'mtom' | 'swa';

export interface Attachment {
  readonly id: string;
  readonly mediaType: string;
  readonly bytes: Buffer;
}

const XOP = 'http://www.w3.org/2004/08/xop/include';
const ROOT = 'root@kangqiao';
/** Maximum size of all files of one request, which is put together in memory. */
const MOST_BYTES = 67_108_864;
const MEDIA_TYPE = /^[a-z0-9!#$&^_.+-]{1,60}\/[a-z0-9!#$&^_.+-]{1,100}$/i;

/** Replaces each blob reference in the data by what the envelope has in its place, and reads the files. */
export async function takeAttachments(
  data: unknown,
  mode: AttachmentMode,
  blobs: Blobs,
): Promise<{ readonly data: unknown; readonly attachments: readonly Attachment[] }> {
  const attachments: Attachment[] = [];
  let left = MOST_BYTES;
  const read = async (blobId: string): Promise<Buffer> => {
    const pieces: Uint8Array[] = [];
    for await (const piece of namedBlob(blobs, blobId, 'parameters')) {
      left -= piece.byteLength;
      if (left < 0) throw attachmentError('size', MOST_BYTES);
      pieces.push(piece);
    }
    return Buffer.concat(pieces);
  };
  const replace = async (value: unknown): Promise<unknown> => {
    if (Array.isArray(value)) return Promise.all(value.map(replace));
    if (!isRecord(value) || value instanceof Uint8Array) return value;
    const { blobId, sizeBytes, mediaType } = value;
    if (typeof blobId !== 'string' || typeof sizeBytes !== 'number')
      return Object.fromEntries(
        await Promise.all(Object.entries(value).map(async ([name, field]) => [name, await replace(field)] as const)),
      );
    const bytes = await read(blobId);
    if (mode === 'inline') return bytes.toString('base64');
    const id = `${randomUUID()}@kangqiao`;
    const type = typeof mediaType === 'string' && MEDIA_TYPE.test(mediaType) ? mediaType : 'application/octet-stream';
    attachments.push({ id, mediaType: type, bytes });
    return mode === 'swa' ? `cid:${id}` : { 'xop:Include': { '@xmlns:xop': XOP, '@href': `cid:${id}` } };
  };
  return hasBlob(data) ? { data: await replace(data), attachments } : { data, attachments };
}

/** Most calls have no file; their data is not copied. */
function hasBlob(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(hasBlob);
  if (!isRecord(value) || value instanceof Uint8Array) return false;
  return typeof value['blobId'] === 'string' || Object.values(value).some(hasBlob);
}

export interface MultipartRequest {
  readonly body: Buffer;
  readonly contentType: string;
}

/** Writes a multipart/related request (RFC 2387). Returns undefined if the envelope is sent alone. */
export function writeMultipart(
  envelope: Buffer,
  { version, action, charset }: { readonly version: SoapVersion; readonly action: string; readonly charset: string },
  mode: AttachmentMode,
  attachments: readonly Attachment[],
): MultipartRequest | undefined {
  if (mode === 'inline' || (mode === 'swa' && attachments.length === 0)) return undefined;
  const boundary = `kq-${randomUUID()}`;
  const soap = version === '1.1' ? 'text/xml' : 'application/soap+xml';
  const named = version === '1.2' && action !== '' ? `; action="${action}"` : '';
  const rootType =
    mode === 'mtom' ? `application/xop+xml; charset=${charset}; type="${soap}"${named}` : `${soap}; charset=${charset}${named}`;
  const part = (id: string, type: string, bytes: Buffer) => [
    Buffer.from(`--${boundary}\r\nContent-Type: ${type}\r\nContent-Transfer-Encoding: binary\r\nContent-ID: <${id}>\r\n\r\n`),
    bytes,
    Buffer.from('\r\n'),
  ];
  const parts = [part(ROOT, rootType, envelope), ...attachments.map(({ id, mediaType, bytes }) => part(id, mediaType, bytes))];
  const kind = mode === 'mtom' ? `type="application/xop+xml"; start-info="${soap}"${named}` : `type="${soap}"${named}`;
  return {
    body: Buffer.concat([...parts.flat(), Buffer.from(`--${boundary}--\r\n`)]),
    contentType: `multipart/related; ${kind}; start="<${ROOT}>"; boundary="${boundary}"`,
  };
}
