/** The server is killed and comes back: adapters and triggers go on by themselves. */
import assert from 'node:assert/strict';
import { create, keepListening } from './arrivals.ts';
import { assertExplained, failureOf } from './checks.ts';
import { assertRightKind, recovers, type Cases } from './outages.ts';

export const restartCases: Cases = {
  'after the server was killed and started again, the same adapter and trigger go on by themselves': {
    of: 'restart',
    async work(bench) {
      const { other, place, optionsAt, marker, secrets, proxy } = bench;
      const isReading = other.trigger !== undefined && other.trigger.settings === undefined;
      const listening = isReading
        ? keepListening(bench, await create(bench), () => ({ status: 'accepted', executionId: 'exe_1' }))
        : undefined;
      const markers = [marker(), marker()] as const;
      const options = optionsAt(place);
      try {
        for (const act of other.acts) await recovers(act, options, bench);
        if (listening !== undefined) await arrives(listening, markers[0]);
        await other.kill();
        proxy.cut();
        for (const act of other.acts) {
          const error = await failureOf(act.run(marker(), options));
          assertRightKind(error, act);
          assertExplained(error, place, secrets);
        }
        await other.restart();
        for (const act of other.acts) await recovers(act, options, bench);
        if (listening === undefined) return;
        await arrives(listening, markers[1]);
        // A repetition is no harm, if it can be recognised.
        for (const one of markers) assert.equal(new Set(listening.of(one).map(listening.identity)).size, 1);
      } finally {
        await listening?.stop();
      }
    },
  },
};

async function arrives(listening: ReturnType<typeof keepListening>, marker: string): Promise<void> {
  await listening.deliver(marker);
  await listening.comes(marker);
}
