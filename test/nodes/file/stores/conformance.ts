/** What every store of files promises, shown on a real one: see `nodes/file/stores/store.ts`. */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { AppError, type ErrorKind } from '../../../../engine/contract/values/errors.ts';
import { anyFile, anywhere } from '../../../../engine/testing/anywhere.ts';
import { wallClock } from '../../../../engine/testing/wall-clock.ts';
import type { FileSettings } from '../../../../nodes/file/stores/settings.ts';
import type { FileStore, StoreTarget } from '../../../../nodes/file/stores/store.ts';
import { STORES } from '../../../../nodes/file/stores/stores.ts';

export interface StoreLab {
  readonly settings: FileSettings;
  readonly credential: string;
  /** Where the files are on this machine. */
  readonly files: string;
  /** Makes the server, if it is one, end without a word, and starts it again. */
  readonly kill?: () => Promise<void>;
  readonly restart?: () => Promise<void>;
  stop(): Promise<void>;
}

export const failsWith = (code: string, kind: ErrorKind) => (error: unknown) => {
  assert.ok(error instanceof AppError, String(error));
  assert.deepEqual([error.code, error.kind], [code, kind], `${error.message} ${String(error.cause)}`);
  return true;
};

export function openTarget(lab: Pick<StoreLab, 'settings' | 'credential'>, changed: Partial<StoreTarget> = {}): Promise<FileStore> {
  const limits = { connectTimeoutMs: 5000, timeoutMs: 10_000 };
  const target = { ...lab, ...limits, clock: wallClock(), outbound: anywhere, files: anyFile, signal: new AbortController().signal };
  return STORES[lab.settings.kind].open({ ...target, ...changed });
}

export async function readAll(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return Buffer.concat(chunks);
}

export async function* chunksOf(bytes: Uint8Array, size = 100_000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

export function storeConformance(
  name: string,
  { skip, start }: { readonly skip?: string | undefined; readonly start: () => Promise<StoreLab> },
) {
  describe(`files: ${name}`, { skip: skip ?? false }, () => {
    let lab: StoreLab;
    let store: FileStore;
    const put = (path: string, bytes: Uint8Array | string) => store.write(path, chunksOf(Buffer.from(bytes)), 0);
    const names = async (folder: string) => (await store.list(folder)).map((entry) => entry.name).sort();

    before(async () => {
      lab = await start();
      store = await openTarget(lab);
    });
    after(async () => {
      store?.close();
      await lab?.stop();
    });

    it('writes, lists, reads from an offset and removes, with Chinese names and spaces', async () => {
      const bytes = randomBytes(3_000_001);
      await store.makeFolder('病历/检查 报告');
      await store.makeFolder('病历/检查 报告');
      await put('病历/检查 报告/张三 的报告.bin', bytes);
      const [entry] = await store.list('病历/检查 报告');
      assert.deepEqual([entry!.name, entry!.kind, entry!.sizeBytes], ['张三 的报告.bin', 'file', bytes.length]);
      assert.ok(Math.abs(Date.now() - entry!.modifiedAtMs!) < 86_400_000);
      assert.deepEqual(await readAll(store.read('病历/检查 报告/张三 的报告.bin', 0)), bytes);
      assert.deepEqual(await readAll(store.read('病历/检查 报告/张三 的报告.bin', 2_999_990)), bytes.subarray(2_999_990));
      const state = await store.stat('病历/检查 报告/张三 的报告.bin');
      assert.equal(state?.sizeBytes, bytes.length);
      assert.ok(Math.abs(Date.now() - state!.modifiedAtMs!) < 60_000);
      assert.equal((await store.list('病历'))[0]!.kind, 'folder');
      await store.remove('病历/检查 报告/张三 的报告.bin');
      assert.deepEqual(await names('病历/检查 报告'), []);
      await store.removeFolder('病历/检查 报告');
      assert.deepEqual(await names('病历'), []);
    });

    it('lists a file whose name is not text in the charset of names as unreadable', async () => {
      await store.makeFolder('odd');
      await put('odd/\ufffd\ufffd.csv'.replaceAll('\ufffd', lab.settings.nameCharset === 'GBK' ? '检' : '\ufffd'), 'real');
      writeFileSync(Buffer.concat([Buffer.from(`${lab.files}/odd/`), Buffer.from([0xbc, 0xff, 0x80]), Buffer.from('.csv')]), '1');
      const entries = await store.list('odd');
      assert.deepEqual(entries.map(({ kind }) => kind).sort(), ['file', 'unreadable']);
      assert.match(entries.find(({ kind }) => kind === 'unreadable')!.name, /\.csv$/);
    });

    it('writes 10 MB as they are, also an empty file', async () => {
      const bytes = randomBytes(10_000_000);
      await put('large.bin', bytes);
      const digest = createHash('sha256');
      for await (const chunk of store.read('large.bin', 0)) digest.update(chunk);
      assert.equal(digest.digest('hex'), createHash('sha256').update(bytes).digest('hex'));
      await put('empty', '');
      assert.equal((await readAll(store.read('empty', 0))).length, 0);
      assert.equal((await store.stat('empty'))?.sizeBytes, 0);
    });

    it('replaces a file as a whole, and continues one from its end', async () => {
      await put('kept.txt', 'a long content');
      await put('kept.txt', 'short');
      assert.equal(readFileSync(join(lab.files, 'kept.txt'), 'utf8'), 'short');
      await store.write('kept.txt', chunksOf(Buffer.from(', and more')), 5);
      assert.equal(readFileSync(join(lab.files, 'kept.txt'), 'utf8'), 'short, and more');
    });

    it('moves a file, and replaces another one only if it may', async () => {
      await put('from.txt', 'new');
      await put('to.txt', 'old');
      const state = await store.stat('from.txt');
      await assert.rejects(store.rename('from.txt', 'to.txt', { replaces: false }), failsWith('FILE_EXISTS', 'input'));
      assert.equal(readFileSync(join(lab.files, 'to.txt'), 'utf8'), 'old');
      await store.rename('from.txt', 'to.txt', { replaces: true });
      assert.equal(readFileSync(join(lab.files, 'to.txt'), 'utf8'), 'new');
      assert.deepEqual(await store.stat('to.txt'), state, 'size and time stay');
      await store.rename('to.txt', 'moved.txt', { replaces: false });
      assert.equal(await store.stat('to.txt'), undefined);
      await assert.rejects(store.rename('to.txt', 'again.txt', { replaces: false }), { kind: 'input' });
    });

    it('of two that move a file at the same moment, one succeeds', async () => {
      const other = await openTarget(lab);
      try {
        for (let round = 0; round < 30; round++) {
          await put(`race-${round}`, 'once');
          const moves = [store, other].map((one, index) => one.rename(`race-${round}`, `won-${round}-${index}`, { replaces: false }));
          const results = await Promise.allSettled(moves);
          const won = (await names('')).filter((found) => found.startsWith(`won-${round}-`));
          assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1);
          assert.equal(won.length, 1);
        }
      } finally {
        other.close();
      }
    });

    it('says what is missing', async () => {
      assert.equal(await store.stat('nothing'), undefined);
      assert.equal(await store.stat('nowhere/nothing'), undefined);
      await assert.rejects(readAll(store.read('nothing', 0)), failsWith('FILE_MISSING', 'input'));
      await assert.rejects(store.remove('nothing'), failsWith('FILE_MISSING', 'input'));
      await assert.rejects(store.list('nowhere'), { kind: 'input' });
      await assert.rejects(put('nowhere/file', 'x'), { kind: 'input' });
      assert.equal(store.isUsable, true);
    });

    it('lists a link as something else than a file', async () => {
      writeFileSync(join(lab.files, 'target'), 'x');
      symlinkSync(join(lab.files, 'target'), join(lab.files, 'link'));
      assert.equal((await store.list('')).find((entry) => entry.name === 'link')?.kind, 'other');
    });

    it('a reading that ends early leaves nothing open', async () => {
      const one = await openTarget(lab);
      await one.write('early.bin', chunksOf(randomBytes(5_000_000)), 0);
      for await (const chunk of one.read('early.bin', 0)) {
        assert.ok(chunk.length > 0);
        break;
      }
      if (one.isUsable) assert.equal((await one.stat('early.bin'))?.sizeBytes, 5_000_000);
      one.close();
    });

    it('a source that fails ends the writing with its error', async () => {
      const one = await openTarget(lab);
      const broken = async function* () {
        yield Buffer.from('begin');
        throw new AppError('TEST_SOURCE', 'transient', 'The source broke.');
      };
      await assert.rejects(one.write('broken.part', broken(), 0), failsWith('TEST_SOURCE', 'transient'));
      one.close();
    });

    it('a lost connection is no answer, and the next one works', async () => {
      if (lab.kill === undefined) return;
      await put('half.bin', randomBytes(8_000_000));
      const one = await openTarget(lab);
      const half = async () => {
        for await (const chunk of one.read('half.bin', 0)) {
          assert.ok(chunk.length > 0);
          await lab.kill!();
        }
      };
      await assert.rejects(half(), failsWith('FILE_NO_ANSWER', 'transient'));
      assert.equal(one.isUsable, false);
      await assert.rejects(one.list(''), failsWith('FILE_NO_ANSWER', 'transient'));
      await assert.rejects(openTarget(lab), failsWith('FILE_CONNECT_FAILED', 'transient'));
      await lab.restart!();
      store = await openTarget(lab);
      assert.ok((await names('')).length > 0);
    });
  });
}
