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
    const listed = await listFiles(zip, options);
    for (const [index, { entry, path, number }] of listed.entries()) {
      if (entry.isEncrypted()) throw archiveError('ARCHIVE_UNSUPPORTED', 'encrypted', { entry: number });
      if (!entry.canDecodeFileData()) throw archiveError('ARCHIVE_UNSUPPORTED', 'method', { entry: number });
      const { fileDataStart } = await zip.readLocalFileHeaderPromise(entry, { minimal: true });
      refuseOverlap(listed, index, fileDataStart);
      yield { path, content: contentOf(zip, entry, fileDataStart) };
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
    if (number > maxFiles) throw archiveError('ARCHIVE_TOO_LARGE', 'files', { limit: maxFiles });
    const name = nameOf(entry, charset, number, getFileNameLowLevel);
    if (/[/\\]$/.test(name)) {
      safeName(name.slice(0, -1), number);
      continue;
    }
    const path = safeName(name, number);
    if (paths.has(path)) throw archiveError('ARCHIVE_NAME_REFUSED', 'twice', { entry: number });
    paths.add(path);
    listed.push({ entry, path, number });
  }
  listed.sort((one, other) => one.entry.relativeOffsetOfLocalHeader - other.entry.relativeOffsetOfLocalHeader);
  for (const [index, { entry }] of listed.entries()) refuseOverlap(listed, index, entry.relativeOffsetOfLocalHeader + HEADER_BYTES);
  return listed;
}

/** Of the header of a member, without its name and extra fields, whose lengths only the header itself says. */
const HEADER_BYTES = 30;

/** Many members in one place would each have the archive read once more. */
function refuseOverlap(listed: readonly Listed[], index: number, dataFrom: number): void {
  const { entry, number } = listed[index]!;
  const next = listed[index + 1]?.entry.relativeOffsetOfLocalHeader ?? Infinity;
  if (dataFrom + entry.compressedSize > next) throw archiveError('ARCHIVE_INVALID', 'overlap', { entry: number });
}

const STORED = 0;
const UTF_8_FLAG = 0x0800;
/** The field of Info-ZIP that holds the name in UTF-8. */
const UNICODE_PATH = 0x7075;

function nameOf(entry: Entry, charset: NameCharset, number: number, decodeMarked: (typeof import('yauzl'))['getFileNameLowLevel']): string {
  const { generalPurposeBitFlag, fileNameRaw, extraFields } = entry;
  if ((generalPurposeBitFlag & UTF_8_FLAG) !== 0 || extraFields.some(({ id }) => id === UNICODE_PATH))
    return decodeMarked(generalPurposeBitFlag, fileNameRaw, extraFields, true);
  return decodeName(fileNameRaw, charset, number);
}

/** `openReadStream` would read the header again, and so the archive from its begin. Its form with a promise is broken. */
function openContent(zip: ZipFile, entry: Entry, dataFrom: number): Promise<Readable> {
  const { compressedSize, uncompressedSize, compressionMethod } = entry;
  const isPacked = compressionMethod !== STORED;
  return new Promise((resolve, reject) => {
    zip.openReadStreamLowLevel(dataFrom, compressedSize, 0, compressedSize, isPacked, uncompressedSize, (error, content) =>
      error === null ? resolve(content) : reject(error),
    );
  });
}

/** Yields the content. Fewer or more bytes than announced, or others, are ARCHIVE_INVALID. */
async function* contentOf(zip: ZipFile, entry: Entry, dataFrom: number): AsyncIterable<Uint8Array> {
  let checksum = 0;
  try {
    const content = await openContent(zip, entry, dataFrom);
    for await (const chunk of content as AsyncIterable<Buffer>) {
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
