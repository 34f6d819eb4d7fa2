/** Two flows that would listen on one address: the editor tells it before publishing, and stops telling it when the other one is gone. */
import test, { after, before } from 'node:test';
import type { Page } from '@playwright/test';
import type { FlowDocument } from '../../engine/contract/flow/flow-document.ts';
import { chainFlow } from '../support/platform-api.ts';
import { type Console, expect, noBrowser, startConsole } from './browser.ts';
import { sidePanel } from './flow-editor.ts';

const LIMIT = { skip: noBrowser, timeout: 240_000 };
const PICTURES = process.env['KQ_PICTURES'];
const OTHER = 'eye-clinic';

let console: Console;
/** The flow of the example city that listens, and how it is called. */
let name: FlowDocument['name'];

before(async () => {
  if (noBrowser !== false) return;
  console = await startConsole();
  const { admin } = console.city;
  const serving = (await admin('GET', '/flows/flw_admission')) as FlowDocument;
  name = serving.name;
  const { adapter } = serving.nodes.find(({ type }) => type === 'mllp.listen@1')!;
  const there = (await admin('GET', `/adapters/${adapter}`)) as object;
  for (const [mark, domain] of [
    ['second', 'sh-city'],
    ['other', OTHER],
  ] as const) {
    const adapterId = `adp_${mark}`;
    await admin('PUT', `/adapters/${adapterId}`, {
      ...{ ...there, adapterId, domain, revision: 0, name: { 'zh-CN': '第二入口', en: 'Second entrance' }, credential: undefined },
    });
    const flow = chainFlow(`flw_${mark}`, [{ type: 'hl7.parse@1', label: '解析' }], { mode: 'durable', domain });
    const nodes = flow.nodes.map((node, index) =>
      index === 0 ? { ...node, type: 'mllp.listen@1', label: '接收', adapter: adapterId, config: {} } : node,
    );
    await admin('PUT', `/flows/flw_${mark}`, { ...flow, nodes });
  }
});
after(() => (noBrowser === false ? console.close() : undefined));

test('to a person of another domain it says that the address is taken, and names nothing', LIMIT, async () => {
  const page = await console.open({ path: '/flows/flw_other?panel=problems', roles: ['analyst'], domains: [OTHER] });
  const problem = sidePanel(page).getByRole('button', { name: /其他服务域/ });
  await expect(problem).toContainText('该监听地址已被其他服务域的流程使用');
  await expect(problem).toContainText('改用其他适配器或端口');
  await expect(page.getByText(name['zh-CN'])).toHaveCount(0);
  await pictures(page, 'clash-other');
});

test('the problem names the flow that listens, leads to the adapter, and goes when that flow serves no more', LIMIT, async () => {
  const english = await console.open({ path: '/flows/flw_second?panel=problems', roles: ['analyst'], language: 'en' });
  await english
    .getByRole('button', { name: new RegExp(`The address of "Second entrance" is already used by the listener of the flow "${name.en}"`) })
    .waitFor();
  await pictures(english, 'clash-en');

  const page = await console.open({ path: '/flows/flw_second?panel=problems', roles: ['analyst'] });
  const problem = sidePanel(page).getByRole('button', {
    name: new RegExp(`接收 · 适配器.*流程“${name['zh-CN']}”已在监听适配器“第二入口”的地址`),
  });
  await problem.waitFor();
  await expect(problem).toContainText('改用其他适配器');
  await pictures(page, 'clash');
  await page.goto('/flows/flw_second?panel=release');
  await page.getByText(/有 1 个错误，改正后才能发布/).waitFor();
  await console.city.admin('POST', '/flows/flw_admission/unpublish', {});
  await page.getByRole('button', { name: '发布', exact: true }).waitFor();
});

async function pictures(page: Page, what: string): Promise<void> {
  if (PICTURES === undefined) return;
  for (const width of [1280, 1920]) {
    await page.setViewportSize({ width, height: 900 });
    await page.screenshot({ path: `${PICTURES}/${what}-${width}.png` });
  }
}
