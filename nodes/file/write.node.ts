import { Type, type Static } from 'typebox';
import { AppError } from '../../engine/contract/values/errors.ts';
import { Operand } from '../../engine/contract/flow/expression-types.ts';
import { defineNode, errorPort, inPort, okPort, type BuildContext, type RunNode } from '../../engine/contract/node/node.ts';
import { fieldEditor, fieldText } from '../../engine/contract/values/texts.ts';
import { encodeText } from '../shared/charset/text-charset.ts';
import { asJson } from '../shared/as-json.ts';
import { checkPathField, compilePath } from './paths/path-field.ts';
import { folderOf } from './paths/paths.ts';
import { probeFiles } from './probe.ts';
import { useStore } from './use-store.ts';
import { writeFile, type Source } from './content/write-file.ts';
import { compileContent } from '../shared/compile-input.ts';

const Config = Type.Object(
  {
    path: Type.String({
      ...fieldText('文件', 'File', '相对于适配器的目录，可含占位符。', 'Relative to the folder of the adapter; may contain placeholders.', {
        example: 'out/{data.orderId}.csv',
      }),
      ...fieldEditor('template'),
      minLength: 1,
      maxLength: 1000,
    }),
    content: Type.Optional(
      Type.Union(Operand.anyOf, {
        ...fieldText(
          '内容',
          'Content',
          '文本、字节或文件引用；其他数据写作 JSON。不填时为消息数据。',
          'Text, bytes or a blob reference; other data is written as JSON. If left out, the data of the message.',
        ),
        ...fieldEditor('operand'),
      }),
    ),
    ifExists: Type.Union([Type.Literal('refuse'), Type.Literal('replace'), Type.Literal('number')], {
      ...fieldText('已有同名文件时', 'If the file exists', undefined, undefined, {
        options: {
          refuse: ['报错', 'It is an error'],
          replace: ['替换', 'Replace it'],
          number: ['编号（重复执行会再写一个）', 'Number the new one (a repetition writes another one)'],
        },
      }),
      default: 'refuse',
    }),
    makeFolders: Type.Boolean({ ...fieldText('建立缺少的目录', 'Make missing folders'), default: false }),
  },
  { additionalProperties: false },
);
type Config = Static<typeof Config>;

/** Writes a file. It appears under its name only when it is complete. */
export default defineNode({
  type: 'file.write',
  major: 1,
  kind: 'action',
  category: 'call',
  icon: 'file-output',
  text: {
    label: { 'zh-CN': '写入文件', en: 'Write file' },
    help: {
      'zh-CN': '把文本、字节或文件引用写成一个文件；写完后才以其名称出现。',
      en: 'Writes text, bytes or a blob reference as a file, which appears under its name only when it is complete.',
    },
  },
  ports: { in: [inPort], out: [okPort, errorPort] },
  adapter: 'file',
  effect: ({ ifExists }) => (ifExists === 'number' ? 'write' : 'idempotent-write'),
  config: Config,
  expressions: ['/content/expression'],
  check: ({ path }) => checkPathField('path', path),
  prepare: prepareWrite,
  probe: probeFiles,
});

function prepareWrite({ path, content, ifExists, makeFolders }: Config, build: BuildContext): RunNode<Config> {
  const fillPath = compilePath('path', path);
  const read = compileContent('/content', content, build);
  return async (ctx, message) => {
    const file = {
      path: fillPath(ctx.scope),
      ifExists,
      source: sourceOf(await read(ctx.scope), ctx.adapter!.charset),
    };
    const written = await useStore(
      ctx,
      async (store) => {
        if (makeFolders && folderOf(file.path) !== '') await store.makeFolder(folderOf(file.path));
        return writeFile(ctx, store, file);
      },
      path,
    );
    return { emit: { ok: [asJson(message, written)] } };
  };
}

function sourceOf(content: unknown, charset = 'UTF-8'): Source {
  if (content instanceof Uint8Array) return { bytes: content };
  if (typeof content === 'string') return { bytes: encodeText(content, charset) };
  const { blobId } = (content ?? {}) as { readonly blobId?: unknown };
  if (typeof blobId === 'string') return { blobId };
  if (content === undefined || content === null)
    throw new AppError('FILE_NO_CONTENT', 'input', 'There is no content for the file.', { fix: 'Set the content before this node.' });
  return { bytes: encodeText(JSON.stringify(content), charset) };
}
