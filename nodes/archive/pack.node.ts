import { Type, type Static } from 'typebox';
import { Readable } from 'node:stream';
import { bothTexts } from '../../engine/contract/error-texts/error-texts.ts';
import { AppError } from '../../engine/contract/values/errors.ts';
import { isRecord } from '../../engine/contract/values/is-record.ts';
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
import { fieldEditor, fieldText } from '../../engine/contract/values/texts.ts';
import { asJson } from '../shared/as-json.ts';
import { archiveError } from './archive-error.ts';
import { safeName } from './member-name.ts';
import { unlessStopped } from './source.ts';
import { namedBlob } from '../shared/named-blob.ts';
import { compileContent } from '../shared/compile-input.ts';

const MOST_FILES = 10_000;

const Config = Type.Object(
  {
    source: Type.Optional(
      Type.Union(Operand.anyOf, {
        ...fieldText(
          '文件',
          'Files',
          '列表：文件引用（含 blobId 与 name 的对象），或含 name 与 content（文本或字节）的对象；不填时为整条消息。',
          'A list of blob references (objects with blobId and name), or of objects with name and content (text or bytes); the whole message if left out.',
        ),
        ...fieldEditor('operand'),
      }),
    ),
    name: Type.String({
      ...fieldText('压缩包名称', 'Name of the archive', undefined, undefined, { example: 'reports.zip' }),
      minLength: 1,
      maxLength: 200,
      default: 'files.zip',
    }),
    compress: Type.Boolean({
      ...fieldText('压缩', 'Compress', '图像等已压缩的文件可关闭。', 'May be off for images and other compressed files.'),
      default: true,
    }),
    maxBytes: Type.Integer({
      ...fieldText('压缩包上限', 'Largest archive'),
      ...fieldEditor('size-bytes'),
      minimum: 1,
      maximum: 107_374_182_400,
      default: 1_073_741_824,
    }),
  },
  { additionalProperties: false },
);
type Config = Static<typeof Config>;

/** Packs files into a ZIP archive. */
export default defineNode({
  type: 'archive.pack',
  major: 1,
  kind: 'action',
  category: 'transform',
  icon: 'package',
  text: {
    label: { 'zh-CN': '打包 ZIP', en: 'Pack ZIP archive' },
    help: {
      'zh-CN': '把若干文件打成一个 ZIP 压缩包，输出它的文件引用。',
      en: 'Packs files into one ZIP archive and emits it as a blob reference.',
    },
    words: 'zip 压缩包 压缩文件 打包 compress',
  },
  ports: { in: [inPort], out: [okPort, errorPort] },
  effect: 'read',
  config: Config,
  expressions: ['/source/expression'],
  check: ({ name }) => checkName(name),
  prepare: preparePack,
});

function checkName(name: string) {
  try {
    if (!/[/\\]/.test(safeName(name, 1))) return [];
    throw archiveError('ARCHIVE_NAME_REFUSED', 'name', { entry: 1 });
  } catch (error) {
    return [{ path: '/name', message: bothTexts(error as AppError) }];
  }
}

function preparePack(config: Config, build: BuildContext): RunNode<Config> {
  const read = compileContent('/source', config.source, build);
  return async (ctx, message) => {
    const files = readFiles(await read(ctx.scope), ctx);
    const { blobId, sizeBytes } = await pack(files, config, ctx);
    return { emit: { ok: [asJson(message, { blobId, sizeBytes, name: config.name, mediaType: 'application/zip' })] } };
  };
}

interface FileToPack {
  readonly path: string;
  open(): AsyncIterable<Uint8Array>;
}

/** Throws ARCHIVE_CONTENT, ARCHIVE_NAME_REFUSED and ARCHIVE_TOO_LARGE (input). */
function readFiles(value: unknown, { blobs, signal }: NodeContext<Config>): readonly FileToPack[] {
  const list = isRecord(value) && !(value instanceof Uint8Array) ? [value] : value;
  if (!Array.isArray(list)) throw archiveError('ARCHIVE_CONTENT', 'list');
  if (list.length > MOST_FILES) throw archiveError('ARCHIVE_TOO_LARGE', 'files', { limit: MOST_FILES });
  const paths = new Set<string>();
  return (list as unknown[]).map((file, index) => {
    const entry = index + 1;
    if (!isRecord(file)) throw archiveError('ARCHIVE_CONTENT', 'item', { entry });
    const { blobId, content, name } = file;
    const given = file['path'] ?? name;
    if (typeof given !== 'string') throw archiveError('ARCHIVE_CONTENT', 'item', { entry });
    const path = safeName(given, entry);
    if (paths.has(path)) throw archiveError('ARCHIVE_NAME_REFUSED', 'twice', { entry });
    paths.add(path);
    if (typeof blobId === 'string') return { path, open: () => unlessStopped(namedBlob(blobs, blobId, `source/${entry}`), signal) };
    const bytes = typeof content === 'string' ? Buffer.from(content) : content;
    if (!(bytes instanceof Uint8Array)) throw archiveError('ARCHIVE_CONTENT', 'item', { entry });
    return { path, open: () => unlessStopped([bytes], signal) };
  });
}

async function pack(files: readonly FileToPack[], { compress, maxBytes }: Config, { blobs, scope }: NodeContext<Config>) {
  const { ZipFile } = await import('yazl');
  const zip = new ZipFile();
  const output = zip.outputStream as Readable;
  let current: Readable | undefined;
  // It may fail before the blob store reads, which then finds the error.
  output.on('error', () => undefined);
  zip.on('error', (error: Error) => void output.destroy(error));
  for (const { path, open } of files) {
    zip.addReadStreamLazy(path, { compress, mtime: new Date(scope.now), mode: 0o100644 }, (done) => {
      current = Readable.from(open(), { objectMode: false });
      current.on('error', (error) => void output.destroy(error));
      done(null, current);
    });
  }
  zip.end();
  try {
    return await blobs.put(output as AsyncIterable<Buffer>, { limitBytes: maxBytes });
  } catch (error) {
    throw error instanceof AppError && error.code === 'BLOB_TOO_LARGE'
      ? archiveError('ARCHIVE_TOO_LARGE', 'packed', { limit: maxBytes })
      : error;
  } finally {
    // A file that is read when the archive becomes too large would otherwise stay open.
    current?.destroy();
  }
}
