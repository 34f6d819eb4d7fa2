/** Reads ZIP archives (PKWARE APPNOTE) from a stream. */
import { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import type { Entry, RandomAccessReader, ZipFile } from 'yauzl';
import { AppError } from '../../engine/contract/values/errors.ts';
import { archiveError } from './archive-error.ts';
import { createForwardReader, type ForwardReader } from './forward-reader.ts';
import { decodeName, safeName, type NameCharset } from './member-name.ts';
import type { Member, ReadOptions } from './members.ts';

interface Listed {
  readonly entry: Entry;
  readonly path: string;
  readonly number: number;
}

/**
 * Yields the files in the order in which they lie. All names are checked before the first one. Throws ARCHIVE_INVALID,
 * ARCHIVE_UNSUPPORTED, ARCHIVE_NAME_REFUSED and ARCHIVE_TOO_LARGE (input).
 */
export async function* readZip(open: () => AsyncIterable<Uint8Array>, options: ReadOptions): AsyncIterable<Member> {
  const reader = await createForwardReader(open);
  try {
    const zip = await openZip(reader);
    for (const { entry, path, number } of await listFiles(zip, options)) {
      if (entry.isEncrypted()) throw archiveError('ARCHIVE_UNSUPPORTED', 'encrypted', { entry: number });
      if (!entry.canDecodeFileData()) throw archiveError('ARCHIVE_UNSUPPORTED', 'method', { entry: number });
      yield { path, content: contentOf(zip, entry) };
    }
  } catch (cause) {
    throw asArchiveError(cause, 'damaged');
  } finally {
    await reader.close();
  }
}

async function openZip(reader: ForwardReader): Promise<ZipFile> {
  const yauzl = await import('yauzl');
  class Source extends yauzl.RandomAccessReader {
    override _readStreamForRange(start: number, end: number): Readable {
      return Readable.from(reader.range(start, end), { objectMode: false });
    }
  }
  const source: RandomAccessReader = new Source();
  try {
    return await yauzl.fromRandomAccessReaderPromise(source, reader.sizeBytes, {
      ...{ lazyEntries: true, autoClose: false },
      // Names are decoded here: yauzl takes those without a mark for CP437.
      decodeStrings: false,
    });
  } catch (cause) {
    throw asArchiveError(cause, 'form');
  }
}

async function listFiles(zip: ZipFile, { charset, maxFiles }: ReadOptions): Promise<readonly Listed[]> {
  const { getFileNameLowLevel } = await import('yauzl');
  const listed: Listed[] = [];
  const paths = new Set<string>();
  let number = 0;
  for await (const entry of zip.eachEntry()) {
    number += 1;
    const name = nameOf(entry, charset, number, getFileNameLowLevel);
    if (/[/\\]$/.test(name)) {
      safeName(name.slice(0, -1), number);
      continue;
    }
    if (listed.length >= maxFiles) throw archiveError('ARCHIVE_TOO_LARGE', 'files', { limit: maxFiles });
    const path = safeName(name, number);
    if (paths.has(path)) throw archiveError('ARCHIVE_NAME_REFUSED', 'twice', { entry: number });
    paths.add(path);
    listed.push({ entry, path, number });
  }
  return listed.sort((one, other) => one.entry.relativeOffsetOfLocalHeader - other.entry.relativeOffsetOfLocalHeader);
}

const UTF_8_FLAG = 0x0800;
/** The field of Info-ZIP that holds the name in UTF-8. */
const UNICODE_PATH = 0x7075;

function nameOf(entry: Entry, charset: NameCharset, number: number, decodeMarked: (typeof import('yauzl'))['getFileNameLowLevel']): string {
  const { generalPurposeBitFlag, fileNameRaw, extraFields } = entry;
  if ((generalPurposeBitFlag & UTF_8_FLAG) !== 0 || extraFields.some(({ id }) => id === UNICODE_PATH))
    return decodeMarked(generalPurposeBitFlag, fileNameRaw, extraFields, true);
  return decodeName(fileNameRaw, charset, number);
}

/** Yields the content. Fewer or more bytes than announced, or others, are ARCHIVE_INVALID. */
async function* contentOf(zip: ZipFile, entry: Entry): AsyncIterable<Uint8Array> {
  let checksum = 0;
  try {
    for await (const chunk of (await zip.openReadStreamPromise(entry)) as AsyncIterable<Buffer>) {
      checksum = crc32(chunk, checksum);
      yield chunk;
    }
  } catch (cause) {
    throw asArchiveError(cause, 'damaged');
  }
  if (checksum !== entry.crc32) throw archiveError('ARCHIVE_INVALID', 'damaged');
}

/** Errors of the store, of limits and of a stop stay as they are. */
function asArchiveError(cause: unknown, problem: 'form' | 'damaged'): unknown {
  const isOther = cause instanceof AppError || (cause as { readonly name?: unknown }).name === 'AbortError';
  return isOther ? cause : archiveError('ARCHIVE_INVALID', problem, {}, cause);
}
