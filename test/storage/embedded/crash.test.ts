// @never-rerun: a single failure is a failure.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, it } from 'node:test';
import { AppError } from '../../../engine/contract/values/errors.ts';
import { silentLogger } from '../../../engine/contract/values/observe.ts';
import { fakeClock } from '../../../engine/testing/fake-clock.ts';
import { openEmbeddedDocuments } from '../../../storage/embedded/open-embedded-documents.ts';
import { visitsSpec } from '../../conformance/documents.ts';

const folder = await mkdtemp(join(tmpdir(), 'kq-crash-'));
after(() => rm(folder, { recursive: true }));

it('keeps everything it answered when the process is killed in the middle of writing, five times over', { timeout: 240_000 }, async () => {
  const answered = new Map<string, number>();
  for (let round = 0; round < 5; round++) {
    for (const [id, bed] of await writeAndKill(round)) answered.set(id, bed);
    const documents = await openStore();
    const visits = await documents.open(visitsSpec('visits'));
    for (const [id, bed] of answered) {
      const visit = await visits.get(id);
      assert.ok(visit && (visit.bed ?? -1) >= bed, `${id} was answered with bed ${bed}, found ${JSON.stringify(visit)}`);
    }
    const some = [...answered.keys()].at(-1) as string;
    assert.deepEqual(
      (await visits.find({ tags: `t${some}` }, { limit: 2 })).map(({ _id }) => _id),
      [some],
    );
    await documents.close();
  }
  assert.ok(answered.size > 500, `only ${answered.size} writes were tried`);
});

it('refuses a second process, and a second opener in the same process, and says what to do', { timeout: 240_000 }, async () => {
  const documents = await openStore();
  const isLocked = (error: unknown) =>
    error instanceof AppError && error.code === 'STORE_LOCKED' && /Stop that process/.test(error.fix ?? '');
  await assert.rejects(openStore(), isLocked);
  const second = startWriter(99);
  let errors = '';
  second.stderr.on('data', (text: Buffer) => void (errors += text.toString()));
  const [code] = (await once(second, 'close')) as [number];
  assert.notEqual(code, 0);
  assert.match(errors, /STORE_LOCKED/);
  await documents.ping();
  await documents.close();
  await (await openStore()).close();
});

it('says at once that the file is damaged, and lets the folder go', { timeout: 240_000 }, async () => {
  const damaged = await mkdtemp(join(tmpdir(), 'kq-damaged-'));
  await writeFile(join(damaged, 'store.sqlite'), 'this is no database, whatever its name says'.repeat(100));
  const isDamaged = (error: unknown) => error instanceof AppError && error.code === 'STORE_DAMAGED' && /backup/.test(error.fix ?? '');
  const open = () => openEmbeddedDocuments({ folder: damaged, clock: fakeClock(), logger: silentLogger });
  await assert.rejects(open(), isDamaged);
  await assert.rejects(open(), isDamaged);
  await rm(damaged, { recursive: true });
});

function openStore() {
  return openEmbeddedDocuments({ folder, clock: fakeClock(), logger: silentLogger });
}

function startWriter(round: number) {
  const program = join(import.meta.dirname, 'write-until-killed.ts');
  return spawn(process.execPath, [program, folder, String(round)], { stdio: ['ignore', 'pipe', 'pipe'] });
}

/** What was answered before the kill: id -> bed. A last line cut short was not read by anybody. */
async function writeAndKill(round: number): Promise<readonly (readonly [string, number])[]> {
  const child = startWriter(round);
  let output = '';
  const least = 300 + Math.floor(Math.random() * 2000);
  child.stdout.on('data', (text: Buffer) => {
    output += text.toString();
    if (output.length > least * 10) child.kill('SIGKILL');
  });
  await once(child, 'close');
  const lines = output.slice(0, output.lastIndexOf('\n')).split('\n');
  return lines.map((line) => {
    const [id = '', bed] = line.split(' ');
    return [id, Number(bed)];
  });
}
