/** Names and folders that would lead out of the exchange folder: nothing is made, changed or read anywhere else. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { openExchangeFolder } from '../../../engine/transfer/exchange-folder.ts';

const NAMES = [
  ...['', '.', '..', '../out', '../../etc/passwd', '/etc/passwd', '/dev/zero', '/proc/self/environ', 'sub/file', 'sub/', 'name/', './name'],
  ...[
    'a/../../out',
    '..\\out',
    'C:\\out',
    'name\0',
    'name\0.kqb',
    '\0',
    '~root',
    '-rf',
    ' name',
    'name ',
    'na\nme',
    'na\x1b[2Jme',
    '%2e%2e%2fout',
  ],
  ...[
    '..%2fout',
    '．．／out',
    'na\u202eme',
    'cafe\u0301',
    '\ud800',
    `${'n'.repeat(201)}`,
    '文'.repeat(80),
    'name.unfinished',
    '.hidden',
    'a:b',
    'a*b',
    '$(id)',
  ],
];

test('refuses every name that is more than a name, and touches nothing outside', async (t) => {
  const { exchange, outside } = place(t);
  const before = outside();
  for (const name of NAMES) await assert.rejects(exchange.create(name), { code: 'EXCHANGE_NAME' }, JSON.stringify(name));
  assert.ok(NAMES.length >= 30);
  assert.deepEqual(outside(), before);
});

test('a name in any script is written with mode 0600, and appears when it is whole', async (t) => {
  const { exchange, folder } = place(t);
  const file = await exchange.create('备份-2026.kqb');
  await file.handle.writeFile('whole');
  assert.deepEqual(readdirSync(folder), ['备份-2026.kqb.unfinished']);
  await file.keep();
  assert.equal(file.file, join(folder, '备份-2026.kqb'));
  assert.deepEqual(
    [readFileSync(file.file, 'utf8'), lstatSync(file.file).mode & 0o777, lstatSync(folder).mode & 0o777],
    ['whole', 0o600, 0o700],
  );
});

test('what lies under the name already is neither followed nor replaced: link, dangling link, hard link of the key, pipe, folder, file', async (t) => {
  const { exchange, folder, root, kek } = place(t);
  mkdirSync(folder, { mode: 0o700 });
  symlinkSync(kek, join(folder, 'link'));
  symlinkSync(join(root, 'nowhere'), join(folder, 'dangling'));
  linkSync(kek, join(folder, 'hard'));
  execFileSync('mkfifo', [join(folder, 'pipe')]);
  mkdirSync(join(folder, 'folder'));
  writeFileSync(join(folder, 'file'), 'mine');
  for (const name of ['link', 'dangling', 'hard', 'pipe', 'folder', 'file'])
    await assert.rejects(exchange.create(name), { code: 'BACKUP_EXISTS' }, name);
  // Where the unfinished file would lie: the link goes, what it leads to stays.
  symlinkSync(kek, join(folder, 'next.unfinished'));
  linkSync(kek, join(folder, 'last.unfinished'));
  for (const name of ['next', 'last']) {
    const file = await exchange.create(name);
    await file.handle.writeFile('written');
    await file.keep();
  }
  assert.equal(readFileSync(kek, 'utf8'), 'the key');
  assert.ok(!readdirSync(root).includes('nowhere'));
});

test('what got the name while the file was written is not replaced', async (t) => {
  const { exchange, folder, kek } = place(t);
  const file = await exchange.create('late');
  symlinkSync(kek, join(folder, 'late'));
  await assert.rejects(file.keep(), { code: 'BACKUP_EXISTS' });
  await file.drop();
  assert.deepEqual([readFileSync(kek, 'utf8'), readdirSync(folder)], ['the key', ['late']]);
});

test('an exchange folder that is a link, a file, of too wide a mode, or cannot be made is refused', async (t) => {
  const { exchange, folder, root } = place(t);
  mkdirSync(join(root, 'elsewhere'), { mode: 0o700 });
  symlinkSync(join(root, 'elsewhere'), folder);
  await assert.rejects(exchange.create('a'), { code: 'EXCHANGE_FOLDER' });
  assert.deepEqual(readdirSync(join(root, 'elsewhere')), []);
  rmSync(folder);
  writeFileSync(folder, '');
  await assert.rejects(exchange.create('a'), { code: 'EXCHANGE_FOLDER' });
  rmSync(folder);
  mkdirSync(folder);
  chmodSync(folder, 0o755);
  await assert.rejects(exchange.create('a'), { code: 'EXCHANGE_FOLDER' });
  await assert.rejects(openExchangeFolder('/proc/self/exchange').create('a'), { code: 'EXCHANGE_FOLDER' });
});

test('a folder or link put in the place of the opened one gets nothing', async (t) => {
  const { exchange, folder, root } = place(t);
  const file = await exchange.create('raced');
  renameSync(folder, `${folder}-moved`);
  const trap = join(root, 'trap');
  mkdirSync(trap);
  symlinkSync(trap, folder);
  await file.handle.writeFile('written');
  await file.keep();
  assert.deepEqual([readdirSync(trap), readdirSync(`${folder}-moved`)], [[], ['raced']]);
});

test('nothing lands outside while folder and link change places all the time', async (t) => {
  const { exchange, folder, root } = place(t);
  const trap = join(root, 'trap');
  mkdirSync(trap, { mode: 0o700 });
  mkdirSync(folder, { mode: 0o700 });
  let swaps = 0;
  const swap = setInterval(() => {
    renameSync(folder, `${folder}-${++swaps}`);
    try {
      symlinkSync(trap, folder);
    } catch {
      // A new folder was created in the meantime.
      return;
    }
    rmSync(folder);
    renameSync(`${folder}-${swaps}`, folder);
  }, 0);
  t.after(() => clearInterval(swap));
  for (let n = 0; n < 300; n++) {
    const file = await exchange.create(`n${n}`).catch(() => undefined);
    await file?.keep();
  }
  assert.ok(swaps > 10, `${swaps}`);
  assert.deepEqual(readdirSync(trap), []);
});

function place(t: TestContext) {
  const root = mkdtempSync(join(tmpdir(), 'kq-exchange-'));
  t.after(() => rmSync(root, { recursive: true }));
  const kek = join(root, 'data.kek');
  writeFileSync(kek, 'the key');
  const folder = join(root, 'data.exchange');
  const outside = () => readdirSync(root).filter((name) => name !== 'data.exchange');
  return { root, kek, folder, exchange: openExchangeFolder(folder), outside };
}
