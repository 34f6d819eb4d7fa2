/** What a page costs the processor: CPU time of its main thread, so that other work on the machine hardly touches the figures. */
import type { CDPSession, Page } from '@playwright/test';
import { rounded } from './compare.ts';

/** Script and, apart from it, what the browser does to lay the page out. */
const COUNTED = new Set(['ScriptDuration', 'LayoutDuration', 'RecalcStyleDuration']);
/** A page is at rest when it spends less than this of a pause. */
const REST_MS = 4;
const PAUSE_MS = 400;
const MOST_PAUSES = 50;

export interface PageTime {
  /** Milliseconds that the work takes, up to when the page is at rest again. */
  of(work: () => Promise<unknown>): Promise<number>;
  /** The same, for each of `count` steps. */
  each(count: number, step: (index: number) => Promise<unknown>): Promise<number>;
}

export async function openPageTime(page: Page): Promise<PageTime> {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  const of: PageTime['of'] = async (work) => {
    await untilRest(session);
    const before = await spent(session);
    await work();
    return rounded((await untilRest(session)) - before);
  };
  return {
    of,
    async each(count, step) {
      const whole = await of(async () => {
        for (let index = 0; index < count; index++) await step(index);
      });
      return rounded(whole / count);
    },
  };
}

async function untilRest(session: CDPSession): Promise<number> {
  let last = await spent(session);
  for (let pauses = 0; pauses < MOST_PAUSES; pauses++) {
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    const now = await spent(session);
    if (now - last < REST_MS) return now;
    last = now;
  }
  throw new Error('the page does not come to rest');
}

async function spent(session: CDPSession): Promise<number> {
  const { metrics } = await session.send('Performance.getMetrics');
  return metrics.reduce((sum, { name, value }) => (COUNTED.has(name) ? sum + value * 1000 : sum), 0);
}
