import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';
import { AppError } from '../../../engine/contract/values/errors.ts';
import { silentLogger } from '../../../engine/contract/values/observe.ts';
import { runUntilSignal, type Life } from '../../../engine/host/run-until-signal.ts';
import { systemClock } from '../../../engine/host/system-clock.ts';
import { fakeClock } from '../../../engine/testing/fake-clock.ts';

class Host extends EventEmitter {
  readonly exits: number[] = [];
  exit(code: number): void {
    this.exits.push(code);
  }
}
const turn = () => new Promise((resolve) => setImmediate(resolve));

test('a signal stops the parts in reverse order', async () => {
  const host = new Host();
  const stopped: string[] = [];
  const code = runUntilSignal(
    async (life) => {
      for (const name of ['store', 'worker', 'gateway']) life.own(name, () => void stopped.push(name));
    },
    { clock: fakeClock(), logger: silentLogger, process: host },
  );
  await turn();
  assert.deepEqual(stopped, []);
  host.emit('SIGTERM', 'SIGTERM');
  assert.equal(await code, 0);
  assert.deepEqual(stopped, ['gateway', 'worker', 'store']);
  assert.deepEqual([host.listenerCount('SIGINT'), host.listenerCount('unhandledRejection'), host.exits], [0, 0, []]);
});

test('a part that never stops is left behind in time, and the others still stop', async () => {
  const host = new Host();
  const clock = fakeClock();
  const stopped: string[] = [];
  const code = runUntilSignal(
    async (life) => {
      life.own('store', () => void stopped.push('store'));
      life.own('stuck', () => new Promise<void>(() => {}));
      life.own('failing', async () => Promise.reject(new Error('no')));
    },
    { clock, logger: silentLogger, process: host, drainMs: 5000 },
  );
  await turn();
  host.emit('SIGINT', 'SIGINT');
  await turn();
  await clock.advance(5000);
  assert.equal(await code, 1);
  assert.deepEqual(stopped, ['store']);
});

test('a second signal exits at once', async () => {
  const host = new Host();
  const release = Promise.withResolvers<void>();
  const code = runUntilSignal(async (life) => life.own('slow', () => release.promise), {
    clock: fakeClock(),
    logger: silentLogger,
    process: host,
  });
  await turn();
  host.emit('SIGINT', 'SIGINT');
  host.emit('SIGINT', 'SIGINT');
  assert.deepEqual(host.exits, [130]);
  release.resolve();
  await code;
});

test('what was started is stopped when the start fails', async () => {
  const host = new Host();
  const stopped: string[] = [];
  const start = async (life: Life) => {
    life.own('store', () => void stopped.push('store'));
    throw new Error('port taken');
  };
  await assert.rejects(runUntilSignal(start, { clock: fakeClock(), logger: silentLogger, process: host }), /port taken/);
  assert.deepEqual(stopped, ['store']);
});

test('a start that is under way ends before what it has opened is stopped, or is left behind', async () => {
  for (const [heeds, code] of [
    [true, 0],
    [false, 1],
  ] as const) {
    const host = new Host();
    const clock = fakeClock();
    const seen: string[] = [];
    const start = async (life: Life) => {
      life.own('store', () => void seen.push('store stopped'));
      await new Promise<void>((resolve) => heeds && life.signal.addEventListener('abort', () => resolve()));
      life.own('late', () => void seen.push('late stopped'));
      seen.push('start ends');
      throw new AppError('STORE_DOWN', 'transient', 'Of no more interest.');
    };
    const ended = runUntilSignal(start, { clock, logger: silentLogger, process: host, drainMs: 5000 });
    await turn();
    host.emit('SIGINT', 'SIGINT');
    await turn();
    await clock.advance(heeds ? 0 : 2500);
    assert.equal(await ended, code);
    assert.deepEqual(seen, heeds ? ['start ends', 'late stopped', 'store stopped'] : ['store stopped']);
  }
});

test('an unhandled rejection ends the process with a code that is not 0', async () => {
  const host = new Host();
  let life: Life | undefined;
  const code = runUntilSignal(async (given) => void (life = given), { clock: fakeClock(), logger: silentLogger, process: host });
  await turn();
  host.emit('unhandledRejection', new Error('lost'));
  assert.deepEqual(host.exits, [70]);
  life?.end();
  assert.equal(await code, 0);
});

test('the real clock waits, cancels, and never runs backwards', async () => {
  const before = systemClock.monotonic();
  await new Promise<void>((resolve, reject) => {
    systemClock.after(2, () => reject(new Error('cancelled timers do not fire')))();
    const alive = setTimeout(() => {}, 1000);
    systemClock.after(50, () => {
      clearTimeout(alive);
      resolve();
    });
    systemClock.after(3_000_000_000, () => reject(new Error('35 days are not over yet')));
  });
  assert.ok(systemClock.monotonic() - before >= 25);
});

test('time-outs of one length end in their order, whoever leaves before', async () => {
  const ended: string[] = [];
  await new Promise<void>((resolve) => {
    const alive = setTimeout(() => {}, 10_000);
    const [first, , third] = ['a', 'b', 'c', 'd'].map((name) => systemClock.after(20, () => ended.push(name)));
    for (const cancel of [first!, third!, third!]) cancel();
    systemClock.after(5, () => {
      systemClock.after(20, () => {
        first!();
        ended.push('e');
        clearTimeout(alive);
        resolve();
      });
    });
  });
  assert.deepEqual(ended, ['b', 'd', 'e']);
});
