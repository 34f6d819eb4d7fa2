import assert from 'node:assert/strict';
import { it } from 'node:test';
import { AppError } from '../../../engine/contract/values/errors.ts';
import { createSeal } from '../../../engine/seal/create-seal.ts';
import { dataKeysSpec, openDataKeys } from '../../../engine/seal/open-data-keys.ts';
import { fakeClock } from '../../../engine/testing/fake-clock.ts';
import { createMemoryDocuments } from '../../../storage/memory/memory-documents.ts';

const place = { collection: 'executions', id: 'exe_1', field: 'input' };
const kek = new Uint8Array(32).fill(7);
const DAY_MS = 86_400_000;

it('opens what it sealed, texts and bytes, and never seals the same way twice', async () => {
  const { seal } = await setUp();
  for (const text of ['', 'x', '患者 𠮷', 'y'.repeat(100_000)]) {
    assert.equal(seal.openText(place, seal.seal(place, text)), text);
    assert.deepEqual(Buffer.from(seal.open(place, seal.seal(place, Buffer.from(text)))), Buffer.from(text));
  }
  assert.notEqual(seal.seal(place, 'same'), seal.seal(place, 'same'));
});

it('refuses a sealed value that was changed in any byte, cut, or moved to another place', async () => {
  const { seal } = await setUp();
  const sealed = seal.seal(place, 'secret');
  const bytes = Buffer.from(sealed, 'base64');
  for (let at = 0; at < bytes.length; at++) {
    const copy = Buffer.from(bytes);
    copy[at] = (copy[at] ?? 0) ^ 1;
    const expected = at >= 1 && at < 5 ? 'SEAL_KEY_MISSING' : 'SEAL_BROKEN';
    assert.throws(
      () => seal.open(place, copy.toString('base64')),
      isCode(at === 4 ? /SEAL_(KEY_MISSING|BROKEN)/ : new RegExp(expected)),
      `byte ${at}`,
    );
  }
  for (let end = 0; end < bytes.length; end += 7)
    assert.throws(() => seal.open(place, bytes.subarray(0, end).toString('base64')), isCode(/SEAL_BROKEN/));
  for (const moved of [
    { ...place, id: 'exe_2' },
    { ...place, field: 'reply' },
    { collection: 'executions', id: 'exe_1i', field: 'nput' },
  ]) {
    assert.throws(() => seal.open(moved, sealed), isCode(/SEAL_BROKEN/));
  }
});

it('uses a new data key each day and still opens what older ones sealed, also after a restart', async () => {
  const { seal, clock, documents } = await setUp();
  const old = seal.seal(place, 'old');
  await clock.advance(DAY_MS);
  await seal.rotate();
  const next = seal.seal(place, 'new');
  assert.notEqual(old.slice(0, 7), next.slice(0, 7));
  const again = createSeal(await openDataKeys({ documents, kek, clock }));
  assert.equal(again.openText(place, old), 'old');
  assert.equal(again.openText(place, next), 'new');
  assert.equal(again.token('patient', '42'), seal.token('patient', '42'));
});

it('goes on sealing with the newest key when nobody rotated for days', async () => {
  const { seal, clock } = await setUp();
  await clock.advance(5 * DAY_MS);
  assert.equal(seal.openText(place, seal.seal(place, 'late')), 'late');
});

it('lets two processes that start at once share one key a day', async () => {
  const clock = fakeClock();
  const documents = createMemoryDocuments({ clock });
  const [a, b] = (await Promise.all([0, 1].map(() => openDataKeys({ documents, kek, clock })))).map(createSeal);
  assert.equal(b!.openText(place, a!.seal(place, 'x')), 'x');
  assert.equal(a!.token('n', 'v'), b!.token('n', 'v'));
});

it('says which key is missing, and that the key-encryption key is wrong', async () => {
  const { seal, documents, clock } = await setUp();
  const sealed = seal.seal(place, 'x');
  await assert.rejects(openDataKeys({ documents, kek: new Uint8Array(32), clock }), isCode(/SEAL_KEK_WRONG/));
  const keys = await documents.open(dataKeysSpec);
  await keys.remove(`d${Math.floor(clock.now() / DAY_MS)}`);
  await clock.advance(DAY_MS);
  const later = createSeal(await openDataKeys({ documents, kek, clock }));
  assert.throws(() => later.open(place, sealed), isCode(/SEAL_KEY_MISSING/));
});

it('makes tokens that differ by name and value and cannot be shifted between them', async () => {
  const { seal } = await setUp();
  const tokens = [seal.token('ab', 'c'), seal.token('a', 'bc'), seal.token('abc', ''), seal.token('ab', 'd')];
  assert.equal(new Set(tokens).size, tokens.length);
});

async function setUp() {
  const clock = fakeClock();
  const documents = createMemoryDocuments({ clock });
  return { clock, documents, seal: createSeal(await openDataKeys({ documents, kek, clock })) };
}

function isCode(code: RegExp): (error: unknown) => boolean {
  return (error) => error instanceof AppError && code.test(error.code);
}
