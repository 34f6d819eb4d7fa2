/**
 * Makes a collection of one store equal to that of another, or only compares them. Reads both collections in parallel,
 * in order of ids.
 */
import type { Collection, CollectionSpec, StoredDocument } from '../contract/ports/documents.ts';
import { readPath } from '../contract/ports/document-semantics.ts';
import { canonicalJson } from '../flow/content-hash.ts';
import { addToDigest, EMPTY_DIGEST, type SetDigest } from './set-digest.ts';
import { createWriter, type CopyWriter } from './copy-writer.ts';

export interface Pair {
  readonly spec: CollectionSpec<StoredDocument>;
  readonly source: Collection<StoredDocument>;
  readonly target: Collection<StoredDocument>;
}

export interface Walk {
  /** Documents that expire before this time are left out, because either store may have removed them already. */
  readonly expiredAt: number;
  readonly signal: AbortSignal;
  /** Called after each page with the number of source documents so far. */
  onProgress?(documents: number): void;
}

/** Copies a collection. Returns how many documents had to be written or removed. */
export async function copyCollection(pair: Pair, walk: Walk): Promise<number> {
  const writer = createWriter(pair);
  let documents = 0;
  for await (const [old, copy] of walkBoth(pair, walk)) {
    if (old && ++documents % PAGE === 0) {
      walk.onProgress?.(documents);
      walk.signal.throwIfAborted();
    }
    if (!old) await writer.remove(copy!._id);
    else if (!copy || !isSame(old, copy)) await writer.put(old);
  }
  await writer.end();
  walk.onProgress?.(documents);
  return writer.written;
}

export interface Comparison {
  readonly collection: string;
  readonly source: SetDigest;
  readonly target: SetDigest;
  /** Ids of documents that differ between the two stores. */
  readonly different: readonly string[];
}

export async function compareCollection(pair: Pair, walk: Walk): Promise<Comparison> {
  let source = EMPTY_DIGEST;
  let target = EMPTY_DIGEST;
  const different: string[] = [];
  for await (const [old, copy] of walkBoth(pair, walk)) {
    const oldText = old && canonicalJson(old);
    const copyText = copy && canonicalJson(copy);
    if (oldText !== undefined) source = addToDigest(source, oldText);
    if (copyText !== undefined) target = addToDigest(target, copyText);
    if (oldText !== copyText) different.push((old ?? copy)!._id);
    if (source.documents % PAGE === 0) {
      walk.onProgress?.(source.documents);
      walk.signal.throwIfAborted();
    }
  }
  walk.onProgress?.(source.documents);
  return { collection: pair.spec.name, source, target, different };
}

/** Copies these documents in their current state. Returns how many ids there were. */
export async function copyDocuments(pair: Pair, ids: Iterable<string>): Promise<number> {
  const writer: CopyWriter = createWriter(pair);
  let count = 0;
  for (const some of chunksOf(ids)) {
    count += some.length;
    const documents = await Promise.all(some.map((id) => pair.source.get(id)));
    for (const [index, document] of documents.entries()) await (document ? writer.put(document) : writer.remove(some[index]!));
  }
  await writer.end();
  return count;
}

/** Compares the documents with these ids. Returns the ids of documents that differ between the two stores. */
export async function compareDocuments({ spec, source, target }: Pair, ids: Iterable<string>, expiredAt: number): Promise<string[]> {
  const different: string[] = [];
  for (const some of chunksOf(ids)) {
    const both = await Promise.all(some.map((id) => Promise.all([source.get(id), target.get(id)])));
    for (const [index, [old, copy]] of both.entries())
      if (!isSame(alive(spec, old, expiredAt), alive(spec, copy, expiredAt))) different.push(some[index]!);
  }
  return different;
}

const PAGE = 200;
const CHUNK = 50;

function* chunksOf(ids: Iterable<string>): Generator<readonly string[]> {
  let chunk: string[] = [];
  for (const id of ids) {
    chunk.push(id);
    if (chunk.length < CHUNK) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}

type Both = readonly [old: StoredDocument | undefined, copy: StoredDocument | undefined];

async function* walkBoth({ spec, source, target }: Pair, { expiredAt }: Walk): AsyncGenerator<Both> {
  const olds = readAll(spec, source, expiredAt);
  const copies = readAll(spec, target, expiredAt);
  let old = await next(olds);
  let copy = await next(copies);
  while (old || copy) {
    const order = !old ? 1 : !copy ? -1 : compareIds(old._id, copy._id);
    yield [order <= 0 ? old : undefined, order >= 0 ? copy : undefined];
    if (order <= 0) old = await next(olds);
    if (order >= 0) copy = await next(copies);
  }
}

async function next(documents: AsyncGenerator<StoredDocument>): Promise<StoredDocument | undefined> {
  const { done, value } = (await documents.next()) as IteratorResult<StoredDocument, undefined>;
  return done === true ? undefined : value;
}

/** Yields the documents. Reads the next page while the current one is processed. */
async function* readAll(
  spec: CollectionSpec<StoredDocument>,
  collection: Collection<StoredDocument>,
  expiredAt: number,
): AsyncGenerator<StoredDocument> {
  const read = (after?: string) => collection.find({}, { limit: PAGE, ...(after === undefined ? {} : { after }) });
  let coming: Promise<readonly StoredDocument[]> | undefined = read();
  while (coming) {
    const page: readonly StoredDocument[] = await coming;
    coming = page.length < PAGE ? undefined : read(page.at(-1)!._id);
    // If the consumer stops early, the pending read must not cause an unhandled rejection.
    coming?.catch(() => {});
    for (const document of page) if (alive(spec, document, expiredAt)) yield document;
  }
}

function alive(spec: CollectionSpec<StoredDocument>, document: StoredDocument | undefined, expiredAt: number): StoredDocument | undefined {
  if (!document || spec.expiresAt === undefined) return document;
  const at = readPath(document, spec.expiresAt);
  return typeof at === 'number' && at <= expiredAt ? undefined : document;
}

function isSame(a: StoredDocument | undefined, b: StoredDocument | undefined): boolean {
  if (!a || !b) return a === b;
  return JSON.stringify(a) === JSON.stringify(b) || canonicalJson(a) === canonicalJson(b);
}

/** Compares ids in the order of the stores: by code point, like UTF-8 bytes. */
function compareIds(a: string, b: string): number {
  return a === b ? 0 : Buffer.compare(Buffer.from(a), Buffer.from(b));
}
