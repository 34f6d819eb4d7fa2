import { Type, type Static } from 'typebox';
import type { Clock } from '../../engine/contract/values/clock.ts';
import { AppError, fromErrorRecord } from '../../engine/contract/values/errors.ts';
import { bothTexts } from '../../engine/contract/error-texts/error-texts.ts';
import { createMessage } from '../../engine/contract/values/message.ts';
import { defineNode, outPort, type ConfigProblem, type Emit, type Stop, type TriggerContext } from '../../engine/contract/node/node.ts';
import { fieldEditor, fieldText } from '../../engine/contract/values/texts.ts';
import { compileSchedule, type Schedule } from './compile-schedule.ts';

const Config = Type.Object(
  {
    cron: Type.Optional(
      Type.String({
        ...fieldText(
          'Cron 表达式',
          'Cron expression',
          '五段（分 时 日 月 周）或六段（最前面加秒）。',
          'Five fields (minute hour day month weekday), or six with seconds in front.',
          { example: '30 2 * * *' },
        ),
        ...fieldEditor('cron'),
        maxLength: 200,
      }),
    ),
    everySec: Type.Optional(
      Type.Integer({
        ...fieldText('间隔', 'Interval', '与 Cron 二选一。', 'Instead of cron.'),
        ...fieldEditor('duration-sec'),
        minimum: 1,
        maximum: 31_536_000,
      }),
    ),
    timeZone: Type.String({
      ...fieldText('时区', 'Time zone', 'IANA 名称。', 'IANA name.', { example: 'Asia/Shanghai' }),
      ...fieldEditor('time-zone'),
      maxLength: 64,
      default: 'Asia/Shanghai',
    }),
  },
  { additionalProperties: false },
);
type Config = Static<typeof Config>;

/** Maximum time between two checks of the wall clock. A jump of the wall clock is detected within this time. */
const LOOK_EVERY_MS = 30_000;
const RETRY_MS = 5000;

/** Starts executions at planned instants. After downtime it starts only one, for the latest missed instant. */
export default defineNode({
  type: 'timer.schedule',
  major: 1,
  kind: 'trigger',
  category: 'trigger',
  icon: 'clock',
  text: {
    label: { 'zh-CN': '定时器', en: 'Timer' },
    help: { 'zh-CN': '按 Cron 表达式或固定间隔启动流程。', en: 'Starts the flow by a cron expression or at an interval.' },
    words: 'cron 计划任务 轮询',
  },
  ports: { in: [], out: [outPort] },
  samples: [{ name: { 'zh-CN': '一次触发', en: 'One instant' }, data: { plannedAt: '2026-06-01T00:30:00.000Z' } }],
  config: Config,
  check: checkConfig,
  keyNames: () => [],
  listen,
});

function checkConfig(config: Config): readonly ConfigProblem[] {
  if ((config.cron === undefined) === (config.everySec === undefined))
    return [{ path: '', message: { 'zh-CN': 'cron 表达式与间隔秒数须填写且只填写其中一项', en: 'needs either cron or everySec' } }];
  try {
    compileSchedule(config);
    return [];
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return [{ path: error.code === 'TIMER_ZONE' ? '/timeZone' : '/cron', message: bothTexts(error) }];
  }
}

async function listen(ctx: TriggerContext<Config>, emit: Emit): Promise<Stop> {
  const schedule = compileSchedule(ctx.config);
  const lastMs = await ctx.lastPlanned();
  return new Timer(ctx, schedule, emit, lastMs ?? ctx.clock.now());
}

class Timer implements Stop {
  readonly #clock: Clock;
  readonly #ctx: TriggerContext<Config>;
  readonly #schedule: Schedule;
  readonly #emit: Emit;
  /** The latest instant that was emitted. */
  #lastMs: number;
  #cancel: () => void = () => undefined;
  #underWay: Promise<void> = Promise.resolve();
  #isStopped = false;

  constructor(ctx: TriggerContext<Config>, schedule: Schedule, emit: Emit, lastMs: number) {
    this.#clock = ctx.clock;
    this.#ctx = ctx;
    this.#schedule = schedule;
    this.#emit = emit;
    this.#lastMs = lastMs;
    this.#look();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancel();
    await this.#underWay;
  }

  /**
   * Emits the latest due instant, or waits for the next one. Instants are times of the wall clock, but a timer does not
   * notice when the wall clock is changed. So the wall clock is checked often.
   */
  #look(): void {
    if (this.#isStopped) return;
    const nowMs = this.#clock.now();
    const dueMs = this.#schedule.latest(this.#lastMs, nowMs);
    if (dueMs !== undefined) {
      this.#underWay = this.#handIn(dueMs);
      return;
    }
    const nextMs = this.#schedule.next(nowMs);
    // Without a next instant, for example if all dates are past, the schedule is over.
    if (nextMs !== undefined) this.#cancel = this.#clock.after(Math.min(nextMs - nowMs, LOOK_EVERY_MS), () => this.#look());
  }

  async #handIn(plannedMs: number): Promise<void> {
    const plannedAt = new Date(plannedMs).toISOString();
    try {
      const result = await this.#emit({ message: createMessage({ plannedAt }), dedupeKey: plannedAt });
      if (result.status === 'refused') throw fromErrorRecord(result.error);
      this.#lastMs = plannedMs;
      this.#look();
    } catch (error) {
      this.#ctx.log.error('timer.refused', error, { flow: this.#ctx.flowId, node: this.#ctx.nodeId, plannedAt });
      if (!this.#isStopped) this.#cancel = this.#clock.after(RETRY_MS, () => this.#look());
    }
  }
}
