/** An empty installation: no page of any role gets a refusal, and empty pages say who does the next step. */
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import test, { after, before } from 'node:test';
import type { Browser, Page } from '@playwright/test';
import { startBarePlatform, type BarePlatform } from '../support/bare-platform.ts';
import { expect, goTo, launchBrowser, noBrowser, PATIENCE_MS } from './browser.ts';

const LIMIT = { skip: noBrowser, timeout: 900_000 };
const PICTURES = process.env['KQ_PICTURES'];
const AREAS = [
  ...['overview', 'flows', 'messages', 'held', 'alarms', 'alarms?tab=rules', 'alarms?tab=receivers', 'alarms?tab=silences', 'interfaces'],
  ...[
    'interfaces/new',
    'calls',
    'calls/simulate',
    'gateways',
    'brokers',
    'topics',
    'flow-data',
    'extensions',
    'adapters',
    'adapters/new',
    'code-tables',
    'callers',
    'callers?tab=user-tokens',
    'callers/new',
    'security',
    'security?tab=blocked-callers',
    'security?tab=safe-sites',
    'security?tab=content-hits',
    'security?tab=services',
    'secrets',
    'requests',
  ],
  ...['accounts', 'audit', 'system', 'me'],
];
const COVERED_MS = 3_000;

let platform: BarePlatform;
let browser: Browser;

before(async () => {
  if (noBrowser !== false) return;
  [platform, browser] = await Promise.all([startBarePlatform(), launchBrowser()]);
});
after(async () => {
  if (noBrowser !== false) return;
  await browser.close();
  await platform.close();
});

test(
  'an analyst asks where nobody can decide, and is told who makes that role; the first security administrator then decides',
  LIMIT,
  async () => {
    const analyst = await openAs('only-analyst', ['analyst']);
    const domain = 'sh-city';
    const document = { adapterId: 'adp_his', revision: 0, name: { 'zh-CN': '甲院 HIS', en: 'HIS' }, protocol: 'http', owner: '', domain };
    const settings = { environments: { DEV: { baseUrl: 'https://his.example' } } };
    const cookie = (await analyst.context().cookies()).map(({ name, value }) => `${name}=${value}`).join('; ');
    const saved = await platform.call(cookie, 'PUT', '/adapters/adp_his', { ...document, ...settings });
    assert.equal(saved.status, 200, JSON.stringify(saved.body));
    await show(analyst, 'adapters/adp_his');
    await analyst.getByRole('button', { name: '申请新凭据' }).click();
    await analyst.getByRole('button', { name: '保存' }).click();
    const dialog = analyst.getByRole('dialog').filter({ hasText: '提交申请' });
    await dialog.getByRole('textbox', { name: /理由/ }).pressSequentially('对接甲院', { delay: 30 });
    await dialog.getByRole('button', { name: '提交申请' }).click();
    const told = analyst.getByRole('dialog').filter({ hasText: '已提交，但目前没有人能决定' });
    await told.getByText('能决定的角色：安全管理员').waitFor();
    await picture(analyst, 'nobody-decides');
    await show(analyst, 'secrets');
    await analyst.getByText('这里由安全管理员建立，您的角色没有此权限。').waitFor();
    await analyst.getByText('请系统管理员在“账号”页新建').waitFor();

    const keeper = await openAs('first-keeper', ['security-admin']);
    await show(keeper, 'overview');
    await keeper.getByRole('link', { name: /1 项申请等您决定/ }).click();
    await keeper.getByRole('row', { name: /对接甲院/ }).click();
    await keeper.getByText('凭据“his-login”还不存在').waitFor();
    await picture(keeper, 'first-keeper-decides');
    await show(keeper, 'flows');
    await keeper.getByText('这里由集成分析师建立，您的角色没有此权限。').waitFor();
    await show(keeper, 'callers');
    await keeper.getByRole('button', { name: '新建应用' }).first().waitFor();
  },
);

for (const role of ['system-admin', 'security-admin', 'audit-admin', 'analyst', 'operator', 'viewer'])
  test(`${role}: no page, and no button of one, leads to a refusal`, LIMIT, async (context) => {
    const page = await openAs(`some-${role}`, [role]);
    const refused = refusals(page);
    for (const area of AREAS)
      await context.test(area, async () => {
        await show(page, area);
        await picture(page, `${role}-${area}`);
        assert.deepEqual(refused.splice(0), [], 'by opening the page');
        await pressAll(page, area);
        assert.deepEqual(refused.splice(0), [], 'by pressing its buttons');
      });
    await page.context().close();
  });

async function openAs(name: string, roles: readonly string[]): Promise<Page> {
  const [key = '', value = ''] = (await platform.arrive(name, roles)).split('=');
  const look = { viewport: { width: 1280, height: 800 }, locale: 'zh-CN', reducedMotion: 'reduce' } as const;
  const context = await browser.newContext({ ...look, baseURL: platform.control });
  await context.addCookies([{ name: key, value, url: platform.control }]);
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  await page.goto('/me');
  return page;
}

/** Calls that the person's roles do not allow. */
function refusals(page: Page): string[] {
  const found: string[] = [];
  page.on('response', (response) => {
    if (response.status() === 403) found.push(`${response.request().method()} ${new URL(response.url()).pathname}`);
  });
  return found;
}

async function show(page: Page, area: string): Promise<void> {
  await goTo(page, area);
  await page.locator('h1').first().waitFor();
  await expect(page.locator('.ant-skeleton, .ant-spin-spinning')).toHaveCount(0);
}

/** Questions that a press opens are left unanswered. */
async function pressAll(page: Page, area: string): Promise<void> {
  const buttons = page.locator('main button:visible:enabled');
  const names = new Set<string>();
  for (let index = 0; index < (await buttons.count()); index += 1) {
    const button = buttons.nth(index);
    const name = await buttons.evaluateAll((all, at) => all[at] && (all[at].getAttribute('aria-label') ?? all[at].textContent), index);
    // A button may go while the page settles.
    if (name === undefined || name === null || names.has(name)) continue;
    names.add(name);
    // What the press before opened may come late, and then lies over the button.
    await button.click({ timeout: COVERED_MS }).catch(async () => {
      await show(page, area);
      await buttons.nth(index).click();
    });
    if ((await page.locator('[role="dialog"]:visible').count()) > 0 || !page.url().endsWith(area)) await show(page, area);
  }
}

async function picture(page: Page, name: string): Promise<void> {
  if (PICTURES === undefined) return;
  await mkdir(PICTURES, { recursive: true });
  await page.screenshot({ path: `${PICTURES}/${name.replaceAll(/[^a-z0-9-]/g, '_')}.png` });
}
