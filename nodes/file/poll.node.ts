import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { Type, type Static } from 'typebox';
import { bothTexts } from '../../engine/contract/error-texts/error-texts.ts';
import { AppError, toErrorRecord, type ErrorRecord } from '../../engine/contract/values/errors.ts';
import { createMessage } from '../../engine/contract/values/message.ts';
import {
  defineNode,
  outPort,
  type Arrival,
  type ConfigProblem,
  type Emit,
  type Stop,
  type TriggerContext,
} from '../../engine/contract/node/node.ts';
import { fieldEditor, fieldText } from '../../engine/contract/values/texts.ts';
import { lookRegularly } from '../shared/look-regularly.ts';
import { outcomeOf, type Taken } from '../shared/outcome-of.ts';
import { checkMaxBytes, MaxBytes, OutputAs, readContent } from './content/read-content.ts';
import { createToken } from './paths/create-token.ts';
import { matchesGlob } from './paths/glob.ts';
import { moveAside } from './content/move-aside.ts';
import { checkPath, isName, joinPath } from './paths/paths.ts';
import { Claims, type ClaimedFile } from './poll/claims.ts';
import { UnreadableNames } from './poll/unreadable-names.ts';
import { StableFiles } from './poll/stable-files.ts';
import { probeFiles } from './probe.ts';
import { stopped } from './stores/errors.ts';
import type { FileEntry, FileStore } from './stores/store.ts';
import { NEVER_STOPPED, useStore, type FileContext } from './use-store.ts';

const folder = (zh: string, en: string, zhHelp: string, enHelp: string, initial: string) =>
  Type.String({ ...fieldText(zh, en, zhHelp, enHelp), maxLength: 500, default: initial });

const Config = Type.Object(
  {
    folder: folder(
      '目录',
      'Folder',
      '相对于适配器的目录；空白即该目录本身。不含下级目录。',
      'Relative to the folder of the adapter; empty for that folder itself. Folders in it are not read.',
      '',
    ),
    patterns: Type.Array(Type.String({ minLength: 1, maxLength: 200 }), {
      ...fieldText(
        '文件名',
        'Names',
        '* 代表任意字符，? 代表一个；不分大小写。',
        '* stands for any characters, ? for one; case is ignored.',
        {
          example: '*.csv',
        },
      ),
      default: ['*'],
      minItems: 1,
      maxItems: 20,
    }),
    order: Type.Union([Type.Literal('name'), Type.Literal('time'), Type.Literal('size')], {
      ...fieldText('顺序', 'Order', undefined, undefined, {
        options: { name: ['按名称', 'By name'], time: ['旧的在前', 'Oldest first'], size: ['小的在前', 'Smallest first'] },
      }),
      default: 'name',
    }),
    stableSec: Type.Integer({
      ...fieldText(
        '静止时间',
        'Unchanged for',
        '大小与修改时间保持不变这么久的文件才取走，以免取到正在写入的文件；须长于对方写入中的停顿。',
        'A file is taken once its size and time have not changed for this long, so that none is taken while it is written; must be longer than pauses of the writer.',
      ),
      ...fieldEditor('duration-sec'),
      minimum: 0,
      maximum: 86_400,
      default: 10,
    }),
    marker: Type.Optional(
      Type.String({
        ...fieldText(
          '完成标记',
          'Marker',
          '填写 .ok 时，a.csv 仅在 a.csv.ok 出现后取走（不看静止时间），标记文件随后删除。',
          'With .ok, a.csv is taken only once a.csv.ok is there, without regard to the time above; the marker is then removed.',
          { example: '.ok' },
        ),
        pattern: '^[^/\\\\\\u0000-\\u001f\\u007f]{1,40}$',
      }),
    ),
    output: OutputAs,
    maxBytes: MaxBytes,
    identity: Type.Union([Type.Literal('file'), Type.Literal('content')], {
      ...fieldText(
        '何为同一文件',
        'The same file is',
        '同一文件在流程的去重时长内只启动一次流程。',
        'The same file starts the flow once within its deduplication window.',
        {
          options: {
            file: ['路径、大小与修改时间都相同', 'Same path, size and time of change'],
            content: ['内容相同（不论名称）', 'Same content under any name'],
          },
        },
      ),
      default: 'file',
    }),
    afterwards: Type.Union([Type.Literal('move'), Type.Literal('remove')], {
      ...fieldText('处理后', 'Afterwards', undefined, undefined, {
        options: { move: ['移到“完成目录”', 'Move to the done folder'], remove: ['删除', 'Delete'] },
      }),
      default: 'move',
    }),
    doneFolder: folder(
      '完成目录',
      'Done folder',
      '相对于适配器的目录；没有时自动建立，从不覆盖其中的文件。',
      'Relative to the folder of the adapter; created if it does not exist. Files in it are never replaced.',
      'done',
    ),
    failedFolder: folder(
      '失败目录',
      'Failed folder',
      '过大、无法读取或流程拒收的文件移到这里，旁边的 .reason.txt 写明原因。',
      'Files that are too large, unreadable or refused by the flow are moved here; a .reason.txt beside each says why.',
      'failed',
    ),
    everySec: Type.Integer({
      ...fieldText('检查间隔', 'Look every'),
      ...fieldEditor('duration-sec'),
      minimum: 1,
      maximum: 86_400,
      default: 30,
    }),
  },
  { additionalProperties: false },
);
type Config = Static<typeof Config>;

/** Takes the files of a folder one after the other. Each starts the flow once. */
export default defineNode({
  type: 'file.poll',
  major: 1,
  kind: 'trigger',
  category: 'trigger',
  icon: 'folder-input',
  text: {
    label: { 'zh-CN': '读取新文件', en: 'New files' },
    help: {
      'zh-CN': '定期检查目录，每个写完的文件启动一次流程，安全存储后移走。',
      en: 'Looks into a folder regularly. Each complete file starts the flow once and is moved away after it is safely stored.',
    },
    words: '监听目录 扫描',
  },
  ports: { in: [], out: [outPort] },
  adapter: 'file',
  sharesAdapter: true,
  samples: [
    { name: { 'zh-CN': '一份检验结果', en: 'A laboratory result' }, data: '编号,项目,结果\n1017,GLU,5.1\n', mediaType: 'text/csv' },
  ],
  config: Config,
  check: checkConfig,
  keyNames: () => [],
  listen,
  probe: probeFiles,
});

const SAME_FOLDER = { 'zh-CN': '须不同于读取的目录', en: 'must not be the folder from which files are read' };

function checkConfig(config: Config): readonly ConfigProblem[] {
  const fields = ['folder', 'doneFolder', 'failedFolder'] as const;
  const wrong = fields.flatMap((field) => {
    try {
      checkPath(config[field]);
      return [];
    } catch (error) {
      return [{ path: `/${field}`, message: bothTexts(error as AppError) }];
    }
  });
  const same = (['doneFolder', 'failedFolder'] as const)
    .filter((field) => trimmed(config[field]) === trimmed(config.folder))
    .map((field) => ({ path: `/${field}`, message: SAME_FOLDER }));
  return [...wrong, ...same, ...checkMaxBytes(config)];
}

function trimmed(path: string): string {
  return path.replace(/\/+$/, '');
}

/** What one look needs. */
interface Look {
  readonly ctx: TriggerContext<Config>;
  readonly emit: Emit;
  readonly claims: Claims;
  readonly files: StableFiles;
  readonly unreadable: UnreadableNames;
  readonly signal: AbortSignal;
}

/**
 * Starts to look regularly. Rejects if the folder cannot be listed now; `ended` reports later failures. The first look
 * is not part of it, because a trigger that is only tried must change nothing.
 */
async function listen(ctx: TriggerContext<Config>, emit: Emit): Promise<Stop> {
  const { everySec, stableSec } = ctx.config;
  const store: FileContext = { ...ctx, signal: NEVER_STOPPED };
  const place = checkPath(ctx.config.folder);
  await useStore(store, (opened) => opened.list(place), place);
  const files = new StableFiles(ctx.clock, stableSec * 1000);
  const unreadable = new UnreadableNames(String(ctx.adapter!.settings['nameCharset'] ?? 'UTF-8'));
  let claims: Claims | undefined;
  const looking = lookRegularly({
    clock: ctx.clock,
    everySec,
    firstAfterMs: 0,
    async look(signal) {
      claims ??= await openClaims(ctx, place);
      const look: Look = { ctx, emit, claims, files, unreadable, signal };
      await useStore(store, (opened) => lookOnce(opened, look, place), place);
    },
  });
  return {
    ended: looking.ended,
    async stop() {
      await looking.stop();
      if (claims !== undefined) await useStore(store, (opened) => claims!.end(opened)).catch(() => undefined);
    },
  };
}

/** The name of this poller in claims is kept, so that whichever process listens next knows what it has taken. */
async function openClaims({ position, config: { marker } }: TriggerContext<Config>, place: string): Promise<Claims> {
  const known = await position.read('poller');
  const poller = known ?? createToken();
  if (known === undefined) await position.keep('poller', poller);
  return new Claims({ folder: place, poller, marker });
}

async function lookOnce(store: FileStore, look: Look, place: string): Promise<void> {
  const { ctx, claims, files, signal } = look;
  const { marker } = ctx.config;
  const entries = await store.list(place);
  for (const { entry, error } of look.unreadable.newOnes(entries)) {
    ctx.log.warn('file.name-unreadable', { code: error.code, sizeBytes: entry.sizeBytes });
    ctx.reportRefusal(toErrorRecord(error));
  }
  const left = await claims.unsettled(store, entries);
  // With a marker, all that was taken is complete. Otherwise it may have been written on after it was taken.
  const ready = left.filter((file) => files.isStable(file.path, file.state) || marker !== undefined);
  const candidates = candidatesOf(entries, ctx.config).filter(
    (entry) => files.isStable(joinPath(place, entry.name), entry) || marker !== undefined,
  );
  files.endLook();
  if (ready.length + candidates.length === 0) return;
  await makeFolders(store, ctx.config);
  for (const file of ready) {
    if (signal.aborted || !(await handIn(store, look, file))) return;
  }
  for (const entry of candidates) {
    if (signal.aborted) return;
    const file = await claims.claim(store, entry.name);
    // A file that was written on while it was taken is looked at again among the claimed ones.
    if (file === undefined || (file.state.sizeBytes !== entry.sizeBytes && marker === undefined)) continue;
    if (!(await handIn(store, look, file))) return;
  }
}

function candidatesOf(entries: readonly FileEntry[], { patterns, order, marker }: Config): readonly FileEntry[] {
  const names = new Set(entries.map(({ name }) => name));
  const isCandidate = ({ name, kind }: FileEntry) => {
    if (kind !== 'file' || !isName(name) || !matchesGlob(name, patterns)) return false;
    return marker === undefined || (!name.endsWith(marker) && names.has(`${name}${marker}`));
  };
  const rank = ({ sizeBytes, modifiedAtMs = 0 }: FileEntry) => (order === 'name' ? 0 : order === 'time' ? modifiedAtMs : sizeBytes);
  return entries.filter(isCandidate).sort((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1));
}

async function makeFolders(store: FileStore, { doneFolder, failedFolder, afterwards }: Config): Promise<void> {
  if (afterwards === 'move') await store.makeFolder(checkPath(doneFolder));
  await store.makeFolder(checkPath(failedFolder));
}

/** Hands a file in and settles it. Returns false if it could not be stored now: then the next one could not be either. */
async function handIn(store: FileStore, look: Look, file: ClaimedFile): Promise<boolean> {
  const { ctx, emit } = look;
  const taken = await take(store, look, file, emit);
  if (taken === 'later') return false;
  if (taken === 'changed') return true;
  try {
    if (taken !== 'stored') await setAside(store, ctx, file, taken.never);
    else if (ctx.config.afterwards === 'remove') await store.remove(file.path);
    else await moveAside(store, ctx.clock, { from: file.path, folder: checkPath(ctx.config.doneFolder), name: file.name });
  } catch (error) {
    // Another process has taken this trigger over and settled the file.
    if (!(error instanceof AppError && error.code === 'FILE_MISSING') || (await store.stat(file.path)) !== undefined) throw error;
  }
  return true;
}

async function take(store: FileStore, { ctx, signal }: Look, file: ClaimedFile, emit: Emit): Promise<Taken | 'changed'> {
  const { output, maxBytes } = ctx.config;
  let arrival: Arrival;
  try {
    const charset = ctx.adapter!.charset;
    const { sha256, ...content } = await readContent(store, { ...file, output, maxBytes, charset, blobs: ctx.blobs, signal });
    arrival = { message: createMessage(content.data, content), dedupeKey: identityOf(ctx, file, sha256) };
  } catch (error) {
    if (signal.aborted) throw stopped();
    const record = toErrorRecord(error);
    if (record.code === 'FILE_CHANGED') return 'changed';
    // Another process has taken this trigger over.
    if (record.code === 'FILE_MISSING' && (await store.stat(file.path)) === undefined) return 'changed';
    if (isUnexpected(error)) ctx.log.error('file.fault', error, { sizeBytes: file.state.sizeBytes });
    else if (record.kind !== 'input') throw error;
    ctx.reportRefusal(record);
    return { never: record };
  }
  return outcomeOf(() => emit(arrival));
}

/** A fault of the program over one file, which must not keep the other files waiting. Errors of the system have a call. */
function isUnexpected(error: unknown): boolean {
  return !(error instanceof AppError) && (error as NodeJS.ErrnoException | undefined)?.syscall === undefined;
}

/** Stays the same when the file is handed in again after a crash: moving a file keeps its size and time. */
function identityOf({ adapter, config }: TriggerContext<Config>, { name, state }: ClaimedFile, sha256: string): string {
  const what = config.identity === 'content' ? [sha256] : [name, state.sizeBytes, state.modifiedAtMs ?? null];
  return createHash('sha256')
    .update(JSON.stringify([adapter!.adapterId, trimmed(config.folder), ...what]))
    .digest('base64url');
}

async function setAside(store: FileStore, ctx: TriggerContext<Config>, file: ClaimedFile, error: ErrorRecord): Promise<void> {
  ctx.log.warn('file.refused', { code: error.code, sizeBytes: file.state.sizeBytes });
  const path = await moveAside(store, ctx.clock, { from: file.path, folder: checkPath(ctx.config.failedFolder), name: file.name });
  const { code, kind, message, values = {}, fix = '' } = error;
  const { 'zh-CN': zh, en } = error.text ?? bothTexts(new AppError(code, kind, message, { values, fix }));
  await store.write(`${path}.reason.txt`, Readable.from([Buffer.from(`${code}\n${zh}\n${en}\n`)]), 0);
}
