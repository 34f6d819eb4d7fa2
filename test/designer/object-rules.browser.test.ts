/** An analyst finds interfaces that name objects and have no rule, makes a rule set, and lets an interface use it. */
import test, { after, before } from 'node:test';
import type { Page } from '@playwright/test';
import { type Console, expect, noBrowser, startConsole } from './browser.ts';

const PICTURES = process.env['KQ_PICTURES'];
const LIMIT = { skip: noBrowser, timeout: 240_000 };
const TYPED = { delay: 30 };

let console: Console;

before(async () => {
  if (noBrowser === false) console = await startConsole();
});
after(() => (noBrowser === false ? console.close() : undefined));

test('a rule set is created from a form, is listed, is kept while an interface uses it, and the report follows', LIMIT, async () => {
  const keeper = await console.city.person(['analyst']);
  const name = { 'zh-CN': '我的报告', en: 'My reports' };
  const document = {
    ...{
      interfaceId: 'ifc_my_reports',
      revision: 0,
      name,
      domain: 'sh-city',
      front: 'user',
      method: 'GET',
      path: '/user/v1/reports/:reportId',
    },
    ...{
      state: 'offline',
      target: { kind: 'flow', flowId: 'flw_appointment' },
      timeoutMs: 1000,
      timeoutRetries: 0,
      exceptionRetries: 0,
      log: 'none',
    },
  };
  const saved = await keeper.call('PUT', '/interfaces/ifc_my_reports', document);
  if (saved.status !== 200) throw new Error(saved.text);
  const page = await console.open({ path: '/security?tab=unprotected', roles: ['analyst'] });
  await expect(page.getByRole('row', { name: /我的报告.*path:reportId.*没有规则/ })).toBeVisible();
  await picture(page, 'unprotected');

  await page.getByRole('tab', { name: '防越权规则组' }).click();
  await page.getByRole('button', { name: '新建规则组' }).first().click();
  const dialog = page.getByRole('dialog', { name: '新建规则组' });
  await dialog.getByRole('button', { name: '保存' }).click();
  await expect(dialog.getByText('请填写此项').first()).toBeVisible();
  await dialog.getByRole('textbox', { name: '中文' }).pressSequentially('本人', TYPED);
  await dialog.getByRole('textbox', { name: '英文' }).pressSequentially('Own', TYPED);
  const place = dialog.getByRole('textbox', { name: '对象位置' });
  await place.fill('nowhere');
  await dialog.getByRole('button', { name: '保存' }).click();
  await expect(dialog.getByRole('alert')).toContainText('不是对象位置');
  await picture(page, 'rule-set');
  await place.fill('path:reportId');
  await dialog.getByRole('button', { name: '保存' }).click();
  const row = page.getByRole('row', { name: /本人.*ors_own.*全部满足.*path:reportId/ });
  await expect(row).toBeVisible();

  const used = await keeper.call('PUT', '/interfaces/ifc_my_reports', {
    ...document,
    revision: 1,
    policies: { 'object-access': { ruleSets: ['ors_own'] } },
  });
  if (used.status !== 200) throw new Error(used.text);
  await page.reload();
  await row.getByRole('button', { name: /^删除/ }).click();
  await expect(page.getByRole('link', { name: '我的报告' })).toBeVisible();
  await page.getByRole('button', { name: '关闭' }).last().click();
  await page.getByRole('tab', { name: '未防越权的接口' }).click();
  await expect(page.getByText('没有未防越权的接口').or(page.getByRole('table')).first()).toBeVisible();
  await expect(page.getByRole('row', { name: /我的报告/ })).toHaveCount(0);
});

async function picture(page: Page, name: string): Promise<void> {
  if (PICTURES !== undefined) await page.screenshot({ path: `${PICTURES}/${name}.png` });
}
