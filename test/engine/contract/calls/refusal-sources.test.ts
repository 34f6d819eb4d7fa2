import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addUnproven, RefusalSources } from '../../../../engine/contract/calls/refusal-sources.ts';

test('names the most frequent sources of each code, and forgets them after five minutes', () => {
  const sources = new RefusalSources();
  for (let call = 0; call < 5; call += 1) sources.add(0, 1_000, 'GW40103', { app: 'A1' });
  sources.add(0, 2_000, 'GW40103', { ip: '10.0.0.1' });
  sources.add(1, 3_000, 'GW40401', { ip: '10.0.0.1' });
  assert.deepEqual(sources.list(1), [
    {
      code: 'GW40103',
      since: 1_000,
      count: 6,
      from: [
        { app: 'A1', count: 5 },
        { ip: '10.0.0.1', count: 1 },
      ],
    },
    { code: 'GW40401', since: 3_000, count: 1, from: [{ ip: '10.0.0.1', count: 1 }] },
  ]);
  assert.deepEqual(
    sources.list(30).map(({ code }) => code),
    ['GW40401'],
  );
  sources.add(31, 400_000, 'GW40103', { app: 'A1' });
  assert.deepEqual(sources.list(31), [{ code: 'GW40103', since: 400_000, count: 1, from: [{ app: 'A1', count: 1 }] }]);
});

test('a frequent source stays, however many others send a single call each', () => {
  const sources = new RefusalSources();
  for (let call = 0; call < 3_000; call += 1) {
    sources.add(0, 0, 'GW40401', { ip: `10.1.${call >> 8}.${call & 255}` });
    if (call % 10 === 0) sources.add(0, 0, 'GW40401', { ip: '10.9.9.9' });
  }
  const [refusal] = sources.list(0);
  assert.deepEqual([refusal!.count, refusal!.from.length, refusal!.from[0]], [3_300, 3, { ip: '10.9.9.9', count: 300 }]);
  for (let code = 0; code < 50; code += 1) sources.add(0, 0, `GW9${code}`, {});
  assert.equal(sources.list(0).length, 12);
});

test('adds the refusals of two processes', () => {
  const one = { code: 'GW40401', count: 4, since: 20, from: [{ ip: '10.0.0.1', count: 3 }] };
  const other = {
    ...{ code: 'GW40401', count: 7, since: 10 },
    from: [
      { ip: '10.0.0.2', count: 5 },
      { ip: '10.0.0.1', count: 2 },
    ],
  };
  assert.deepEqual(addUnproven([one], [other]), [
    {
      ...{ code: 'GW40401', count: 11, since: 10 },
      from: [
        { ip: '10.0.0.1', count: 5 },
        { ip: '10.0.0.2', count: 5 },
      ],
    },
  ]);
});
