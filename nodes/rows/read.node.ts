import { Type, type Static } from 'typebox';
import { defineNode, errorPort, inPort, okPort } from '../../engine/contract/node/node.ts';
import { withData } from '../../engine/contract/values/message.ts';
import { fieldText } from '../../engine/contract/values/texts.ts';
import { readRows } from '../shared/tables/rows.ts';
import { rowsSource } from '../shared/tables/rows-source.ts';
import { tableError } from '../shared/tables/table-error.ts';
import { maxResultBytes, writeSource } from '../shared/tables/table-fields.ts';
import { compileContent } from '../shared/compile-input.ts';

const Config = Type.Object(
  {
    source: writeSource,
    maxRows: Type.Integer({ ...fieldText('最多行数', 'Most rows'), minimum: 1, maximum: 1_000_000, default: 100_000 }),
    maxResultBytes,
  },
  { additionalProperties: false },
);
type Config = Static<typeof Config>;

/** The largest array in memory. */
const MAX_MEMORY_BYTES = 67_108_864;

/** Reads the rows of a blob (NDJSON) into an array. */
export default defineNode({
  type: 'rows.read',
  major: 1,
  kind: 'action',
  category: 'transform',
  icon: 'rows-3',
  text: {
    label: { 'zh-CN': '读取行', en: 'Read rows' },
    help: {
      'zh-CN': '把文件引用中的行（逐行 JSON）读成数组。',
      en: 'Reads the rows of a blob, one JSON value per line, into an array.',
    },
  },
  ports: { in: [inPort], out: [okPort, errorPort] },
  effect: 'pure',
  config: Config,
  expressions: ['/source/expression'],
  prepare({ source, maxRows, maxResultBytes: asked }: Config, build) {
    const read = compileContent('/source', source, build);
    const limit = Math.min(asked, MAX_MEMORY_BYTES);
    return async (ctx, message) => {
      const { bytes } = rowsSource(await read(ctx.scope), ctx.blobs);
      const rows: unknown[] = [];
      for await (const batch of readRows(atMost(bytes, limit, ctx.signal))) {
        for (const row of batch) rows.push(row);
        if (rows.length > maxRows) throw tableError('TABLE_TOO_MANY_ROWS', { limit: maxRows });
      }
      const { charset: _source, ...rest } = withData(message, rows, 'application/json');
      return { emit: { ok: [rest] } };
    };
  },
});

async function* atMost(source: AsyncIterable<Uint8Array>, limit: number, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of source) {
    signal.throwIfAborted();
    bytes += chunk.length;
    if (bytes > limit) throw tableError('TABLE_TOO_LARGE', { limit });
    yield chunk;
    // Other work runs between the pieces.
    await new Promise((resolve) => setImmediate(resolve));
  }
}
