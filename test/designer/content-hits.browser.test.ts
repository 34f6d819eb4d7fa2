/** A content check blocks what people legitimately write. From the hit, the field gets an exception for a time. */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import type { Page } from '@playwright/test';
import { until } from '../support/city.ts';
import { busInterface, chainFlow } from '../support/platform-api.ts';
import { expect, noBrowser, startConsole, type Console } from './browser.ts';

const LIMIT = { skip: noBrowser, timeout: 300_000 };
const PICTURES = process.env['KQ_PICTURES'];

let console: Console;

before(async () => {
  if (noBrowser !== false) return;
  console = await startConsole();
  const { city } = console;
  const flow = chainFlow('flw_notes', []);
  await city.admin('PUT', `/flows/${flow.flowId}`, flow);
  await city.admin('POST', `/flows/${flow.flowId}/publish`, {});
  const offered = busInterface(flow.flowId, {
    ...{ name: { 'zh-CN': '检验备注', en: 'Lab notes' }, policies: { xss: {}, 'sql-injection': { mode: 'monitor' } } },
  });
  await city.admin('PUT', `/interfaces/${offered.interfaceId}`, offered);
  const security = await city.person(['security-admin']);
  const grant = { grantId: 'grt_notes', revision: 0, appId: 'B20001', interfaceId: offered.interfaceId };
  assert.equal((await security.call('PUT', `/grants/${grant.grantId}`, grant)).status, 200);
  await until('the interface is served', async () => (await send({ note: 'well' })).status === 200);
});
after(() => (noBrowser === false ? console.close() : undefined));

function send(body: object) {
  const { city } = console;
  const headers = { authorization: `Bearer ${city.busToken}`, 'content-type': 'application/json' };
  return city.send(`${city.bus}/bus/test/notes`, { method: 'POST', headers, body: JSON.stringify(body) });
}

test('a hit says where and which structure it would change, and its field gets an exception from there', LIMIT, async () => {
  const attack = { note: '<img src=x onerror=alert(1)>', more: [{ text: "' or 1=1 --" }] };
  assert.equal((await send(attack)).status, 403);
  const page = await console.open({ path: '/security?tab=content-hits', roles: ['analyst'] });
  const rows = page.getByRole('table', { name: '内容命中' }).getByRole('row');
  const blocked = rows.filter({ hasText: 'XSS 检查' }).filter({ hasText: '/note' });
  await expect(blocked.first()).toContainText('已拦截');
  await expect(blocked.first()).toContainText('事件处理程序');
  await expect(blocked.first()).toContainText('检验备注');
  await picture(page, 'content-hits');
  await blocked.first().getByRole('button', { name: '例外…' }).click();
  const dialog = page.getByRole('dialog', { name: '设置例外' });
  await expect(dialog.getByRole('textbox', { name: /字段/ })).toHaveValue('/note');
  await dialog.getByRole('textbox', { name: /字段/ }).fill('/*');
  await dialog.getByRole('textbox', { name: /原因/ }).fill('医生手写备注，含 HTML 片段');
  await dialog.getByRole('button', { name: '设置例外' }).click();
  await expect(dialog.getByText('以 / 开头，不要只填')).toBeVisible();
  await dialog.getByRole('textbox', { name: /字段/ }).fill('/note');
  await picture(page, 'content-exception');
  await dialog.getByRole('button', { name: '设置例外' }).click();
  await expect(page.getByText('例外已生效')).toBeVisible();
  await until('the field passes', async () => (await send({ note: attack.note })).status === 200);
  assert.equal((await send({ other: attack.note })).status, 403, 'other fields are still checked');
  assert.equal((await send({ more: attack.more })).status, 200, 'only recorded');
  await page.getByRole('button', { name: '刷新' }).first().click();
  await expect(rows.filter({ hasText: 'SQL' }).filter({ hasText: '仅记录，已放行' }).first()).toContainText('/more/0/text');
  await rows.filter({ hasText: '/other' }).first().getByRole('link', { name: '查看这次调用' }).click();
  await expect(page.getByRole('dialog', { name: '一次调用' })).toBeVisible();

  const english = await console.open({ path: '/security?tab=content-hits', roles: ['analyst'], language: 'en' });
  const table = english.getByRole('table', { name: 'Content hits' });
  await expect(table.getByRole('row').filter({ hasText: '/note' }).first()).toBeVisible();
  await picture(english, 'content-hits-en');
  const isWider = () => english.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
  assert.equal(await isWider(), false, 'the page fits into 1280 pixels');
  await expect(table.getByRole('button', { name: 'Exception…' }).first()).toBeInViewport({ ratio: 1 });

  await page.goto('/security?tab=content-exceptions');
  const made = page.getByRole('row').filter({ hasText: '/note' });
  await expect(made).toContainText('医生手写备注，含 HTML 片段');
  await picture(page, 'content-exceptions');
  await english.goto('/security?tab=content-exceptions');
  await expect(english.getByRole('row').filter({ hasText: '/note' })).toContainText('Body');
  await picture(english, 'content-exceptions-en');
  await made.getByRole('button', { name: /删除/ }).click();
  const remove = page.getByRole('dialog');
  await remove.getByRole('textbox', { name: /理由/ }).fill('备注改为纯文本');
  await remove.getByRole('button', { name: '删除' }).click();
  await expect(page.getByText('没有例外')).toBeVisible();
  await until('the field is checked again', async () => (await send({ note: attack.note })).status === 403);
});

async function picture(page: Page, name: string): Promise<void> {
  if (PICTURES === undefined) return;
  for (const width of [1280, 1920]) {
    await page.setViewportSize({ width, height: 1000 });
    await page.screenshot({ path: `${PICTURES}/${name}-${width}.png` });
  }
  await page.setViewportSize({ width: 1280, height: 800 });
}
