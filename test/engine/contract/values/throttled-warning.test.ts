import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLogger, type LogFields, type Logger } from '../../../../engine/contract/values/observe.ts';
import { createThrottledWarning } from '../../../../engine/contract/values/throttled-warning.ts';
import { fakeClock } from '../../../../engine/testing/fake-clock.ts';

test('logs the first at once, then one line for ten seconds with their number, and none that did not happen', async () => {
  const clock = fakeClock();
  const lines: (LogFields | undefined)[] = [];
  const log: Logger = { ...silentLogger, warn: (_event, fields) => void lines.push(fields) };
  const warn = createThrottledWarning(log, clock, 'door.refused');
  for (let i = 1; i <= 1000; i++) warn({ ip: `192.0.2.${i % 2}` });
  assert.deepEqual(lines, [{ ip: '192.0.2.1', count: 1 }]);
  await clock.advance(10_000);
  assert.deepEqual(lines.slice(1), [{ ip: '192.0.2.0', count: 999 }]);
  warn({ ip: '192.0.2.9' });
  assert.equal(lines.length, 2, 'still within ten seconds');
  await clock.advance(10_000);
  assert.deepEqual(lines[2], { ip: '192.0.2.9', count: 1 });
  await clock.advance(60_000);
  assert.deepEqual([lines.length, clock.pending()], [3, 0]);
  warn({ ip: '192.0.2.8' });
  assert.deepEqual(lines[3], { ip: '192.0.2.8', count: 1 }, 'at once again');
});
