/** The page of flow data: a collection that waits and is emptied, an entry of the state that is looked up and removed. */
import { after, before, test } from 'node:test';
import type { Page } from '@playwright/test';
import { chainFlow } from '../support/platform-api.ts';
import { expect, noBrowser, startConsole, type Console } from './browser.ts';
import { look, openView } from './look-at-page.ts';

const LIMIT = { skip: noBrowser, timeout: 240_000 };
const PICTURES = process.env['KQ_PICTURES'];

let console: Console;

before(async () => {
  if (noBrowser !== false) return;
  console = await startConsole();
  const person = await console.city.person(['analyst']);
  const chain = chainFlow(
    'flw_keep',
    [
      { type: 'state.put@1', config: { store: 'sent-reports', key: { value: 'R-1017' }, value: { value: { sent: true } } } },
      { type: 'collection.add@1', config: { collection: 'daily-reports', key: { value: 'hospital-a' } } },
    ],
    { mode: 'durable' },
  );
  const [first, ...rest] = chain.nodes;
  const flow = {
    ...chain,
    name: { 'zh-CN': '收集报告', en: 'Collect reports' },
    nodes: [{ ...first!, type: 'timer.schedule@1', config: { everySec: 2 } }, ...rest],
  };
  const saved = await person.call('PUT', '/flows/flw_keep', flow);
  if (saved.status !== 200) throw new Error(saved.text);
  const published = await person.call('POST', '/flows/flw_keep/publish', {});
  if (published.status !== 200) throw new Error(published.text);
});
after(async () => {
  await console?.close();
});

test('an operator sees what waits, looks up an entry of the state and removes it', LIMIT, async () => {
  const page = await console.open({ path: '/flow-data', roles: ['operator'] });
  const row = page.getByRole('row').filter({ hasText: 'daily-reports' });
  await expect(row).toContainText('收集报告', { timeout: 30_000 });
  await expect(row).toContainText('没有已发布的流程接收');
  await page.getByLabel('存储名称').fill('sent-reports');
  await page.getByLabel('键', { exact: true }).fill('R-1017');
  await page.getByRole('button', { name: /查\s*看/ }).click();
  await expect(page.getByLabel('值', { exact: true })).toContainText('"sent": true');
  await picture(page, 'flow-data-zh');
  await page.getByLabel('键', { exact: true }).fill('R-9999');
  await page.getByRole('button', { name: /查\s*看/ }).click();
  await expect(page.getByText('没有这一项，或已到期删除')).toBeVisible();
  await page.getByLabel('键', { exact: true }).fill('R-1017');
  await page.getByRole('button', { name: /删\s*除/ }).click();
  await page.getByRole('textbox', { name: '理由（写入审计）' }).fill('需要重新发送');
  await expect(page.getByRole('dialog')).toContainText('删除存储“sent-reports”中键“R-1017”的这一项');
  await picture(page, 'flow-data-remove-zh');
  await page
    .getByRole('dialog')
    .getByRole('button', { name: /删\s*除/ })
    .click();
  await expect(page.getByText('已删除')).toBeVisible();
});

test('what waits in a collection is removed with a reason; who may not remove it requests that', LIMIT, async () => {
  const page = await console.open({ path: '/flow-data', roles: ['operator'] });
  const begin = async (key: string) => {
    await page.getByRole('button', { name: '移除: daily-reports' }).click({ timeout: 30_000 });
    await page.getByRole('textbox', { name: '键（不填则移除全部）' }).fill(key);
    await page.getByRole('button', { name: '下一步' }).click();
  };
  await begin('hospital-z');
  await expect(page.getByText('键“hospital-z”没有等待的数据')).toBeVisible();
  await begin('hospital-a');
  await expect(page.getByText(/汇集“daily-reports”中键“hospital-a”的 [1-9]\d* 条数据不再交给任何流程/)).toBeVisible();
  const last = page.getByRole('dialog').filter({ has: page.getByRole('textbox', { name: '理由（写入审计）' }) });
  await last.getByRole('button', { name: /取\s*消/ }).click();
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await begin('');
  await expect(page.getByText(/汇集“daily-reports”中等待的全部 [1-9]\d* 条数据（1 个键）/)).toBeVisible();
  await page.getByRole('textbox', { name: '理由（写入审计）' }).fill('测试数据');
  await picture(page, 'flow-data-remove-items-zh');
  await page
    .getByRole('dialog')
    .getByRole('button', { name: /移\s*除/ })
    .click();
  await expect(page.getByText(/已移除 1 个键的 \d+ 条数据/)).toBeVisible();
  const analyst = await console.open({ path: '/flow-data', roles: ['analyst'], language: 'en' });
  await analyst.getByRole('button', { name: 'Request removal: daily-reports' }).click({ timeout: 30_000 });
  await analyst.getByRole('textbox', { name: /Reason/ }).fill('data of a test');
  await picture(analyst, 'flow-data-ask-en');
  await analyst.getByRole('dialog').getByRole('button', { name: 'Ask' }).click();
  await expect(analyst.getByText('Requested: waiting for a decision')).toBeVisible();
  await page.goto(`${new URL(page.url()).origin}/requests`);
  await page
    .getByText(/移除汇集中等待的数据/)
    .first()
    .click();
  await expect(page.getByText('现有数据')).toBeVisible();
  await picture(page, 'flow-data-request-zh');
});

test('the page can be read by everybody, in both languages', LIMIT, async () => {
  for (const language of ['zh-CN', 'en'] as const) {
    const view = await openView(console, language, ['operator']);
    await view.page.goto('/flow-data');
    await view.settled();
    await look(view, 'flow-data');
    await view.page.context().close();
  }
});

async function picture(page: Page, name: string): Promise<void> {
  if (PICTURES !== undefined) await page.screenshot({ path: `${PICTURES}/${name}.png` });
}
