import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InFlight, type Listed } from '../../../gateways/listen/in-flight.ts';

interface Named extends Listed {
  readonly name: string;
}

const build = (name: string): Named => ({ name, place: -1 });

test('holds what was added and not yet removed, whatever the order of leaving', () => {
  const inFlight = new InFlight<Named>();
  const items = ['a', 'b', 'c', 'd', 'e'].map(build);
  for (const item of items) inFlight.add(item);

  for (const [leaving, left] of [
    [0, 'bcde'],
    [4, 'bcd'],
    [2, 'bd'],
    [1, 'd'],
    [3, ''],
  ] as const) {
    inFlight.remove(items[leaving]!);
    assert.equal(inFlight.size, left.length);
    assert.equal(
      inFlight
        .all()
        .map(({ name }) => name)
        .sort()
        .join(''),
      left,
    );
  }
});

test('lists those of one moment, so that they may leave while somebody goes through them', () => {
  const inFlight = new InFlight<Named>();
  for (const name of ['a', 'b', 'c']) inFlight.add(build(name));
  const seen: string[] = [];
  for (const item of inFlight.all()) {
    seen.push(item.name);
    inFlight.remove(item);
  }
  assert.deepEqual(seen, ['a', 'b', 'c']);
  assert.equal(inFlight.size, 0);
});
