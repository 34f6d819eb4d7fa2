/** A person sets up a second factor, logs in with it, makes a token with few rights, and gives the password again for what is dangerous. */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import type { Page } from '@playwright/test';
import { Secret, TOTP } from 'otpauth';
import { type Console, expect, giveAgain, noBrowser, PATIENCE_MS, startConsole } from './browser.ts';

const PICTURES = process.env['KQ_PICTURES'];
const LIMIT = { skip: noBrowser, timeout: 240_000 };

let console: Console;

before(async () => {
  if (noBrowser === false) console = await startConsole();
});
after(() => (noBrowser === false ? console.close() : undefined));

test('the one-time password is typed once: the next page asks for the own one alone', LIMIT, async () => {
  const { city, browser } = console;
  const keeper = await city.person(['system-admin']);
  const made = await keeper.call('POST', '/accounts', { name: 'p-first', displayName: '首次', roles: ['analyst'] });
  const { oneTimePassword } = made.json() as { oneTimePassword: string };
  const page = await (await browser.newContext({ locale: 'zh-CN', baseURL: city.control })).newPage();
  await page.goto('/');
  await logIn(page, 'p-first', oneTimePassword);
  await page.getByRole('heading', { name: '设置自己的密码' }).waitFor();
  await expect(page.getByLabel('一次性密码')).toHaveCount(0);
  await page.getByLabel('新密码（至少 12 个字符）').pressSequentially('Own-Password-2026', { delay: 30 });
  await page.getByLabel('再输入一次').pressSequentially('Own-Password-2026', { delay: 30 });
  await page.keyboard.press('Enter');
  await page.getByRole('menuitem', { name: '流程', exact: true }).waitFor();
});

test('a second factor is set up with the password given again, and asked for at the next login', LIMIT, async () => {
  const { page, name, password } = await console.arrive({ path: '/me' });
  await logIn(page, name, password);
  await page.getByRole('button', { name: '设置第二因素' }).click();
  await page.getByRole('button', { name: '开始设置' }).click();
  await giveAgain(page, 'not-the-password');
  await expect(page.getByRole('dialog').getByText('再次输入的密码错误')).toBeVisible();
  await giveAgain(page, password);
  await expect(page.getByRole('img', { name: '供验证器应用扫描的二维码' })).toBeVisible();
  const secret =
    (await page
      .getByText(/^[A-Z2-7]{32}$/)
      .first()
      .textContent()) ?? '';
  await page.getByRole('textbox', { name: '验证码' }).fill(codeOf(secret, Date.now()));
  await page.getByRole('button', { name: '启用' }).click();
  await expect(page.getByText('只显示这一次')).toBeVisible();
  await page.getByRole('button', { name: '我已保存' }).click();
  await expect(page.getByText('已启用')).toBeVisible();

  const again = await page.context().browser()!.newContext({ locale: 'zh-CN', baseURL: console.city.control });
  const other = await again.newPage();
  await other.goto('/me');
  await logIn(other, name, password);
  // The code that was used to set it up is used up: the next one counts already.
  await other.getByRole('textbox', { name: '验证码' }).fill(codeOf(secret, Date.now() + 30_000));
  await other.getByRole('button', { name: '登录' }).click();
  await expect(other.getByText('已启用')).toBeVisible();
  await again.close();
});

test('a token has the rights that are ticked, and no more', LIMIT, async () => {
  const page = await console.open({ path: '/me' });
  await page.getByRole('button', { name: '签发令牌' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('textbox', { name: '用途' }).fill('nightly');
  await dialog.getByRole('checkbox', { name: 'flows.read' }).check();
  await dialog.getByRole('button', { name: '签发令牌' }).click();
  await giveAgain(page, console.passwordOf(page));
  const token = (await page.getByText(/^kqt_/).first().textContent()) ?? '';
  await page.getByRole('button', { name: '我已保存' }).click();
  await expect(page.getByRole('row', { name: /nightly.*flows\.read/ })).toBeVisible();
  const ask = async (path: string) =>
    (await console.city.send(`${console.city.control}/api/v1${path}`, { headers: { authorization: `Bearer ${token}` } })).status;
  assert.deepEqual([await ask('/flows'), await ask('/adapters')], [200, 403]);
});

test('the question for the password takes what is typed and Enter; closed, it leaves no error behind', LIMIT, async () => {
  const page = await console.open({ path: '/me' });
  await page.getByRole('button', { name: '签发令牌' }).click();
  const dialog = page.getByRole('dialog', { name: '签发令牌' });
  await dialog.getByRole('textbox', { name: '用途' }).fill('keyboard');
  await dialog.getByRole('checkbox', { name: 'flows.read' }).check();
  const make = dialog.getByRole('button', { name: '签发令牌' });
  const question = page.getByRole('dialog', { name: '再次确认身份' });
  const field = question.getByLabel('密码');

  await make.press('Enter');
  await expect(field).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(question).toBeHidden();
  await expect(make).toBeEnabled();
  await expect(page.getByText('此操作须再次输入密码')).toHaveCount(0);
  await expect(page.getByText('STEP_UP_REQUIRED')).toHaveCount(0);
  await expect(dialog.getByRole('textbox', { name: '用途' })).toHaveValue('keyboard');

  await make.press('Enter');
  await expect(field).toBeFocused();
  await page.keyboard.type('not-the-password');
  await page.keyboard.press('Enter');
  await expect(question.getByText('再次输入的密码错误')).toBeVisible();
  await expect(field).toBeFocused();
  await picture(page, 'step-up');
  await page.keyboard.type(console.passwordOf(page));
  await page.keyboard.press('Enter');
  await expect(page.getByText(/^kqt_/).first()).toBeVisible();
});

test('all other sessions and tokens are ended at once, after it was said how many', LIMIT, async () => {
  const page = await console.open({ path: '/me' });
  await page.getByRole('button', { name: '签发令牌' }).click();
  const dialog = page.getByRole('dialog', { name: '签发令牌' });
  await dialog.getByRole('textbox', { name: '用途' }).fill('old-script');
  await dialog.getByRole('checkbox', { name: 'flows.read' }).check();
  await dialog.getByRole('button', { name: '签发令牌' }).click();
  await giveAgain(page, console.passwordOf(page));
  await page.getByRole('button', { name: '我已保存' }).click();
  await expect(page.getByRole('row', { name: /old-script/ })).toBeVisible();
  await page.getByRole('button', { name: '结束其他全部' }).click();
  const question = page.getByRole('dialog').filter({ hasText: '只保留当前会话' });
  await expect(question.getByText(/和 1 个令牌/)).toBeVisible();
  await picture(page, 'end-others');
  await question.getByRole('button', { name: '结束其他全部' }).click();
  await expect(question).toHaveCount(0);
  await expect(page.getByRole('row', { name: /old-script/ })).toHaveCount(0);
  await expect(page.getByRole('row', { name: /当前/ })).toBeVisible();
  await expect(page.getByRole('button', { name: '结束其他全部' })).toBeDisabled();
});

async function picture(page: Page, name: string): Promise<void> {
  if (PICTURES !== undefined) await page.screenshot({ path: `${PICTURES}/${name}.png` });
}

async function logIn(page: Page, name: string, password: string): Promise<void> {
  await page.getByRole('textbox', { name: '账号' }).fill(name, { timeout: PATIENCE_MS });
  await page.getByLabel('密码').fill(password);
  await page.getByRole('button', { name: '登录' }).click();
}

function codeOf(secret: string, at: number): string {
  return new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: at });
}
