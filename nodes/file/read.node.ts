import { Type, type Static } from 'typebox';
import { withData } from '../../engine/contract/values/message.ts';
import { defineNode, errorPort, inPort, okPort, type RunNode } from '../../engine/contract/node/node.ts';
import { fieldEditor, fieldText } from '../../engine/contract/values/texts.ts';
import { checkMaxBytes, MaxBytes, OutputAs, readContent } from './content/read-content.ts';
import { checkPathField, compilePath } from './paths/path-field.ts';
import { nameOf } from './paths/paths.ts';
import { probeFiles } from './probe.ts';
import { missing } from './stores/errors.ts';
import { useStore } from './use-store.ts';

const Config = Type.Object(
  {
    path: Type.String({
      ...fieldText('文件', 'File', '相对于适配器的目录，可含占位符。', 'Relative to the folder of the adapter; may contain placeholders.', {
        example: 'reports/{data.reportId}.pdf',
      }),
      ...fieldEditor('template'),
      minLength: 1,
      maxLength: 1000,
    }),
    output: OutputAs,
    maxBytes: MaxBytes,
  },
  { additionalProperties: false },
);
type Config = Static<typeof Config>;

/** Reads one file whole, and leaves it where it is. */
export default defineNode({
  type: 'file.read',
  major: 1,
  kind: 'action',
  category: 'call',
  icon: 'file-input',
  text: {
    label: { 'zh-CN': '读取文件', en: 'Read file' },
    help: { 'zh-CN': '读取一个文件的全部内容，文件留在原处。', en: 'Reads a whole file and leaves it where it is.' },
  },
  ports: { in: [inPort], out: [okPort, errorPort] },
  adapter: 'file',
  effect: 'read',
  config: Config,
  check: (config) => [...checkPathField('path', config.path), ...checkMaxBytes(config)],
  prepare: prepareRead,
  probe: probeFiles,
});

function prepareRead({ path: template, output, maxBytes }: Config): RunNode<Config> {
  const fillPath = compilePath('path', template);
  return async (ctx, message) => {
    const path = fillPath(ctx.scope);
    const { blobs, signal } = ctx;
    const { charset: adapterCharset } = ctx.adapter!;
    const { data, mediaType, charset } = await useStore(
      ctx,
      async (store) => {
        const state = await store.stat(path);
        if (state === undefined) throw missing();
        return readContent(store, { path, name: nameOf(path), state, output, maxBytes, charset: adapterCharset, blobs, signal });
      },
      template,
    );
    const { charset: _request, ...rest } = withData(message, data, mediaType);
    return { emit: { ok: [charset === undefined ? rest : { ...rest, charset }] } };
  };
}
