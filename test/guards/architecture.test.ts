/** docs/architecture.md and its picture show the rooms that there are, and who imports whom. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { test } from 'node:test';
import { PICTURES, pictures } from '../../scripts/generate-pictures.ts';
import { PRODUCT_ROOT } from '../support/copy-product.ts';

const PARTS = ['engine', 'nodes', 'storage', 'gateways', 'control', 'designer/src', 'cli', 'sdk'];
const page = readFileSync(join(PRODUCT_ROOT, 'docs/architecture.md'), 'utf8');
const picture = readFileSync(join(PICTURES, 'architecture.dot'), 'utf8').replaceAll(/^\s*\/\/.*$/gm, '');
const rooms = globSync(
  PARTS.map((part) => `${part}/*/**/*.{ts,tsx}`),
  { cwd: PRODUCT_ROOT },
)
  .map((file) => file.split('/').slice(0, file.startsWith('designer/') ? 3 : 2))
  .map((path) => path.join('/'));

for (const { file, svg } of await pictures()) {
  test(`docs/pictures/${file} is as its source draws it (npm run generate:pictures)`, () => {
    assert.equal(readFileSync(join(PICTURES, file), 'utf8'), svg);
  });
}

test('docs/architecture.md names each room, and no other', () => {
  const named = Array.from(page.matchAll(/^- `([\w/-]+)\/`/gm), ([, room]) => room!);
  assert.deepEqual(
    named.toSorted(),
    // A newcomer to nodes begins with any protocol: they are alike.
    [...new Set(rooms)].filter((room) => !room.startsWith('nodes/') || room === 'nodes/shared').toSorted(),
  );
});

test('the life of a request names each policy', () => {
  const life = readFileSync(join(PRODUCT_ROOT, 'docs/lifecycle-of-a-request.md'), 'utf8');
  const policies = globSync('gateways/policies/*/*.policy.ts', { cwd: PRODUCT_ROOT });
  assert.ok(policies.length > 10);
  assert.deepEqual(
    policies.filter((file) => !life.includes(file)),
    [],
  );
});

test('the picture shows each room of the engine once', () => {
  const engine = new Set(rooms.filter((room) => room.startsWith('engine/')).map((room) => room.split('/')[1]!));
  const shown = ['engine', 'shared'].flatMap(roomsIn).concat('contract');
  assert.deepEqual(shown.toSorted(), [...engine].toSorted());
});

test('the arrows of the picture are the imports of the code', () => {
  const arrows = picture.split('\n').filter((line) => line.includes(' -> ') && !line.includes('invis'));
  const shown = arrows.map((line) => /\w+ -> \w+/.exec(line)![0]);
  assert.deepEqual(shown.filter(isDrawn).toSorted(), [...new Set(importsBetween().filter(isDrawn))].toSorted());
});

/** The command line imports all, and all import the contract: in words. */
function isDrawn(arrow: string): boolean {
  return !arrow.startsWith('cli ') && !arrow.endsWith(' contract');
}

/** The rooms in the label of a box: each paragraph after the first lists some, behind a colon where it has a title. */
function roomsIn(box: string): string[] {
  const label = new RegExp(`^ +${box} \\[.*label="([^"]*)"`, 'm').exec(picture)![1]!;
  const paragraphs = label
    .split('\\n\\n')
    .slice(1)
    .map((text) => text.replaceAll('\\n', ' ').replace(/^.*: /, ''));
  return paragraphs.flatMap((names) => names.split(', '));
}

function importsBetween(): string[] {
  const below = new Set(roomsIn('shared'));
  const boxOf = (file: string) => {
    const [part, room] = file.split('/');
    if (part !== 'engine') return part!;
    return room === 'contract' ? 'contract' : below.has(room!) ? 'shared' : 'engine';
  };
  return globSync(
    PARTS.map((part) => `${part}/**/*.{ts,tsx}`),
    { cwd: PRODUCT_ROOT },
  ).flatMap((file) =>
    importsOf(file)
      .map((imported) => [boxOf(file), boxOf(imported)] as const)
      .filter(([from, to]) => from !== to)
      .map(([from, to]) => `${from} -> ${to}`),
  );
}

function importsOf(file: string): string[] {
  const text = readFileSync(join(PRODUCT_ROOT, file), 'utf8');
  return Array.from(text.matchAll(/(?:\bfrom|\bimport\() *'(\.[^']+)'/g), ([, path]) => normalize(join(dirname(file), path!)));
}
