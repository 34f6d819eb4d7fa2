/** Alarms on memory with a clock that stands still; what is wrong is said by the test, or found by the real rules. */
import { createAlarms, type Alarms } from '../../../control/alarms/create-alarms.ts';
import { openAlarmSettings, type AlarmSettings, type AlarmSettingsStore } from '../../../control/alarms/alarm-settings.ts';
import { openAlarmStore, type AlarmDocument, type AlarmStore } from '../../../control/alarms/alarm-store.ts';
import type { Problem } from '../../../control/alarms/find-problems.ts';
import type { AlarmRuleName } from '../../../control/alarms/alarm-rules.ts';
import { createSendNotice, type SendDeps, type SendNotice } from '../../../control/alarms/send-notice.ts';
import { AppError } from '../../../engine/contract/values/errors.ts';
import { silentLogger, silentMetrics } from '../../../engine/contract/values/observe.ts';
import type { SharedState } from '../../../engine/contract/ports/shared-state.ts';
import { fakeClock, type FakeClock } from '../../../engine/testing/fake-clock.ts';
import { createMemorySharedState } from '../../../storage/in-process/memory-shared-state.ts';
import { createMemoryDocuments } from '../../../storage/memory/memory-documents.ts';
import { outboundAnywhere } from '../../support/outbound.ts';
import { openSeal } from '../../support/model-engine.ts';

export interface Told {
  readonly receiver: string;
  readonly lines: readonly string[];
}

export interface AlarmLab {
  readonly clock: FakeClock;
  readonly store: AlarmStore;
  readonly settings: AlarmSettingsStore;
  readonly told: Told[];
  /** What is wrong now. */
  problems: Problem[];
  unknown: AlarmRuleName[];
  isStoreDown: boolean;
  isSharedDown: boolean;
  /** Receivers that do not answer. */
  readonly deaf: Set<string>;
  /** Another control on the same store. */
  start(send?: SendNotice): Promise<Alarms>;
  set(change: Partial<AlarmSettings>, secrets?: Readonly<Record<string, string>>): Promise<void>;
  /** Passes time in steps in which every control looks. */
  pass(minutes: number): Promise<void>;
  alarms(): Promise<readonly AlarmDocument[]>;
}

const STEP_MS = 15_000;
const MINUTE_MS = 60_000;

export const webhook = (receiverId: string, group: 'first' | 'second' = 'first', url = 'http://127.0.0.1:1/') =>
  ({ receiverId, name: receiverId, on: true, group, kind: 'webhook', url }) as const;

export async function openAlarmLab(): Promise<AlarmLab> {
  const clock = fakeClock();
  const documents = createMemoryDocuments({
    clock,
    onOperation: ({ phase }) => {
      if (phase === 'before' && lab.isStoreDown) throw down('STORE_DOWN');
    },
  });
  const memory = createMemorySharedState({ clock });
  const shared: SharedState = {
    ...memory,
    acquireLease: (...asked) => (lab.isSharedDown ? Promise.reject(down('SHARED_STATE_DOWN')) : memory.acquireLease(...asked)),
    claimOnce: (...asked) => (lab.isSharedDown ? Promise.reject(down('SHARED_STATE_DOWN')) : memory.claimOnce(...asked)),
  };
  const store = await openAlarmStore(documents);
  const settings = await openAlarmSettings(documents, openSeal);
  const controls: Alarms[] = [];
  const note: SendNotice = ({ receiverId }, lines) => {
    if (lab.deaf.has(receiverId)) return Promise.reject(new AppError('ALARM_NOT_SENT', 'transient', 'No.', { values: { reason: 'deaf' } }));
    lab.told.push({ receiver: receiverId, lines: lines.map(({ kind, alarm }) => `${kind} ${alarm.about}`) });
    return Promise.resolve();
  };
  const lab: AlarmLab = {
    clock,
    store,
    settings,
    told: [],
    problems: [],
    unknown: [],
    isStoreDown: false,
    isSharedDown: false,
    deaf: new Set(),
    async start(send = note) {
      const alarms = await createAlarms({
        ...{ store, settings, send, shared, clock },
        documents: { ping: () => (lab.isStoreDown ? Promise.reject(down('STORE_DOWN')) : Promise.resolve()) },
        findProblems: () => Promise.resolve({ problems: lab.problems, unknown: new Set(lab.unknown) }),
        logger: silentLogger,
        metrics: silentMetrics,
        onChange: () => undefined,
      });
      controls.push(alarms);
      return alarms;
    },
    async set(change, secrets = {}) {
      await settings.save({ ...(await settings.read()), ...change }, secrets);
    },
    async pass(minutes) {
      for (let passed = 0; passed < minutes * MINUTE_MS; passed += STEP_MS) {
        await clock.advance(STEP_MS);
        await Promise.all(controls.map((alarms) => alarms.look()));
      }
    },
    alarms: () => store.alarms.find({}, { sort: ['openedAt'], limit: 100 }),
  };
  return lab;
}

/** A real sender whose messages go out; the clock of their signature is the lab's. */
export function realSend({ clock, settings }: AlarmLab, given: Partial<SendDeps> = {}): SendNotice {
  return createSendNotice({
    outbound: outboundAnywhere,
    clock,
    secrets: settings,
    installation: () => ({ environment: 'TEST', console: 'https://kq.test' }),
    ...given,
  });
}

function down(code: string): AppError {
  return new AppError(code, 'transient', 'It does not respond.');
}
