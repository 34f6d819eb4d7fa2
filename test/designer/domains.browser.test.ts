/** Two hospitals on one console: accounts get domains, a person of one chooses among the own ones and finds nothing of the other. */
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import test, { after, before } from 'node:test';
import type { Page } from '@playwright/test';
import { type Console, expect, giveAgain, noBrowser, startConsole } from './browser.ts';

const LIMIT = { skip: noBrowser, timeout: 240_000 };
/** Set it to a folder to look at the pictures: `KQ_PICTURES=/tmp/pictures`. */
const PICTURES = process.env['KQ_PICTURES'];
const OWN = 'eye-clinic';

let console: Console;

before(async () => {
  if (noBrowser !== false) return;
  console = await startConsole();
  const table = (tableId: string, more: object) => ({
    tableId,
    revision: 0,
    name: { 'zh-CN': tableId, en: tableId },
    entries: { a: 'b' },
    ...more,
  });
  await console.city.admin('PUT', '/code-tables/shared-codes', table('shared-codes', { domain: 'sh-city', sharedWith: [OWN] }));
  await console.city.admin('PUT', '/code-tables/city-codes', table('city-codes', { domain: 'sh-city' }));
});
after(() => (noBrowser === false ? console.close() : undefined));

test('an account is given some domains by its form, an own one among them, and the list says so', LIMIT, async () => {
  const analyst = await console.city.person(['analyst']);
  for (const [width, language] of [
    [1280, 'zh-CN'],
    [1920, 'en'],
  ] as const) {
    const page = await console.open({ path: '/accounts', roles: ['system-admin'], width, language });
    const zh = language === 'zh-CN';
    await page.getByRole('button', { name: `${zh ? '更多操作' : 'More'}: ${analyst.name}` }).click();
    await page.getByRole('menuitem', { name: zh ? '修改' : 'Change' }).click();
    await page.getByRole('radio', { name: zh ? '限定服务域' : 'Some domains' }).check();
    await page.getByRole('button', { name: zh ? '保存' : 'Save' }).click();
    const drawer = page.getByRole('dialog');
    if (zh) await expect(drawer.getByText('至少选一个服务域')).toBeVisible();
    const names = page.getByRole('combobox', { name: zh ? '限定服务域' : 'Some domains' });
    if (zh) await names.fill(OWN);
    else await names.fill('sh-city');
    await names.press('Enter');
    await names.press('Escape');
    await picture(page, `account ${width} ${language}`);
    await page.getByRole('button', { name: zh ? '保存' : 'Save' }).click();
    await giveAgain(page, console.passwordOf(page));
    await expect(page.getByRole('dialog')).toHaveCount(0);
    await expect(page.getByRole('row').filter({ hasText: analyst.name })).toContainText(zh ? OWN : 'sh-city');
    await picture(page, `accounts ${width} ${language}`);
    await page.context().close();
    if (zh) await analystStarts(analyst.name);
  }
});

/** All domains again, for the other language. */
async function analystStarts(name: string): Promise<void> {
  const { items } = (await console.city.admin('GET', '/accounts')) as { items: { name: string; domains: unknown; revision: number }[] };
  const account = items.find((item) => item.name === name)!;
  assert.deepEqual(account.domains, [OWN]);
  const change = { displayName: name, roles: ['analyst'], disabled: false, domains: 'all', revision: account.revision };
  await console.city.admin('PUT', `/accounts/${name}`, change);
}

test('a person of one domain makes things in it without asking, and finds nothing of another but what is shared', LIMIT, async () => {
  const page = await console.open({ path: '/flows', roles: ['analyst', 'security-admin'], domains: [OWN] });
  await expect(page.getByText('还没有流程').first()).toBeVisible();
  await expect(page.getByText('flw_appointment')).toHaveCount(0);
  await page.getByRole('button', { name: '新建流程' }).first().click();
  await page.getByRole('textbox', { name: '名称' }).fill('验光登记');
  await expect(page.getByRole('dialog')).toContainText(OWN);
  await picture(page, 'new flow');
  await page.getByRole('button', { name: '创建并打开' }).click();
  await page.waitForURL(/\/flows\/flw_/);
  const flowId = new URL(page.url()).pathname.split('/').pop()!;
  assert.equal(((await console.city.admin('GET', `/flows/${flowId}`)) as { domain: string }).domain, OWN);
  await page.getByRole('button', { name: '流程设置' }).click();
  await page.getByText('共享给').first().waitFor();
  await picture(page, 'flow settings');

  await page.goto('/code-tables');
  await expect(page.getByRole('row').filter({ hasText: 'shared-codes' })).toContainText('其他服务域共享，只读');
  await expect(page.getByText('city-codes')).toHaveCount(0);
  await expect(page.getByRole('button', { name: '删除: shared-codes' })).toHaveCount(0);
  await picture(page, 'code tables');
  await page.getByRole('button', { name: '新建代码表' }).click();
  await page.getByRole('textbox', { name: '中文名称' }).fill('视力代码');
  await page.getByRole('textbox', { name: '英文名称' }).fill('Sight codes');
  await page.getByRole('textbox', { name: '编号' }).fill('sight-codes');
  await picture(page, 'new table');
  await page.getByRole('dialog').getByRole('button', { name: '新建代码表' }).click();
  await page.waitForURL(/\/code-tables\/sight-codes$/);
  assert.equal(((await console.city.admin('GET', '/code-tables/sight-codes')) as { domain: string }).domain, OWN);
  await page.getByRole('combobox', { name: '共享给' }).fill('sh-city');
  await page.getByRole('combobox', { name: '共享给' }).press('Enter');
  await page.getByRole('combobox', { name: '共享给' }).press('Escape');
  await picture(page, 'table');
  await page.getByRole('button', { name: '保存' }).click();
  await expect(page.getByText('已保存；新消息立即使用')).toBeVisible();
  assert.deepEqual(((await console.city.admin('GET', '/code-tables/sight-codes')) as { sharedWith: unknown }).sharedWith, ['sh-city']);
  await page.goto('/code-tables/shared-codes');
  await page.getByText(/只读。有编辑权限的角色：.*集成分析师.*服务域“sh-city”/).waitFor();
  await expect(page.getByRole('textbox', { name: '代码' }).first()).toBeDisabled();
  await expect(page.getByRole('button', { name: '保存' })).toHaveCount(0);

  for (const path of ['/adapters/new?protocol=http', '/interfaces/new', '/callers/new']) {
    await page.goto(path);
    await expect(page.locator('.ant-select').filter({ hasText: OWN }).first()).toBeVisible();
    await picture(page, path);
  }
  await page.goto('/me');
  await expect(page.getByText(`服务域：${OWN}`)).toBeVisible();
});

async function picture(page: Page, name: string): Promise<void> {
  if (PICTURES === undefined) return;
  await mkdir(PICTURES, { recursive: true });
  await page.screenshot({ path: `${PICTURES}/domains_${name.replaceAll(/[^\w-]+/g, '_')}.png` });
}
