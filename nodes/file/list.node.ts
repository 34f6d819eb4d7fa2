import { Type, type Static } from 'typebox';
import { defineNode, errorPort, inPort, okPort, type RunNode } from '../../engine/contract/node/node.ts';
import { fieldEditor, fieldText } from '../../engine/contract/values/texts.ts';
import { matchesGlob } from './paths/glob.ts';
import { checkPathField, compilePath } from './paths/path-field.ts';
import { isName, joinPath } from './paths/paths.ts';
import { probeFiles } from './probe.ts';
import { tooMany } from './stores/errors.ts';
import { useStore } from './use-store.ts';
import { asJson } from '../shared/as-json.ts';

const Config = Type.Object(
  {
    folder: Type.String({
      ...fieldText(
        '目录',
        'Folder',
        '相对于适配器的目录，可含占位符；空白即该目录本身。',
        'Relative to the folder of the adapter; may contain placeholders; empty for that folder itself.',
      ),
      ...fieldEditor('template'),
      maxLength: 1000,
      default: '',
    }),
    patterns: Type.Array(Type.String({ minLength: 1, maxLength: 200 }), {
      ...fieldText(
        '名称',
        'Names',
        '* 代表任意字符，? 代表一个；不分大小写。',
        '* stands for any characters, ? for one; case is ignored.',
        {
          example: '*.pdf',
        },
      ),
      default: ['*'],
      minItems: 1,
      maxItems: 20,
    }),
    withFolders: Type.Boolean({ ...fieldText('也列出目录', 'Folders too'), default: false }),
    maxEntries: Type.Integer({
      ...fieldText('最多条目', 'Most entries', '超过时报错，不会只取一部分。', 'More are an error; the list is never cut.'),
      minimum: 1,
      maximum: 100_000,
      default: 10_000,
    }),
  },
  { additionalProperties: false },
);
type Config = Static<typeof Config>;

/** Lists a folder by name. */
export default defineNode({
  type: 'file.list',
  major: 1,
  kind: 'action',
  category: 'call',
  icon: 'folder-search',
  text: {
    label: { 'zh-CN': '列出文件', en: 'List files' },
    help: {
      'zh-CN': '列出目录中的文件：名称、路径、大小与修改时间。',
      en: 'Lists the files of a folder with name, path, size and time of change.',
    },
  },
  ports: { in: [inPort], out: [okPort, errorPort] },
  adapter: 'file',
  effect: 'read',
  config: Config,
  check: ({ folder }) => checkPathField('folder', folder),
  prepare: prepareList,
  probe: probeFiles,
});

function prepareList({ folder: template, patterns, withFolders, maxEntries }: Config): RunNode<Config> {
  const fillFolder = compilePath('folder', template);
  return async (ctx, message) => {
    const folder = fillFolder(ctx.scope);
    const entries = await useStore(ctx, (store) => store.list(folder), template);
    const unreadable = entries.filter(({ kind }) => kind === 'unreadable').length;
    if (unreadable > 0) ctx.log.warn('file.name-unreadable', { count: unreadable });
    const listed = entries
      .filter(({ name, kind }) => (kind === 'file' || (withFolders && kind === 'folder')) && isName(name) && matchesGlob(name, patterns))
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .map(({ name, kind, sizeBytes, modifiedAtMs }) => ({
        ...{ name, path: joinPath(folder, name), kind, sizeBytes: kind === 'file' ? sizeBytes : 0 },
        modifiedAt: modifiedAtMs === undefined ? null : new Date(modifiedAtMs).toISOString(),
      }));
    if (listed.length > maxEntries) throw tooMany(maxEntries);
    return { emit: { ok: [asJson(message, listed)] } };
  };
}
