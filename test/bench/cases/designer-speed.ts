/**
 * The designer and the lists of the console at the size of a city, in a real Chromium: CPU time of the page for each key, each frame and each
 * opening. The console itself is loaded before; an opening pays for the code and the data of its own page.
 */
import type { Locator, Page } from '@playwright/test';
import { noBrowser, startConsole, type Console } from '../../designer/browser.ts';
import { offerOnBus } from '../../designer/offer-on-bus.ts';
import { adapterTo, startHospital } from '../../control/start-engine.ts';
import { until, type City } from '../../support/city.ts';
import { busInterface, chainFlow } from '../../support/platform-api.ts';
import { largeFlow, LARGE_NODES, MAPPED_FIELDS, mappingFlow } from '../flows/large-flows.ts';
import type { BenchCase, BenchLine } from '../measure/case.ts';
import { openPageTime } from '../measure/page-time.ts';

const MOST = { key: 50, frame: 16, openFlow: 1500, openMapping: 1500, openList: 1000 } as const;
/** Two thousand interfaces and ten thousand messages take some minutes to be there. */
const LIMIT_MS = 900_000;
const INTERFACES = 2000;
const HELD = 10_000;
const AT_ONCE = 64;
const FRAMES = 60;
/** From key to key. After each unhurried one the problems of the flow are looked for. */
const HURRIED_MS = 30;
const UNHURRIED_MS = 300;
const TYPED = '预约挂号到检验科 abc';

export const designerSpeedCases: readonly BenchCase[] = [
  { name: 'designer-speed flow', limitMs: LIMIT_MS, run: () => inConsole('designer-speed flow', flowLines) },
  { name: 'designer-speed mapping', limitMs: LIMIT_MS, run: () => inConsole('designer-speed mapping', mappingLines) },
  { name: 'designer-speed lists', limitMs: LIMIT_MS, run: () => inConsole('designer-speed lists', listLines) },
];

type Figures = Readonly<Record<string, number>>;

async function inConsole(name: string, measure: (console: Console) => Promise<readonly BenchLine[]>): Promise<readonly BenchLine[]> {
  if (noBrowser !== false) return [{ case: name, skipped: noBrowser }];
  const console = await startConsole();
  try {
    return await measure(console);
  } finally {
    await console.close();
  }
}

/** Each figure is named by what it counts: `…Key`, `…Frame` or `open…`. */
function lineOf(name: string, most: Figures, figures: Figures, more: Readonly<Record<string, unknown>> = {}): BenchLine {
  const limitOf = (figure: string) => Object.entries(most).find(([end]) => figure.endsWith(end))?.[1] ?? Infinity;
  const target = Object.entries(most).map(([end, ms]) => `${end} <= ${ms} ms`);
  const isReached = Object.entries(figures).every(([figure, ms]) => ms <= limitOf(figure));
  return { case: name, unit: 'ms of CPU', ...more, ...figures, target: target.join(', '), isReached };
}

async function flowLines({ city, open }: Console): Promise<readonly BenchLine[]> {
  await city.admin('PUT', '/flows/flw_large', largeFlow());
  const page = await open({ path: '/flows', width: 1920 });
  const time = await openPageTime(page);
  const cards = page.locator('.react-flow__node-card');
  const openFlow = async () => {
    await page.locator('tbody tr', { hasText: '大流程' }).click();
    await cards.nth(LARGE_NODES - 1).waitFor();
  };
  await openFlow();
  await page.goto('/flows');
  const openMs = await time.of(openFlow);

  const pane = (await page.locator('.react-flow__pane').boundingBox())!;
  const [x, y] = [pane.x + pane.width / 2, pane.y + 12];
  await page.mouse.move(x, y);
  await page.mouse.down();
  const panFrame = await time.each(FRAMES, (index) => move(page, x + Math.sin(index / 5) * 80, y + index));
  await page.mouse.up();
  const zoomFrame = await time.each(FRAMES, async (index) => {
    await page.mouse.wheel(0, index % 20 < 10 ? -40 : 40);
    await frame(page);
  });

  await cards.filter({ hasText: '节点 4' }).first().click();
  const name = page.getByRole('textbox', { name: '节点名称' });
  const labelKey = await typed(time, name);
  const unhurriedLabelKey = await typed(time, name, UNHURRIED_MS);
  return [
    lineOf(
      'designer-speed flow',
      { Key: MOST.key, Frame: MOST.frame, openFlow: MOST.openFlow },
      { openFlow: openMs, labelKey, unhurriedLabelKey, panFrame, zoomFrame },
      { nodes: LARGE_NODES },
    ),
  ];
}

async function mappingLines({ city, open }: Console): Promise<readonly BenchLine[]> {
  await city.admin('PUT', '/flows/flw_mapping', mappingFlow());
  const page = await open({ path: '/flows/flw_mapping', width: 1920 });
  const time = await openPageTime(page);
  await page.locator('.react-flow__node-card', { hasText: '大映射' }).first().click();
  const row = page.locator('[data-tree="target"] [data-row="part0.field3"]');
  const openMapping = async () => {
    await page.getByRole('button', { name: '编辑映射' }).click();
    await row.waitFor();
  };
  await openMapping();
  await page.getByRole('button', { name: '关闭映射编辑器' }).click();
  const openMs = await time.of(openMapping);
  await row.getByText('part0 field3').first().waitFor();
  await row.click();
  const panel = page.locator('[data-rule-panel]');
  const pathKey = await typed(time, panel.getByRole('combobox', { name: '规则 · 来源', exact: true }), HURRIED_MS, 'data.part12.field');
  const searchKey = await typed(time, page.getByRole('textbox', { name: '搜索来源' }), HURRIED_MS, 'part12.field');
  return [
    lineOf(
      'designer-speed mapping',
      { Key: MOST.key, openMapping: MOST.openMapping },
      { openMapping: openMs, pathKey, searchKey },
      { fields: MAPPED_FIELDS },
    ),
  ];
}

async function listLines({ city, open }: Console): Promise<readonly BenchLine[]> {
  await fillLists(city);
  const page = await open({ path: '/', width: 1920 });
  const time = await openPageTime(page);
  const row = page.locator('tbody tr[data-row-key]');
  const lines: BenchLine[] = [];
  for (const [name, path, box, text] of LISTS) {
    await page.goto('/');
    const openList = await time.of(async () => {
      await page.evaluate(`history.pushState({}, '', '${path}'); dispatchEvent(new PopStateEvent('popstate', { state: {} }));`);
      await row.first().waitFor();
    });
    const figures: Record<string, number> = { openList };
    if (box !== undefined) {
      const search = page.getByRole('textbox', { name: box });
      figures['searchKey'] = await typed(time, search, HURRIED_MS, text);
      if ((await search.inputValue()) !== text) throw new Error(`${name}: keys were lost: ${await search.inputValue()}`);
    }
    lines.push(lineOf(`designer-speed list of ${name}`, { Key: MOST.key, openList: MOST.openList }, figures));
  }
  return lines;
}

/** Name, address, its search and what is typed there. */
const LISTS = [
  ['interfaces', '/interfaces', '搜索', '/bus/many/1234'],
  ['messages', '/messages', '消息编号或追踪号', 'exe_0123456789'],
  ['held groups', '/held', undefined, ''],
  ['held messages', '/held/messages?all=1', '业务键的值，如患者号', 'P000123456'],
] as const;

/** Interfaces that are offline, and messages that a hospital refuses one by one. */
async function fillLists(city: City): Promise<void> {
  const hospital = await startHospital();
  try {
    hospital.answer = () => ({ status: 422 });
    await city.admin('PUT', '/adapters/adp_his', { ...adapterTo(hospital), environments: { DEV: { baseUrl: hospital.baseUrl } } });
    const step = { type: 'http.call@1', id: 'n_send', label: '送医院甲', adapter: 'adp_his', config: { method: 'POST', path: '/x' } };
    const send = await offerOnBus(city, chainFlow('flw_feed', [step], { mode: 'durable', deadlineMs: 60_000 }));
    await sideBySide(INTERFACES, async (index) => {
      const offered = busInterface('flw_feed', { interfaceId: `ifc_many_${index}`, path: `/bus/many/${index}`, state: 'offline' });
      await city.admin('PUT', `/interfaces/${offered.interfaceId}`, offered);
    });
    await sideBySide(HELD, (number) => send({ number }));
    const heldCount = async () => ((await city.admin('GET', '/held/groups')) as { readonly count: number }).count;
    await until('all are held', async () => (await heldCount()) >= HELD, 300_000);
  } finally {
    await hospital.stop();
  }
}

async function sideBySide(count: number, work: (index: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      while (next < count) await work(next++);
    }),
  );
}

/** For each key, with all that it leads to. */
async function typed(time: Awaited<ReturnType<typeof openPageTime>>, place: Locator, delay = HURRIED_MS, text = TYPED): Promise<number> {
  await place.click();
  await place.press('Control+A');
  const whole = await time.of(() => place.pressSequentially(text, { delay }));
  return Math.round((whole / text.length) * 10) / 10;
}

async function move(page: Page, x: number, y: number): Promise<void> {
  await page.mouse.move(x, y);
  await frame(page);
}

function frame(page: Page): Promise<unknown> {
  return page.evaluate('new Promise(requestAnimationFrame)');
}
