/** What the nodes that read and write tables do with each message. */
import type { BuildContext, NodeContext, RunNode } from '../../../engine/contract/node/node.ts';
import { withData, type Message } from '../../../engine/contract/values/message.ts';
import { isLarge, LARGE_FROM } from '../../../engine/threads/is-large.ts';
import { decodeText } from '../charset/text-charset.ts';
import { createTableConverter, type TableConverter } from './convert-table.ts';
import type { TableResult } from './rows.ts';
import { runTableTask, type TableTask } from './table-task.ts';
import type { SourceOperand } from './table-fields.ts';
import { blobOf, rowsSource } from './rows-source.ts';
import { tableError } from './table-error.ts';
import { namedBlob } from '../named-blob.ts';
import { compileContent } from '../compile-input.ts';

/** The largest result in memory; a larger one must be a blob. */
const MAX_MEMORY_BYTES = 67_108_864;
const PIECE_BYTES = 65_536;

interface Source {
  readonly bytes: AsyncIterable<Uint8Array>;
  readonly sizeBytes: number;
  /** Undefined if the bytes are of a blob or of a message without charset. */
  readonly charset: string | undefined;
  readonly isSmall: boolean;
}

interface TableConfig {
  readonly source?: SourceOperand;
  readonly result: string;
  readonly maxResultBytes: number;
}

type Pieces = AsyncGenerator<Uint8Array, TableResult>;

/** Prepares a node that reads a table: its task gets the charset of the source. */
export function prepareRead<Config extends TableConfig>(
  config: Config,
  build: BuildContext,
  taskOf: (charset: string) => TableTask,
): RunNode<Config> {
  const [readSource, converter] = [compileContent('/source', config.source, build), createTableConverter()];
  return async (ctx, message) => {
    const source = bytesOf(await readSource(ctx.scope), message, ctx);
    const pieces = piecesOf(converter, taskOf(source.charset ?? 'UTF-8'), source, ctx);
    const data = config.result === 'blob' ? await intoBlob(pieces, config, ctx) : await intoRows(pieces, config);
    return { emit: { ok: [asData(message, data)] } };
  };
}

/** Prepares a node that writes a table: text, bytes or a blob of this media type. */
export function prepareWrite<Config extends TableConfig>(
  config: Config,
  build: BuildContext,
  { task, charset, mediaType }: { readonly task: TableTask; readonly charset?: string; readonly mediaType: string },
): RunNode<Config> {
  const [readSource, converter] = [compileContent('/source', config.source, build), createTableConverter()];
  return async (ctx, message) => {
    const source = rowsOf(await readSource(ctx.scope), ctx);
    const pieces = piecesOf(converter, task, source, ctx);
    if (config.result === 'blob') return { emit: { ok: [asData(message, await intoBlob(pieces, config, ctx))] } };
    const bytes = await intoBytes(pieces, config);
    const isText = config.result === 'text';
    const { charset: _before, ...rest } = withData(message, isText ? decodeText(bytes, charset ?? 'UTF-8') : bytes, mediaType);
    const written = charset === undefined ? rest : { ...rest, charset: isText ? 'UTF-8' : charset };
    return { emit: { ok: [written] } };
  };
}

function asData(message: Message, data: unknown): Message {
  const { charset: _source, ...rest } = withData(message, data, 'application/json');
  return rest;
}

function bytesOf(value: unknown, { charset }: Message, { blobs }: Pick<NodeContext<unknown>, 'blobs'>): Source {
  if (typeof value === 'string') return { ...inMemory(Buffer.from(value)), charset: 'UTF-8' };
  if (value instanceof Uint8Array) return { ...inMemory(value), charset };
  const ref = blobOf(value);
  if (ref === undefined) throw tableError('TABLE_SOURCE');
  return { bytes: namedBlob(blobs, ref.blobId, 'source'), sizeBytes: ref.sizeBytes, charset: undefined, isSmall: false };
}

function rowsOf(value: unknown, { blobs }: Pick<NodeContext<unknown>, 'blobs'>): Source {
  const { bytes, sizeBytes = MAX_MEMORY_BYTES, rows } = rowsSource(value, blobs);
  return { bytes, sizeBytes, charset: undefined, isSmall: rows !== undefined && !isLarge(rows) };
}

function inMemory(bytes: Uint8Array): Omit<Source, 'charset'> {
  return { bytes: cut(bytes), sizeBytes: bytes.length, isSmall: bytes.length <= LARGE_FROM };
}

async function* cut(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) yield bytes.subarray(at, at + PIECE_BYTES);
}

/** Small tables are converted at once, larger ones in a thread; so is a workbook, whose size does not show its cost. */
function piecesOf(converter: TableConverter, task: TableTask, source: Source, ctx: NodeContext<unknown>): Pieces {
  return source.isSmall && task.kind !== 'xlsx-read'
    ? convertHere(task, source.bytes)
    : converter.convert(task, source.bytes, source.sizeBytes, ctx);
}

async function* convertHere(task: TableTask, source: AsyncIterable<Uint8Array>): Pieces {
  const pieces: Uint8Array[] = [];
  const result = await runTableTask(task, { source, write: async (bytes) => void pieces.push(bytes) });
  yield* pieces;
  return result;
}

async function intoRows(pieces: Pieces, config: TableConfig): Promise<readonly unknown[]> {
  const rows: unknown[] = [];
  for await (const piece of measured(pieces, config)) {
    // A piece has whole lines.
    for (const line of Buffer.from(piece).toString('utf8').split('\n')) if (line !== '') rows.push(JSON.parse(line));
  }
  return rows;
}

async function intoBytes(pieces: Pieces, config: TableConfig): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const piece of measured(pieces, config)) parts.push(piece);
  return Buffer.concat(parts);
}

async function* measured(pieces: Pieces, { maxResultBytes }: TableConfig): AsyncGenerator<Uint8Array> {
  const limit = Math.min(maxResultBytes, MAX_MEMORY_BYTES);
  let bytes = 0;
  for await (const piece of pieces) {
    bytes += piece.length;
    if (bytes > limit) throw tableError('TABLE_TOO_LARGE', { limit });
    yield piece;
  }
}

async function intoBlob(pieces: Pieces, { maxResultBytes }: TableConfig, { blobs }: NodeContext<unknown>): Promise<unknown> {
  let rows = 0;
  async function* counted(): AsyncGenerator<Uint8Array> {
    rows = (yield* pieces).rows;
  }
  const { blobId, sizeBytes } = await blobs.put(counted(), { limitBytes: maxResultBytes });
  return { blobId, sizeBytes, rows };
}
