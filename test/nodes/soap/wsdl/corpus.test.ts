/**
 * Descriptions of others (test/wsdl of node-soap) against zeep: no file is refused that zeep reads, each operation that
 * zeep finds has all fields that zeep finds, and each refusal names a reason and a place.
 */
import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { AppError } from '../../../../engine/contract/values/errors.ts';
import type { Offer } from '../../../../engine/contract/node/node.ts';
import { prepareWsimport, readByWsimport } from '../../../servers/wsimport.ts';
import { prepareZeep, runZeep } from '../../../servers/zeep.ts';
import { upload } from './describe.ts';

const folder = fileURLToPath(new URL('../../../../../shared/corpora/wsdl/', import.meta.url));

type Described = Readonly<Record<string, { readonly operations?: Readonly<Record<string, readonly string[]>>; readonly refused?: string }>>;

/** As a person would upload it: the file, and the files in its folder that it may import. */
function read(path: string): Promise<readonly Offer[]> {
  const beside = globSync('*.{wsdl,xsd}', { cwd: join(folder, dirname(path)) }).filter(
    (name) => dirname(path) !== '.' || name === basename(path),
  );
  const imported = beside.filter((name) => name !== basename(path) && !(name.endsWith('.wsdl') && isAlone(path)));
  const content = (name: string) => readFileSync(join(folder, dirname(path), name));
  return upload(Object.fromEntries([basename(path), ...imported].map((name) => [name, content(name)])));
}

/** True if it imports no other WSDL. */
function isAlone(path: string): boolean {
  return !/<(?:\w+:)?import[^>]*location="[^"]*\.wsdl/.test(readFileSync(join(folder, path), 'utf8'));
}

test('every operation that zeep knows has its shape, and no file is refused that zeep reads', async (t) => {
  if (!existsSync(folder)) return t.skip('allowed: the WSDL corpus is not beside this checkout');
  const absent = prepareZeep();
  if (absent !== undefined) {
    assert.notEqual(process.env.CI, 'true', absent);
    return t.skip(absent);
  }
  const known = (await runZeep('describe', folder)) as Described;
  assert.ok(Object.keys(known).length > 15);
  for (const [path, { operations, refused }] of Object.entries(known)) {
    await t.test(path, async () => {
      const offers = await read(path).catch((error: AppError) => error);
      if (offers instanceof Error) {
        assert.notEqual(refused, undefined, `zeep reads it, but it was refused: ${offers.message}`);
        assert.match(offers.message, /^[\w./-]+\.(wsdl|xsd), line \d+/, 'the refusal names its place');
        return;
      }
      for (const [operation, fields] of Object.entries(operations ?? {})) {
        const offer = offers.find(({ name }) => name === operation);
        assert.ok(offer, `${operation} is missing`);
        const names = Object.keys((offer.takes['properties'] ?? {}) as object).map((name) => name.replace(/^@/, ''));
        // zeep calls text and "anything" `_value_1`.
        for (const field of fields)
          assert.ok(field.startsWith('_') || names.includes(field) || field === offer.config['operation'], `${operation}: ${field}`);
      }
    });
  }
});

test('no file is refused that wsimport reads', async (t) => {
  if (!existsSync(folder)) return t.skip('allowed: the WSDL corpus is not beside this checkout');
  const absent = prepareWsimport();
  if (absent !== undefined) {
    assert.notEqual(process.env.CI, 'true', absent);
    return t.skip(absent);
  }
  const all = await readByWsimport(folder);
  assert.ok(all.length > 15);
  assert.ok(all.some(({ isRead }) => isRead));
  const refused: string[] = [];
  for (const { path, isRead } of all) {
    const isOurs = await read(path).then(
      () => true,
      () => false,
    );
    if (!isOurs) refused.push(path);
    assert.ok(isOurs || !isRead, path);
  }
  t.diagnostic(`${all.length} files: wsimport reads ${all.filter(({ isRead }) => isRead).length}, refused here: ${refused.join(', ')}`);
});
