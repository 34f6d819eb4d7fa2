/** The page of accounts offers to each kind of administrator what is his, and says whose the rest is. */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import type { Page } from '@playwright/test';
import { type Console, expect, giveAgain, noBrowser, startConsole } from './browser.ts';

const LIMIT = { skip: noBrowser, timeout: 240_000 };

let console: Console;

before(async () => {
  if (noBrowser === false) console = await startConsole();
});
after(() => (noBrowser === false ? console.close() : undefined));

test('the system administrator may only disable a security administrator, and cannot make another', LIMIT, async () => {
  const security = await console.city.person(['security-admin']);
  const analyst = await console.city.person(['analyst']);
  const page = await console.open({ path: '/accounts', roles: ['system-admin'] });
  await openMenu(page, security.name);
  await expect(page.getByRole('menuitem', { name: '停用' })).toBeVisible();
  await expect(page.getByRole('menuitem', { name: /重置密码|修改/ })).toHaveCount(0);
  await page.keyboard.press('Escape');
  await openMenu(page, analyst.name);
  await page.getByRole('menuitem', { name: '修改' }).click();
  await expect(box(page, '安全管理员')).toBeDisabled();
  await expect(page.getByText('由安全管理员授予和收回')).toBeVisible();
  await box(page, '只读用户').check();
  await page.getByRole('button', { name: '保存' }).click();
  await giveAgain(page, console.passwordOf(page));
  await expect(page.getByRole('dialog')).toHaveCount(0);
});

test('a security administrator makes another out of an account that is there, and gives no other role', LIMIT, async () => {
  const analyst = await console.city.person(['analyst']);
  const page = await console.open({ path: '/accounts', roles: ['security-admin'] });
  await openMenu(page, analyst.name);
  await expect(page.getByRole('menuitem', { name: /重置密码|停用/ })).toHaveCount(0);
  await page.getByRole('menuitem', { name: '修改' }).click();
  await expect(box(page, '运维人员')).toBeDisabled();
  await expect(page.getByRole('textbox', { name: '姓名' })).toBeDisabled();
  await box(page, '安全管理员').check();
  await page.getByRole('button', { name: '保存' }).click();
  await giveAgain(page, console.passwordOf(page));
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await openMenu(page, analyst.name);
  await expect(page.getByRole('menuitem', { name: '重置密码' })).toBeVisible();
});

test('an administrator sees what somebody is logged in with and ends it, without the account opening behind', LIMIT, async () => {
  const analyst = await console.city.person(['analyst']);
  const page = await console.open({ path: '/accounts', roles: ['system-admin'] });
  await openMenu(page, analyst.name);
  await page.getByRole('menuitem', { name: '会话与令牌' }).click();
  const row = page.getByRole('row', { name: /浏览器会话/ });
  await expect(row).toBeVisible();
  await expect(page.getByRole('dialog')).toHaveCount(1);
  await row.getByRole('button', { name: '结束' }).click();
  await page.getByRole('dialog', { name: '结束' }).getByRole('button', { name: '结束' }).click();
  await giveAgain(page, console.passwordOf(page));
  await expect(row).toHaveCount(0);
  assert.equal((await analyst.call('GET', '/me')).status, 401);
});

async function openMenu(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name: `更多操作: ${name}` }).click();
}

function box(page: Page, role: string) {
  return page.getByRole('checkbox', { name: role });
}
