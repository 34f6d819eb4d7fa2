import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { test, type TestContext } from 'node:test';
import { exitCodeOf } from '../../../cli/shared/exit-codes.ts';
import { readBytes, readInput, readJsonInput } from '../../../cli/shared/read-input.ts';

test('a file of a Windows editor is read without its mark, and bytes stay as they are', async (t) => {
  const file = fileOf(t, Buffer.from('\ufeff{"name":"甲院"}'));
  assert.deepEqual(await readJsonInput(file), { name: '甲院' });
  const gbk = Buffer.from([0xbc, 0xd7, 0xd4, 0xba]);
  assert.deepEqual(await readBytes(fileOf(t, gbk)), gbk);
});

test('a dash is standard input, also where a character is cut', async (t) => {
  const bytes = Buffer.from('{"a":"院"}');
  standardInput(t, [bytes.subarray(0, 7), bytes.subarray(7)]);
  assert.deepEqual(await readJsonInput('-'), { a: '院' });
  standardInput(t, ['{"a":']);
  await assert.rejects(readJsonInput('-'), { message: /standard input.* line 1, column 6/ });
  standardInput(t, []);
  await assert.rejects(readJsonInput('-'), { message: /standard input is empty/ });
});

test('a file that cannot be read is named with the reason and the way out, and is wrong usage', async (t) => {
  const folder = fileOf(t, '{}').replace(/input$/, 'folder');
  mkdirSync(folder);
  for (const [file, problem] of [
    [`${folder}/none.json`, 'missing'],
    [folder, 'folder'],
  ] as const) {
    await assert.rejects(readInput(file), (error: { code?: string; message?: string; values?: object }) => {
      assert.deepEqual([error.code, exitCodeOf(error)], ['INPUT_UNREADABLE', 2]);
      assert.ok(error.message?.startsWith(`${file} cannot be read:`), error.message);
      return (error.values as { problem: string }).problem === problem;
    });
  }
});

test(
  'a file that its reader may not read says so',
  { skip: process.getuid?.() === 0 && 'allowed: root may read everything' },
  async (t) => {
    const file = fileOf(t, '{}');
    chmodSync(file, 0o000);
    await assert.rejects(readInput(file), { message: /permission/, fix: /owner/ });
  },
);

test('broken JSON is told by line and column, wherever it breaks', async (t) => {
  for (const [text, line, column] of [
    ['{\n  "a": 1,\n  "b": ,\n}', 3, 8],
    ['{"a": 1', 1, 8],
    ['{"a": "open', 1, 12],
    ['{"a": 1}\n{"b": 2}', 2, 1],
    ['[1, 2,]', 1, 7],
    ['{"a": tru}', 1, 10],
    ["{'a': 1}", 1, 2],
    ['<html>', 1, 1],
    ['{"院": "一",\n "乙": nul1}', 2, 10],
  ] as const) {
    await assert.rejects(readJsonInput(fileOf(t, text)), (error: { code?: string; values?: Record<string, unknown> }) => {
      assert.deepEqual([error.code, error.values?.['line'], error.values?.['column']], ['INPUT_NOT_JSON', line, column], text);
      return exitCodeOf(error) === 2;
    });
  }
});

test('the place in a large file is found without reading it over and over', async (t) => {
  const records = Array.from({ length: 20_000 }, (_, id) => `  {"id": ${id}, "name": "病人"}`);
  records[15_000] = '  {"id": 15000 "name": "病人"}';
  await assert.rejects(readJsonInput(fileOf(t, `[\n${records.join(',\n')}\n]`)), { message: /line 15002, column 16/ });
});

test('a file with nothing but blanks holds nothing', async (t) => {
  await assert.rejects(readJsonInput(fileOf(t, ' \n\t')), { code: 'INPUT_NOT_JSON', message: /is empty/ });
});

function fileOf(t: TestContext, content: string | Buffer): string {
  const folder = mkdtempSync(join(tmpdir(), 'kq-input-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'input');
  writeFileSync(file, content);
  return file;
}

function standardInput(t: TestContext, chunks: readonly (string | Buffer)[]): void {
  const own = Object.getOwnPropertyDescriptor(process, 'stdin')!;
  const value = Readable.from(chunks.map((chunk) => Buffer.from(chunk)));
  Object.defineProperty(process, 'stdin', { configurable: true, value });
  t.after(() => Object.defineProperty(process, 'stdin', own));
}
