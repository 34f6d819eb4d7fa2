import { Type, type Static } from 'typebox';
import { Operand } from '../../engine/contract/flow/expression-types.ts';
import {
  defineNode,
  errorPort,
  inPort,
  okPort,
  type BuildContext,
  type NodeContext,
  type RunNode,
} from '../../engine/contract/node/node.ts';
import { readBegin } from '../../engine/contract/ports/read-begin.ts';
import type { BlobRef } from '../../engine/contract/values/message.ts';
import { fieldEditor, fieldText } from '../../engine/contract/values/texts.ts';
import { asJson } from '../shared/as-json.ts';
import { mediaTypeOf } from '../shared/media-type-of.ts';
import { archiveError } from './archive-error.ts';
import { BEGIN_BYTES, readGzip } from './gzip.ts';
import type { Member, ReadOptions } from './members.ts';
import { fileSource, type FileSource } from './source.ts';
import { isEmptyTar, isTar, readTar } from './tar.ts';
import { readZip } from './zip.ts';
import { compileContent } from '../shared/compile-input.ts';

/** A small archive may well unfold to many times its size. */
const RATIO_FROM_BYTES = 10_485_760;

const Config = Type.Object(
  {
    source: Type.Optional(
      Type.Union(Operand.anyOf, {
        ...fieldText(
          '来源',
          'Source',
          '文件引用（含 blobId 的对象，如收到的文件或邮件附件），或字节；不填时为整条消息。',
          'A blob reference (an object with blobId, such as a received file or an attachment) or bytes; the whole message if left out.',
        ),
        ...fieldEditor('operand'),
      }),
    ),
    charset: Type.Union([Type.Literal('auto'), Type.Literal('UTF-8'), Type.Literal('GBK')], {
      ...fieldText(
        '文件名字符集',
        'Character set of names',
        '用于 ZIP 中没有注明的文件名。自动：先按 UTF-8，不成立时按 GBK。tar 中的文件名为 UTF-8。',
        'Of names in a ZIP archive that do not say it. Automatic: UTF-8 if valid, otherwise GBK. Names in a tar archive are UTF-8.',
        { options: { auto: ['自动', 'Automatic'] } },
      ),
      default: 'auto',
    }),
    maxFiles: Type.Integer({ ...fieldText('最多文件数', 'Most files'), minimum: 1, maximum: 10_000, default: 1000 }),
    maxFileBytes: Type.Integer({
      ...fieldText('单个文件上限', 'Largest file'),
      ...fieldEditor('size-bytes'),
      minimum: 1,
      maximum: 107_374_182_400,
      default: 1_073_741_824,
    }),
    maxTotalBytes: Type.Integer({
      ...fieldText('合计上限', 'Most bytes in all'),
      ...fieldEditor('size-bytes'),
      minimum: 1,
      maximum: 107_374_182_400,
      default: 1_073_741_824,
    }),
    maxRatio: Type.Integer({
      ...fieldText(
        '最大膨胀倍数',
        'Largest ratio',
        '解开超过 10 MB 后，大小超过压缩包这么多倍即拒绝（防压缩炸弹）。',
        'Beyond 10 MB, an archive that unfolds to more times its size is refused, as a zip bomb would be.',
      ),
      minimum: 1,
      maximum: 1100,
      default: 100,
    }),
  },
  { additionalProperties: false },
);
type Config = Static<typeof Config>;

/** Unpacks a ZIP archive, a gzip file or a tar archive. */
export default defineNode({
  type: 'archive.unpack',
  major: 1,
  kind: 'action',
  category: 'transform',
  icon: 'package-open',
  text: {
    label: { 'zh-CN': '解压缩', en: 'Unpack archive' },
    help: {
      'zh-CN': '解开 ZIP、tar（含 .tar.gz）压缩包或 gzip 文件，输出其中各文件的引用列表。',
      en: 'Unpacks a ZIP or tar archive (also .tar.gz) or a gzip file and emits the list of its files as blob references.',
    },
    words: 'zip gzip tar tgz unzip 解压 压缩包 压缩文件',
  },
  ports: { in: [inPort], out: [okPort, errorPort] },
  effect: 'read',
  config: Config,
  expressions: ['/source/expression'],
  prepare: prepareUnpack,
});

interface UnpackedFile extends BlobRef {
  readonly name: string;
  readonly path: string;
  readonly mediaType: string;
}

function prepareUnpack(config: Config, build: BuildContext): RunNode<Config> {
  const read = compileContent('/source', config.source, build);
  return async (ctx, message) => {
    const value = await read(ctx.scope);
    try {
      return { emit: { ok: [asJson(message, await unpack(fileSource(value, ctx), config, ctx))] } };
    } catch (error) {
      ctx.signal.throwIfAborted();
      throw error;
    }
  };
}

async function unpack(source: FileSource, config: Config, { blobs, signal }: NodeContext<Config>): Promise<readonly UnpackedFile[]> {
  const { maxFileBytes, maxTotalBytes, maxRatio } = config;
  const packed = await sizeAndBegin(source);
  let totalBytes = 0;
  let entry = 0;
  async function* counted(content: Member['content']): AsyncIterable<Uint8Array> {
    let fileBytes = 0;
    for await (const chunk of content) {
      signal.throwIfAborted();
      fileBytes += chunk.length;
      totalBytes += chunk.length;
      if (fileBytes > maxFileBytes) throw archiveError('ARCHIVE_TOO_LARGE', 'file', { entry, limit: maxFileBytes });
      if (totalBytes > maxTotalBytes) throw archiveError('ARCHIVE_TOO_LARGE', 'total', { limit: maxTotalBytes });
      if (totalBytes > RATIO_FROM_BYTES && totalBytes > packed.sizeBytes * maxRatio)
        throw archiveError('ARCHIVE_TOO_LARGE', 'ratio', { limit: maxRatio });
      yield chunk;
    }
  }
  const files: UnpackedFile[] = [];
  try {
    for await (const { path, content } of await readerOf(source, packed.begin, config)) {
      entry += 1;
      const { blobId, sizeBytes } = await blobs.put(counted(content), { limitBytes: maxFileBytes });
      const name = path.slice(path.lastIndexOf('/') + 1);
      files.push({ blobId, sizeBytes, name, path, mediaType: mediaTypeOf(name) });
    }
    return files;
  } catch (error) {
    // Nobody will name them. What cannot be removed now is swept away later.
    await Promise.allSettled(files.map(({ blobId }) => blobs.remove(blobId)));
    throw error;
  }
}

/** The kind is that of the content, also if the name says otherwise. */
async function readerOf(source: FileSource, begin: Uint8Array, options: ReadOptions): Promise<AsyncIterable<Member>> {
  if (begin[0] === 0x1f && begin[1] === 0x8b) return readGzip(source, options);
  return isEmptyTar(begin) || (await isTar(begin)) ? readTar(source.open(), options) : readZip(source.open, options);
}

/** The size in a reference is not believed. */
async function sizeAndBegin({ open }: FileSource): Promise<{ readonly sizeBytes: number; readonly begin: Uint8Array }> {
  const { begin, content } = await readBegin(open(), BEGIN_BYTES);
  let sizeBytes = 0;
  for await (const chunk of content) sizeBytes += chunk.length;
  return { sizeBytes, begin: Buffer.concat(begin) };
}
