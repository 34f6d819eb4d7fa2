import { Type, type Static } from 'typebox';
import { AppError } from '../../engine/contract/values/errors.ts';
import { defineNode, errorPort, inPort, okPort, type RunNode } from '../../engine/contract/node/node.ts';
import { fieldEditor, fieldText } from '../../engine/contract/values/texts.ts';
import { checkPathField, compilePath } from './paths/path-field.ts';
import { folderOf, nameOf } from './paths/paths.ts';
import { probeFiles } from './probe.ts';
import { useStore } from './use-store.ts';
import { asJson } from '../shared/as-json.ts';

const path = (zh: string, en: string, example: string) =>
  Type.String({
    ...fieldText(zh, en, '相对于适配器的目录，可含占位符。', 'Relative to the folder of the adapter; may contain placeholders.', {
      example,
    }),
    ...fieldEditor('template'),
    minLength: 1,
    maxLength: 1000,
  });

const Config = Type.Object(
  {
    from: path('文件', 'File', 'in/{data.name}'),
    to: path('移到', 'Move to', 'archive/{data.name}'),
    replaces: Type.Boolean({
      ...fieldText(
        '替换同名文件',
        'Replace a file of that name',
        '不打开时，目标已存在则报错。',
        'If off, an existing target is an error.',
      ),
      default: false,
    }),
    makeFolders: Type.Boolean({ ...fieldText('建立缺少的目录', 'Make missing folders'), default: false }),
  },
  { additionalProperties: false },
);
type Config = Static<typeof Config>;

/** Moves or renames a file. */
export default defineNode({
  type: 'file.move',
  major: 1,
  kind: 'action',
  category: 'call',
  icon: 'file-symlink',
  text: {
    label: { 'zh-CN': '移动文件', en: 'Move file' },
    help: { 'zh-CN': '移动文件，或改名。', en: 'Moves or renames a file.' },
  },
  ports: { in: [inPort], out: [okPort, errorPort] },
  adapter: 'file',
  effect: 'idempotent-write',
  config: Config,
  check: ({ from, to }) => [...checkPathField('from', from), ...checkPathField('to', to)],
  prepare: prepareMove,
  probe: probeFiles,
});

function prepareMove({ from, to, replaces, makeFolders }: Config): RunNode<Config> {
  const [fillFrom, fillTo] = [compilePath('from', from), compilePath('to', to)];
  return async (ctx, message) => {
    const [source, target] = [fillFrom(ctx.scope), fillTo(ctx.scope)];
    await useStore(
      ctx,
      async (store) => {
        ctx.beforeFirstByte();
        if (makeFolders && folderOf(target) !== '') await store.makeFolder(folderOf(target));
        await store.rename(source, target, { replaces }).catch(async (error: unknown) => {
          // The attempt before was cut after the move.
          const isDone = ctx.attempt > 1 && (await store.stat(source)) === undefined && (await store.stat(target)) !== undefined;
          if (!(error instanceof AppError) || error.kind !== 'input' || !isDone) throw error;
        });
      },
      `${from} → ${to}`,
    );
    return { emit: { ok: [asJson(message, { path: target, name: nameOf(target) })] } };
  };
}
