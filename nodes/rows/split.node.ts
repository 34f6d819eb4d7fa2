import { Type, type Static } from 'typebox';
import { defineNode, errorPort, inPort, okPort, type NodeContext } from '../../engine/contract/node/node.ts';
import { withData } from '../../engine/contract/values/message.ts';
import { fieldEditor, fieldText } from '../../engine/contract/values/texts.ts';
import { blocksOfLines } from '../shared/tables/rows.ts';
import { rowsSource } from '../shared/tables/rows-source.ts';
import { tableError } from '../shared/tables/table-error.ts';
import { writeSource } from '../shared/tables/table-fields.ts';
import { compileContent } from '../shared/compile-input.ts';

const Config = Type.Object(
  {
    source: writeSource,
    rowsPerBatch: Type.Integer({ ...fieldText('每批行数', 'Rows per batch'), minimum: 1, maximum: 100_000, default: 1000 }),
    maxBatches: Type.Integer({
      ...fieldText('最多批数', 'Most batches', '超过时报错，不会只取一部分。', 'More are an error; rows are never left out.'),
      minimum: 1,
      maximum: 10_000,
      default: 10_000,
    }),
    maxBatchBytes: Type.Integer({
      ...fieldText('单批上限', 'Largest batch'),
      ...fieldEditor('size-bytes'),
      minimum: 1024,
      maximum: 67_108_864,
      default: 16_777_216,
    }),
  },
  { additionalProperties: false },
);
type Config = Static<typeof Config>;

interface Batch {
  readonly blobId: string;
  readonly sizeBytes: number;
  readonly rows: number;
  /** The number of its first row; the first of all is 1. */
  readonly from: number;
}

/** Splits a large table into batches, for a loop over them. */
export default defineNode({
  type: 'rows.split',
  major: 1,
  kind: 'action',
  category: 'transform',
  icon: 'split',
  text: {
    label: { 'zh-CN': '拆分行', en: 'Split rows' },
    help: {
      'zh-CN': '把大表拆成多批，供“逐项处理”一批一批地处理。',
      en: 'Splits a large table into batches, which For each then processes one after the other.',
    },
    words: '分批 拆分 batch',
  },
  ports: { in: [inPort], out: [okPort, errorPort] },
  effect: 'read',
  config: Config,
  expressions: ['/source/expression'],
  prepare(config: Config, build) {
    const read = compileContent('/source', config.source, build);
    return async (ctx, message) => {
      const { bytes } = rowsSource(await read(ctx.scope), ctx.blobs);
      const batches = await split(bytes, config, ctx);
      const { charset: _source, ...rest } = withData(message, batches, 'application/json');
      return { emit: { ok: [rest] } };
    };
  },
});

async function split(source: AsyncIterable<Uint8Array>, config: Config, ctx: NodeContext<Config>): Promise<readonly Batch[]> {
  const { rowsPerBatch, maxBatches, maxBatchBytes } = config;
  const batches: Batch[] = [];
  let [parts, bytes, rows, from] = [[] as Buffer[], 0, 0, 1];
  const flush = async (): Promise<void> => {
    ctx.signal.throwIfAborted();
    if (batches.length === maxBatches) throw tableError('TABLE_TOO_MANY_ROWS', { limit: maxBatches * rowsPerBatch });
    const { blobId, sizeBytes } = await ctx.blobs.put(piecesOf(parts), { limitBytes: maxBatchBytes });
    batches.push({ blobId, sizeBytes, rows, from });
    [parts, bytes, rows, from] = [[], 0, 0, from + rows];
  };
  for await (const block of blocksOfLines(source, maxBatchBytes)) {
    for (let at = 0; at < block.length;) {
      const lineEnd = block.indexOf(10, at);
      const end = lineEnd === -1 ? block.length : lineEnd + 1;
      const line = block.subarray(at, end);
      at = end;
      if (line.length <= 2 && line.toString('latin1').trim() === '') continue;
      bytes += line.length;
      if (bytes > maxBatchBytes) throw tableError('TABLE_TOO_LARGE', { limit: maxBatchBytes });
      parts.push(line);
      rows += 1;
      if (rows === rowsPerBatch) await flush();
    }
  }
  if (rows > 0) await flush();
  return batches;
}

async function* piecesOf(parts: readonly Buffer[]): AsyncGenerator<Uint8Array> {
  yield Buffer.concat(parts);
}
