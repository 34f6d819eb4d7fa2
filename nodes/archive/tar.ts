/** Reads tar archives (POSIX ustar and pax, GNU) from a stream. */
import type { ReadEntry } from 'tar/read-entry';
import { archiveError } from './archive-error.ts';
import { safeName } from './member-name.ts';
import type { Member, ReadOptions } from './members.ts';

const BLOCK_BYTES = 512;
/** A long name, or an extended header. */
const MOST_HEADER_BYTES = 65_536;
/** What headers, padding and the end of an archive may take, beside the files. */
const OVERHEAD_BYTES = 1_048_576;
const OVERHEAD_BYTES_PER_FILE = 4096;
const FILES: ReadonlySet<string> = new Set(['File', 'OldFile', 'ContiguousFile']);
/** The name in the header of a sparse file in pax archives of GNU tar. The parser does not know its true name. */
const SPARSE = /(?:^|\/)GNUSparseFile\.\d+\//;
const FOLDERS: ReadonlySet<string> = new Set(['Directory', 'GNUDumpDir']);

/** Returns whether a file that begins so is a tar archive: its first block is a header with the right checksum. */
export async function isTar(begin: Uint8Array): Promise<boolean> {
  if (begin.length < BLOCK_BYTES) return false;
  const { Header } = await import('tar/header');
  try {
    return new Header(Buffer.from(begin), 0).cksumValid;
  } catch {
    return false;
  }
}

/** Returns whether a file begins as an empty tar archive does, which has only blocks of zeros. */
export function isEmptyTar(begin: Uint8Array): boolean {
  return begin.length >= BLOCK_BYTES && isZero(begin);
}

function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}

/**
 * Yields the files in the order in which they lie. Throws ARCHIVE_INVALID, ARCHIVE_UNSUPPORTED, ARCHIVE_NAME_REFUSED and
 * ARCHIVE_TOO_LARGE (input).
 */
export async function* readTar(chunks: AsyncIterable<Uint8Array>, options: ReadOptions): AsyncIterable<Member> {
  const { Parser } = await import('tar/parse');
  const parser = new Parser({ strict: true, maxMetaEntrySize: MOST_HEADER_BYTES });
  const source = chunks[Symbol.asyncIterator]();
  const mostBytes = options.maxTotalBytes + OVERHEAD_BYTES + options.maxFiles * OVERHEAD_BYTES_PER_FILE;
  const entries: ReadEntry[] = [];
  const paths = new Set<string>();
  let bytes = 0;
  let number = 0;
  let isEnded = false;
  /** True behind the blocks of zeros at the end of an archive. */
  let isWhole = false;
  let failure: Error | undefined;
  parser.on('entry', (entry: ReadEntry) => void entries.push(entry));
  parser.on('ignoredEntry', () => (failure ??= archiveError('ARCHIVE_UNSUPPORTED', 'kind', { entry: number + entries.length + 1 })));
  parser.on('eof', () => (isWhole = true));
  const isEmpty = () => isWhole && number === 0 && entries.length === 0;
  parser.on('error', (cause: Error) => {
    // The library refuses an archive without members at its end.
    if (!isEmpty()) failure ??= archiveError('ARCHIVE_INVALID', 'damaged', {}, cause);
  });

  /** Gives the parser one more piece, only when it is needed: so no more than that is in memory. */
  async function feed(): Promise<void> {
    const next = await source.next();
    isEnded = next.done === true;
    if (next.done === true) {
      parser.end();
      if (!isWhole) failure ??= archiveError('ARCHIVE_INVALID', 'damaged');
    } else {
      bytes += next.value.length;
      if (bytes > mostBytes) throw archiveError('ARCHIVE_TOO_LARGE', 'total', { limit: options.maxTotalBytes });
      // What is behind the end is read to compare the checksum of gzip. The parser would keep it.
      if (!isWhole) parser.write(next.value);
      // Zeros before something else are no archive without files, but a file of another kind.
      if (isEmpty() && !isZero(next.value)) failure ??= archiveError('ARCHIVE_INVALID', 'form');
    }
    if (failure !== undefined) throw failure;
  }

  async function* contentOf(entry: ReadEntry): AsyncIterable<Uint8Array> {
    for (;;) {
      const chunk = entry.read();
      if (chunk !== null) yield chunk;
      else if (entry.emittedEnd || isEnded) return;
      else await feed();
    }
  }

  try {
    for (;;) {
      while (entries.length === 0 && !isEnded) await feed();
      const entry = entries.shift();
      if (entry === undefined) return;
      number += 1;
      if (number > options.maxFiles) throw archiveError('ARCHIVE_TOO_LARGE', 'files', { limit: options.maxFiles });
      const path = pathOf(entry, number);
      if (FOLDERS.has(entry.type)) entry.resume();
      else if (!FILES.has(entry.type)) throw archiveError('ARCHIVE_UNSUPPORTED', 'kind', { entry: number });
      else if (paths.has(path)) throw archiveError('ARCHIVE_NAME_REFUSED', 'twice', { entry: number });
      else {
        paths.add(path);
        yield { path, content: contentOf(entry) };
      }
    }
  } finally {
    await source.return?.();
  }
}

/** Names are UTF-8; most programs write `./` before them. That of the whole folder is `''`. */
function pathOf({ path, type }: ReadEntry, number: number): string {
  const plain = path.replace(/^(?:\.\/)+/, '');
  const name = FOLDERS.has(type) ? plain.replace(/\/$/, '').replace(/^\.$/, '') : plain;
  if (name.includes('\ufffd')) throw archiveError('ARCHIVE_NAME_REFUSED', 'utf-8', { entry: number });
  if (SPARSE.test(name)) throw archiveError('ARCHIVE_UNSUPPORTED', 'sparse', { entry: number });
  return name === '' && FOLDERS.has(type) ? '' : safeName(name, number);
}
