import { Type, type Static } from 'typebox';
import { AppError } from '../../engine/contract/values/errors.ts';
import { defineNode, errorPort, inPort, okPort, type RunNode } from '../../engine/contract/node/node.ts';
import { fieldEditor, fieldText } from '../../engine/contract/values/texts.ts';
import { checkPathField, compilePath } from './paths/path-field.ts';
import { probeFiles } from './probe.ts';
import { useStore } from './use-store.ts';
import { asJson } from '../shared/as-json.ts';

const Config = Type.Object(
  {
    path: Type.String({
      ...fieldText('文件', 'File', '相对于适配器的目录，可含占位符。', 'Relative to the folder of the adapter; may contain placeholders.', {
        example: 'in/{data.name}',
      }),
      ...fieldEditor('template'),
      minLength: 1,
      maxLength: 1000,
    }),
    mustExist: Type.Boolean({ ...fieldText('不存在时报错', 'Error if it is missing'), default: false }),
  },
  { additionalProperties: false },
);
type Config = Static<typeof Config>;

/** Removes one file. */
export default defineNode({
  type: 'file.remove',
  major: 1,
  kind: 'action',
  category: 'call',
  icon: 'file-x',
  text: {
    label: { 'zh-CN': '删除文件', en: 'Remove file' },
    help: { 'zh-CN': '删除一个文件。', en: 'Removes a file.' },
  },
  ports: { in: [inPort], out: [okPort, errorPort] },
  adapter: 'file',
  effect: 'idempotent-write',
  config: Config,
  check: ({ path }) => checkPathField('path', path),
  prepare: prepareRemove,
  probe: probeFiles,
});

function prepareRemove({ path: template, mustExist }: Config): RunNode<Config> {
  const fillPath = compilePath('path', template);
  return async (ctx, message) => {
    const path = fillPath(ctx.scope);
    const removed = await useStore(
      ctx,
      async (store) => {
        ctx.beforeFirstByte();
        try {
          await store.remove(path);
          return true;
        } catch (error) {
          // The attempt before was cut after the removal, or nothing was to be removed.
          const isGone = error instanceof AppError && error.code === 'FILE_MISSING' && (await store.stat(path)) === undefined;
          if (!isGone || (mustExist && ctx.attempt === 1)) throw error;
          return false;
        }
      },
      template,
    );
    return { emit: { ok: [asJson(message, { path, removed })] } };
  };
}
