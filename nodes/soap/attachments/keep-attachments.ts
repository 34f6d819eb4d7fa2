/** Puts the files of an answer into the blob store, and references to them into the data. */
import type { Blobs } from '../../../engine/contract/ports/blobs.ts';
import type { XmlObject, XmlValue } from '../../shared/xml/parse-xml.ts';
import { attachmentError } from './attachment-error.ts';
import type { MimePart } from './read-multipart.ts';

/** The field of the data that lists the files to which no element refers. */
const OTHERS = '#attachments';

interface KeptFile {
  readonly blobId: string;
  readonly sizeBytes: number;
  readonly mediaType: string;
  readonly name?: string;
}

export async function keepAttachments(value: XmlValue, parts: readonly MimePart[], blobs: Blobs): Promise<unknown> {
  if (parts.length === 0) return value;
  const byId = new Map(parts.map((part) => [part.id, part]));
  const kept = new Map<MimePart, Promise<KeptFile>>();
  const keep = (part: MimePart): Promise<KeptFile> => {
    const file = kept.get(part) ?? store(part, blobs);
    kept.set(part, file);
    return file;
  };
  const replace = async (one: XmlValue): Promise<unknown> => {
    if (typeof one === 'string') {
      const part = one.startsWith('cid:') ? byId.get(idOf(one)) : undefined;
      return part === undefined ? one : keep(part);
    }
    if (Array.isArray(one)) return Promise.all((one as readonly XmlValue[]).map(replace));
    const included = includeOf(one as XmlObject);
    if (included === undefined)
      return Object.fromEntries(
        await Promise.all(Object.entries(one as XmlObject).map(async ([name, field]) => [name, await replace(field)] as const)),
      );
    const part = byId.get(idOf(included));
    if (part === undefined) throw attachmentError('absent');
    return keep(part);
  };
  const data = await replace(value);
  const others = await Promise.all(parts.filter((part) => !kept.has(part)).map(keep));
  if (others.length === 0) return data;
  return typeof data === 'object' && data !== null && !Array.isArray(data)
    ? { ...data, [OTHERS]: others }
    : { '#text': data, [OTHERS]: others };
}

/** Returns the reference of an element that contains `xop:Include` only. */
function includeOf(value: XmlObject): string | undefined {
  const elements = Object.keys(value).filter((name) => !name.startsWith('@'));
  const include = elements.length === 1 && elements[0] === 'Include' ? value['Include'] : undefined;
  const href = typeof include === 'object' && !Array.isArray(include) ? (include as XmlObject)['@href'] : undefined;
  return typeof href === 'string' && href.startsWith('cid:') ? href : undefined;
}

/** A `cid:` URL is the percent-encoded id (RFC 2392). */
function idOf(url: string): string {
  try {
    return decodeURIComponent(url.slice(4));
  } catch {
    return url.slice(4);
  }
}

async function store({ bytes, contentType, name }: MimePart, blobs: Blobs): Promise<KeptFile> {
  async function* content() {
    yield bytes;
  }
  const { blobId, sizeBytes } = await blobs.put(content(), { limitBytes: bytes.byteLength });
  const mediaType = contentType.split(';', 1)[0]!.trim().toLowerCase() || 'application/octet-stream';
  return { blobId, sizeBytes, mediaType, ...(name === undefined ? {} : { name }) };
}
