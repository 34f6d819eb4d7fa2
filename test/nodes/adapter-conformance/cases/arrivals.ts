/** What arrives at a trigger counts once, and what is refused holds nothing up. */
import assert from 'node:assert/strict';
import type { Arrival, ArrivalResult } from '../../../../engine/contract/node/node.ts';
import type { ErrorRecord } from '../../../../engine/contract/values/errors.ts';
import { silentLogger, type Logger } from '../../../../engine/contract/values/observe.ts';
import { listenTrigger, memoryPosition, type ListeningTrigger } from '../../../../engine/testing/listen-trigger.ts';
import { memoryBlobs } from '../../../../engine/testing/memory-blobs.ts';
import { eventually } from '../../../conformance/eventually.ts';
import type { Bench } from '../bench.ts';
import type { Trigger } from '../subject.ts';
import type { Cases } from './outages.ts';

const WITHIN_MS = 60_000;
const REFUSED = { code: 'KIT_POISON', kind: 'input', message: 'The flow refuses it.' } as const satisfies ErrorRecord;
const NOT_NOW = { code: 'STORE_DOWN', kind: 'transient', message: 'Not now.' } as const satisfies ErrorRecord;

export const arrivalCases: Cases = {
  'what is delivered again has the same identity, and is not delivered once more after it was acknowledged': {
    of: 'duplicate',
    async work(bench) {
      const source = await create(bench);
      const [first, last] = [bench.marker(), bench.marker()];
      let seen = 0;
      const listening = keepListening(bench, source, ({ message }) =>
        textOf(message).includes(first) && ++seen === 1
          ? { status: 'refused', error: NOT_NOW }
          : { status: 'duplicate', executionId: 'exe_1' },
      );
      try {
        await listening.deliver(first);
        await listening.comes(first, 2);
        const [before, again] = listening.of(first).map(listening.identity);
        assert.ok(before !== undefined && before === again, `${before}, then ${again}`);
        await listening.deliver(last);
        await listening.comes(last);
        assert.equal(listening.of(first).length, 2);
        assert.notEqual(listening.identity(listening.of(last)[0]!), before);
      } finally {
        await listening.stop();
      }
    },
  },
  'what the flow refuses is put aside with its reason, and the next ones come': {
    of: 'poison',
    async work(bench) {
      const source = await create(bench);
      const [first, poison, last] = [bench.marker(), bench.marker(), bench.marker()];
      const listening = keepListening(bench, source, ({ message }) =>
        textOf(message).includes(poison) ? { status: 'refused', error: REFUSED } : { status: 'accepted', executionId: 'exe_1' },
      );
      try {
        for (const marker of [first, poison, last]) await listening.deliver(marker);
        await listening.comes(last);
        const aside = async () => bench.other.trigger!.setAside(source, listening.refusals());
        await eventually(async () => (await aside()).includes(REFUSED.code), WITHIN_MS);
        const text = await aside();
        assert.ok(!text.includes(first) && !text.includes(last), text);
        assert.equal(listening.of(poison).length, 1);
      } finally {
        await listening.stop();
      }
    },
  },
};

let sources = 0;
export async function create({ other }: Bench): Promise<string> {
  assert.ok(other.trigger !== undefined, 'describe its trigger, or say in `without` why it has none');
  const source = `kit_${process.pid}_${++sources}`;
  await other.trigger.create?.(source);
  return source;
}

const textOf = ({ data, headers }: Arrival['message']) =>
  `${typeof data === 'string' ? data : JSON.stringify(data)}${JSON.stringify(headers)}`;

/** As the engine does: a trigger that cannot continue, or cannot begin, is started again. */
export function keepListening(bench: Bench, source: string, onArrival: (arrival: Arrival) => ArrivalResult) {
  const trigger: Trigger = bench.other.trigger!;
  const { adapter, secrets } = bench.optionsAt(bench.place, undefined, {});
  const arrivals: Arrival[] = [];
  const earlier: ErrorRecord[] = [];
  let now: ListeningTrigger | undefined;
  const position = memoryPosition();
  const blobs = memoryBlobs();
  const stopping = Promise.withResolvers<undefined>();
  const listener = Promise.withResolvers<number>();
  let isStopped = false;
  let failure: unknown;
  const log: Logger = {
    ...silentLogger,
    info: (_event, fields) => void (typeof fields?.['port'] === 'number' && listener.resolve(fields['port'])),
    child: () => log,
  };
  const running = (async () => {
    while (!isStopped) {
      const current: ListeningTrigger | undefined = await listenTrigger(trigger.node, {
        config: trigger.config(source),
        adapter: { ...adapter, settings: trigger.settings ?? adapter.settings },
        ...{ secrets, position, blobs, log },
        onArrival(arrival) {
          arrivals.push(arrival);
          return onArrival(arrival);
        },
      }).catch((error: unknown) => {
        failure = error;
        return undefined;
      });
      if (current === undefined) await new Promise((resolve) => setTimeout(resolve, 200));
      else {
        now = current;
        if (trigger.settings === undefined) listener.resolve(0);
        failure = await Promise.race([current.ended ?? stopping.promise, stopping.promise]);
        await current.stop();
        earlier.push(...current.refusals);
        now = undefined;
      }
    }
  })();
  const of = (marker: string) => arrivals.filter(({ message }) => textOf(message).includes(marker));
  return {
    of,
    async comes(marker: string, times = 1): Promise<void> {
      const isThere = () => of(marker).length >= times;
      await eventually(isThere, WITHIN_MS).catch(() => assert.fail(`it came ${of(marker).length} times; the trigger: ${String(failure)}`));
    },
    identity: (arrival: Arrival) => trigger.identity?.(arrival) ?? arrival.dedupeKey,
    refusals: () => [...earlier, ...(now?.refusals ?? [])],
    deliver: async (marker: string) => trigger.deliver(source, marker, await listener.promise),
    async stop() {
      isStopped = true;
      stopping.resolve(undefined);
      await running;
    },
  };
}
