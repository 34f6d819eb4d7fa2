import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { AppError } from '../../engine/contract/values/errors.ts';
import { archiveError } from './archive-error.ts';
import { safeName } from './member-name.ts';
import type { Member } from './members.ts';

/** Yields the one file of a gzip file (RFC 1952), which is named as the source without its ending. */
export async function* readGzip(open: () => AsyncIterable<Uint8Array>, name: string | undefined): AsyncIterable<Member> {
  yield { path: memberName(name ?? ''), content: unfold(open) };
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
