import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { AppError } from '../../engine/contract/values/errors.ts';
import { archiveError } from './archive-error.ts';
import { safeName } from './member-name.ts';
import type { Member, ReadOptions } from './members.ts';
import type { FileSource } from './source.ts';
import { isTar, readTar } from './tar.ts';

const BEGIN_BYTES = 512;

/** Yields the files of a packed tar archive, or the one file of a gzip file (RFC 1952): it is named as the source without its ending. */
export async function* readGzip({ open, name = '' }: FileSource, options: ReadOptions): AsyncIterable<Member> {
  const { begin, content } = await readBegin(unfold(open));
  if (await isTar(begin)) yield* readTar(content, options);
  else yield { path: memberName(name), content };
}

/** Reads as many bytes as show the kind of a file; `content` yields them again. */
export async function readBegin(chunks: AsyncIterable<Uint8Array>) {
  const rest = chunks[Symbol.asyncIterator]();
  let begin: Uint8Array = new Uint8Array();
  let isEnded = false;
  while (begin.length < BEGIN_BYTES && !isEnded) {
    const next = await rest.next();
    if (next.done === true) isEnded = true;
    else begin = Buffer.concat([begin, next.value]);
  }
  async function* content(): AsyncIterable<Uint8Array> {
    if (begin.length > 0) yield begin;
    if (!isEnded) yield* { [Symbol.asyncIterator]: () => rest };
  }
  return { begin, content: content() };
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
