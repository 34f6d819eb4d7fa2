/** Alarms as an administrator sets them up and an operator deals with them, in a real browser; the webhook is a real server. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import test, { after, before } from 'node:test';
import { startWebhookReceiver, type WebhookReceiver } from '../support/receivers.ts';
import { type Console, expect, noBrowser, startConsole } from './browser.ts';

const LIMIT = { skip: noBrowser, timeout: 240_000 };
/** The platform looks every 15 seconds. */
const LOOK_MS = 40_000;

let console: Console;
let hook: WebhookReceiver;

before(async () => {
  if (noBrowser !== false) return;
  console = await startConsole();
  hook = await startWebhookReceiver();
});
after(async () => {
  if (noBrowser !== false) return;
  await hook.stop();
  await console.close();
});

test('a receiver is made, tried, told of an alarm by a signed message; the alarm is acknowledged', LIMIT, async () => {
  const page = await console.open({ path: '/alarms?tab=receivers', roles: ['system-admin', 'operator'] });
  await page.getByRole('button', { name: '新建接收人' }).first().click();
  const drawer = page.getByRole('dialog');
  await drawer.getByRole('textbox', { name: '名称' }).fill('值班群');
  await drawer.getByRole('textbox', { name: '地址' }).fill('http://example.org/hook');
  await drawer.getByRole('button', { name: '保存' }).click();
  await expect(drawer.getByText('须以 HTTPS 访问')).toBeVisible();
  await drawer.getByRole('textbox', { name: '地址' }).fill(hook.url);
  await drawer.getByRole('button', { name: '保存' }).click();
  const once = page.getByRole('dialog', { name: '“值班群”的签名密钥' });
  const key = (await once.locator('code').first().textContent()) ?? '';
  assert.match(key, /^[\w-]{43}$/);
  await once.getByRole('button', { name: '我已交付' }).click();
  await page.getByRole('button', { name: '发测试告警: 值班群' }).click();
  await page.getByText('已送达：值班群').waitFor();
  assert.equal(noticeOf(0), 'test');

  await page.getByRole('tab', { name: '规则' }).click();
  await page.getByRole('spinbutton', { name: '磁盘空间不足的界限' }).fill('90');
  await page.getByRole('button', { name: '保存' }).click();
  await expect(page.getByText('有未保存的修改')).toBeHidden();

  await page.getByRole('tab', { name: '告警', exact: true }).click();
  const row = page.getByRole('row').filter({ hasText: '磁盘空间不足' });
  await expect(row.getByText('未确认')).toBeVisible({ timeout: LOOK_MS });
  await expect(page.getByRole('button', { name: '1 条告警未确认' })).toBeVisible();
  await expect.poll(() => hook.posts.length, { timeout: LOOK_MS }).toBe(2);
  assert.equal(noticeOf(1), 'opened');
  const { headers, body } = hook.posts[1]!;
  const signature = createHmac('sha256', key)
    .update(`${String(headers['x-kq-timestamp'])}.${body}`)
    .digest('hex');
  assert.equal(headers['x-kq-signature'], `sha256=${signature}`);

  await row.getByRole('button', { name: /^确认/ }).click();
  await page
    .getByRole('dialog')
    .getByRole('button', { name: /确\s*认/ })
    .click();
  await expect(row.getByText('已确认', { exact: true })).toBeVisible();
  await expect(page.getByRole('button', { name: '0 条告警未确认' })).toBeVisible();
});

test('a silence is set and ended; who only watches changes nothing and sees no address', LIMIT, async () => {
  const page = await console.open({ path: '/alarms?tab=silences', roles: ['operator'] });
  await page.getByRole('button', { name: '新建屏蔽' }).first().click();
  await page
    .getByRole('dialog')
    .getByRole('button', { name: /屏\s*蔽/ })
    .click();
  const row = page.getByRole('row').filter({ hasText: '所有告警' });
  await row.getByRole('button', { name: /^结束屏蔽/ }).click();
  await page.getByRole('dialog').getByRole('button', { name: '结束屏蔽' }).click();
  await expect(row).toBeHidden();

  const watcher = await console.open({ path: '/alarms?tab=receivers', roles: ['viewer'] });
  await expect(watcher.getByText(`${new URL(hook.url).origin}/…`)).toBeVisible();
  await expect(watcher.getByText(hook.url)).toBeHidden();
  await expect(watcher.getByRole('button', { name: '新建接收人' })).toBeHidden();
  await watcher.getByRole('tab', { name: '规则' }).click();
  await expect(watcher.getByText('只读')).toBeVisible();
});

function noticeOf(post: number): unknown {
  return (JSON.parse(hook.posts[post]!.body) as { alarms: { notice: string }[] }).alarms[0]!.notice;
}
