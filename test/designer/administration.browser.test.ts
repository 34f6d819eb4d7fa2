/** The pages of accounts, audit and system, as administrators and auditors use them: important content is visible, and nothing shown is wrong. */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import type { Page } from '@playwright/test';
import { type Console, expect, noBrowser, startConsole } from './browser.ts';

const PICTURES = process.env['KQ_PICTURES'];
const LIMIT = { skip: noBrowser, timeout: 240_000 };
const LOOKS = [
  { language: 'zh-CN', width: 1280 },
  { language: 'en', width: 1280 },
  { language: 'en', width: 1920 },
] as const;
const LONG = '区平台集成员（嘉定区卫生健康信息中心数据互联互通与集成平台项目组）';

let console: Console;

before(async () => {
  if (noBrowser === false) console = await startConsole();
});
after(() => (noBrowser === false ? console.close() : undefined));

test('the state and the menu of an account stay in sight however long a name is', LIMIT, async () => {
  await console.city.admin('POST', '/accounts', { name: 'long.name', displayName: LONG, roles: ['analyst', 'operator'] });
  for (const look of LOOKS) {
    const page = await console.open({ path: '/accounts', roles: ['system-admin'], ...look });
    const row = page.getByRole('row', { name: /long\.name/ });
    await expect(row.getByRole('button')).toBeInViewport({ ratio: 1 });
    if (look.language === 'zh-CN') await expect(row.getByText('待首次登录')).toBeInViewport({ ratio: 1 });
    await picture(page, 'accounts');
  }
});

test('the audit page shows the outcome of each line without scrolling', LIMIT, async () => {
  for (const look of LOOKS) {
    const page = await console.open({ path: '/audit', roles: ['audit-admin'], ...look });
    await expect(page.getByRole('columnheader', { name: /^(结果|Outcome)$/ })).toBeInViewport({ ratio: 1 });
    await expect(
      page
        .getByRole('row', { name: /成功|Done/ })
        .first()
        .getByText(/^(成功|Done)$/),
    ).toBeInViewport({ ratio: 1 });
    await picture(page, 'audit');
  }
});

test(
  'an auditor finds all that was done to one thing, by its name, one row an act, and reads each field before and after',
  LIMIT,
  async () => {
    const { city } = console;
    const adapter = (await city.admin('GET', '/adapters/adp_hospital_a')) as { revision: number; owner: string };
    await city.admin('PUT', '/adapters/adp_hospital_a', { ...adapter, owner: '信息科 王工' });
    const flow = (await city.admin('GET', '/flows/flw_reports')) as { revision: number };
    for (const deadlineMs of [61_000, 62_000, 63_000]) {
      const { revision } = (await city.admin('GET', '/flows/flw_reports')) as { revision: number };
      await city.admin('PUT', '/flows/flw_reports', { ...flow, revision, deadlineMs });
    }
    const page = await console.open({ path: '/audit', roles: ['audit-admin'] });
    const choose = async (label: string, name: string) => {
      await page.getByRole('combobox', { name: label }).pressSequentially(name, { delay: 30 });
      await page.locator('.ant-select-item-option-active', { hasText: name }).waitFor();
      await page.keyboard.press('Enter');
    };
    await choose('对象', 'adp_hospital_a');
    await page.waitForURL('**object=adp_hospital_a**');
    const act = page.getByRole('row', { name: /保存适配器/ }).first();
    await expect(act).toContainText('甲');
    await act.click();
    const drawer = page.getByRole('dialog');
    await expect(drawer.getByRole('row', { name: /负责人/ })).toContainText('信息科 王工');
    await picture(page, 'audit-act');
    await page.keyboard.press('Escape');
    await drawer.waitFor({ state: 'hidden' });
    await choose('对象', 'flw_reports');
    await page.waitForURL('**object=flw_reports**');
    await expect(page.getByRole('row', { name: /adp_hospital_a/ })).toHaveCount(0);
    const saves = page.getByRole('row', { name: /3 次自动保存/ });
    await saves.click();
    await expect(drawer.getByRole('row', { name: /时限/ })).toContainText('1 分 3 秒');
  },
);

test('an intact chain beside documents that were changed is no good news: their number is named, and the way to them', LIMIT, async () => {
  const page = await console.open({ path: '/audit', roles: ['audit-admin'] });
  const finding = (id: string) => ({ collection: 'accounts', id, why: 'changed', seenAt: Date.now() });
  const marks = { documents: 9, findings: [finding('a'), finding('b')], isEnforced: true };
  await page.route('**/api/v1/audit/verify', (route) =>
    route.fulfill({ json: { intact: true, lines: 12, breakCount: 0, breaks: [], marks } }),
  );
  await page.getByRole('button', { name: '校验审计链' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText(/^2 项数据曾绕过平台被改动/).waitFor();
  assert.equal(await dialog.locator('.ant-alert-success').count(), 0);
  await picture(page, 'audit-found');
  await dialog.getByRole('link', { name: /系统/ }).click();
  await page.waitForURL('**/system');
});

test('an account with some domains is not told that no gateway runs: what concerns all domains is not shown to it', LIMIT, async () => {
  const page = await console.open({ path: '/system', roles: ['operator'], domains: ['hospital-a'] });
  await page.getByText(/本账号只限部分服务域/).waitFor();
  await picture(page, 'system-limited');
  for (const untrue of ['没有在线的网关', '0 个在线', '0 / 0', '没有权限']) assert.equal(await page.getByText(untrue).count(), 0, untrue);
  assert.equal(await page.getByRole('alert').filter({ hasText: '错误代码' }).count(), 0);
});

async function picture(page: Page, name: string): Promise<void> {
  if (PICTURES === undefined) return;
  const language = await page.locator('html').getAttribute('lang');
  await page.screenshot({ path: `${PICTURES}/${name} ${language} ${page.viewportSize()?.width}.png` });
}
