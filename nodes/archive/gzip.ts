import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { readBegin } from '../../engine/contract/ports/read-begin.ts';
import { AppError } from '../../engine/contract/values/errors.ts';
import { archiveError } from './archive-error.ts';
import { safeName } from './member-name.ts';
import type { Member, ReadOptions } from './members.ts';
import type { FileSource } from './source.ts';
import { isEmptyTar, isTar, readTar } from './tar.ts';

/** They show the kind of a file. */
export const BEGIN_BYTES = 512;

/** Yields the files of a packed tar archive, or the one file of a gzip file (RFC 1952): it is named as the source without its ending. */
export async function* readGzip({ open, name = '' }: FileSource, options: ReadOptions): AsyncIterable<Member> {
  const { begin: chunks, content } = await readBegin(unfold(open), BEGIN_BYTES);
  const begin = Buffer.concat(chunks);
  // A file of zeros may be packed too, so the name says whether it is an empty archive.
  if ((await isTar(begin)) || (isEmptyTar(begin) && /\.(?:tar\.gz|tgz)$/i.test(name))) yield* readTar(content, options);
  else yield { path: memberName(name), content };
}

/** The name of the source may be any text. */
function memberName(name: string): string {
  const last = name.replace(/^.*[\\/]/s, '').replace(/\.gz$/i, '');
  try {
    return safeName(last, 1);
  } catch {
    return 'content';
  }
}

async function* unfold(open: () => AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  try {
    // The error of the pipeline is thrown by the iteration too.
    yield* pipeline(Readable.from(open(), { objectMode: false }), createGunzip(), () => undefined) as AsyncIterable<Buffer>;
  } catch (cause) {
    throw cause instanceof AppError ? cause : archiveError('ARCHIVE_INVALID', 'damaged', {}, cause);
  }
}
