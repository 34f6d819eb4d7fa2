// @never-rerun: a single failure is a failure.
/** Nothing that a person drew is lost: not by a killed browser, not by a second person, not by a platform that goes away. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import test, { after, before } from 'node:test';
import type { BrowserContext, Page } from '@playwright/test';
import type { FlowDocument } from '../../engine/contract/flow/flow-document.ts';
import { makeScratch, removeScratch } from '../support/platform-process.ts';
import { type Console, expect, launchProfile, noBrowser, startConsole } from './browser.ts';
import { card, copyBooking, isSaved, rename, served, sidePanel } from './flow-editor.ts';

const LIMIT = { skip: noBrowser, timeout: 240_000 };
const NODE = '没有这家医院';
const OTHER_NODE = '甲院预约';

let console: Console;

before(async () => {
  if (noBrowser === false) console = await startConsole();
});
after(() => (noBrowser === false ? console.close() : undefined));

test('a browser that is killed in mid-edit has the edit afterwards, and undo works', LIMIT, async (context) => {
  const path = await copyBooking(console.city, 'flw_killed');
  const profile = await makeScratch();
  const { cookie } = await console.city.person(['analyst']);
  const killed = await openProfile(profile, cookie);
  context.after(() => killed.close());
  const page = await killed.newPage();
  // The platform does not respond: what is typed is in this browser alone.
  await page.route('**/api/v1/flows/flw_killed', (route) => (route.request().method() === 'PUT' ? route.abort() : route.continue()));
  await page.goto(path);
  await rename(page, NODE, '改到一半');
  await page.getByText('未保存到平台').waitFor();
  const ended = killed.waitForEvent('close');
  process.kill(browserPid(profile), 'SIGKILL');
  await ended;
  assert.ok(labels(await served(console.city, 'flw_killed')).includes(NODE), 'the platform never had the edit');

  const reopened = await openProfile(profile, cookie);
  context.after(() => reopened.close().then(() => removeScratch(profile)));
  const again = await reopened.newPage();
  await again.goto(path);
  await card(again, '改到一半').waitFor();
  await isSaved(again);
  assert.ok(labels(await served(console.city, 'flw_killed')).includes('改到一半'));
  await again.getByRole('button', { name: /^撤销：重命名节点/ }).click();
  await card(again, NODE).click();
  await expect(sidePanel(again).getByRole('textbox', { name: '节点名称' })).toHaveValue(NODE);
  await isSaved(again);
});

test(
  'of what two people changed at once theirs is taken: undo does not bring mine back over it, the edit history does',
  LIMIT,
  async () => {
    const { first, dialog } = await twoPeople('flw_take_theirs');
    await dialog.getByRole('button', { name: '放弃我的修改' }).click();
    await dialog.waitFor({ state: 'hidden' });
    await card(first, '第二个人').waitFor();
    await first.getByRole('button', { name: '没有可撤销的操作' }).waitFor();
    await first.keyboard.press('Control+z');
    await isSaved(first);
    assert.deepEqual(overlap(await served(console.city, 'flw_take_theirs')), ['第二个人']);
    await first.getByRole('button', { name: '版本与发布' }).click();
    const aside = sidePanel(first).getByRole('listitem').filter({ hasText: '冲突时未采用' });
    await aside.getByRole('button', { name: /^与当前草稿比较/ }).click();
    await expect(first.getByRole('dialog')).toContainText('第一个人');
    await first.keyboard.press('Escape');
    await aside.getByRole('button', { name: /^恢复到这一次/ }).click();
    await card(first, '第一个人').waitFor();
    await isSaved(first);
    assert.deepEqual(overlap(await served(console.city, 'flw_take_theirs')), ['第一个人']);
  },
);

test(
  'of what two people changed at once mine is chosen: it is saved, theirs stays in the edit history, and their page follows',
  LIMIT,
  async () => {
    const { first, second, dialog } = await twoPeople('flw_keep_mine');
    const save = dialog.getByRole('button', { name: '按所选合并并保存' });
    await expect(save).toBeDisabled();
    await dialog.getByText('我的', { exact: true }).click();
    await save.click();
    await dialog.waitFor({ state: 'hidden' });
    await isSaved(first);
    assert.deepEqual(overlap(await served(console.city, 'flw_keep_mine')), ['第一个人']);
    await card(second, '第一个人').waitFor();
    await second.getByRole('button', { name: '版本与发布' }).click();
    const lines = sidePanel(second)
      .getByRole('listitem')
      .filter({ hasText: /第 \d+ 次保存/ });
    await expect(lines).toHaveCount(3);
    await lines
      .nth(1)
      .getByRole('button', { name: /^恢复到这一次/ })
      .click();
    await card(second, '第二个人').waitFor();
    await isSaved(second);
  },
);

test('two people who edit different nodes see each other, get each other’s edits, and undo their own alone', LIMIT, async () => {
  const path = await copyBooking(console.city, 'flw_together');
  const [first, second] = await Promise.all([console.open({ path }), console.open({ path })]);
  await Promise.all([card(first, NODE).waitFor(), card(second, NODE).waitFor()]);
  const release = await holdSaves(first, 'flw_together');
  await rename(first, NODE, '第一个人');
  await rename(second, OTHER_NODE, '第二个人');
  await isSaved(second);
  release();
  for (const page of [first, second]) await Promise.all(['第一个人', '第二个人'].map((label) => card(page, label).waitFor()));
  await first.getByText(/^已并入.*的修改/).waitFor();
  await isSaved(first);
  assert.deepEqual(overlap(await served(console.city, 'flw_together')).toSorted(), ['第一个人', '第二个人']);
  await first.getByRole('button', { name: /^撤销：重命名节点/ }).click();
  await isSaved(first);
  for (const page of [first, second]) await Promise.all([NODE, '第二个人'].map((label) => card(page, label).waitFor()));
  // Told at each visit, every 15 s.
  await first.getByRole('list', { name: '也打开着这条流程的人' }).waitFor();
});

test('a flow that a colleague deletes under an open editor does not come back by itself', LIMIT, async () => {
  const path = await copyBooking(console.city, 'flw_deleted');
  const page = await console.open({ path });
  await card(page, NODE).waitFor();
  await console.city.admin('DELETE', '/flows/flw_deleted');
  await rename(page, NODE, '删除之后改的');
  const dialog = page.getByRole('dialog', { name: '这条流程刚刚被删除' });
  await dialog.waitFor();
  const list = async () => ((await console.city.admin('GET', '/flows')) as { items: { flowId: string }[] }).items;
  assert.ok(!(await list()).some(({ flowId }) => flowId === 'flw_deleted'));
  await dialog.getByRole('button', { name: '重新保存' }).click();
  await isSaved(page);
  assert.ok(labels(await served(console.city, 'flw_deleted')).includes('删除之后改的'));
});

test('what breaks beneath all pages leaves no blank one: it says what to do, and a reload goes on', LIMIT, async () => {
  const page = await console.open({ path: '/flows' });
  await page.getByRole('heading', { level: 1, name: '流程' }).waitFor();
  await page.route('**/api/v1/me', (route) => route.fulfill({ json: { name: 'somebody' } }));
  await page.reload();
  await page.getByRole('heading', { name: '页面出错了' }).waitFor();
  await page.unroute('**/api/v1/me');
  await page.getByRole('button', { name: '重新加载' }).click();
  await page.getByRole('heading', { level: 1, name: '流程' }).waitFor();
});

test('what is published never looks like what is edited', LIMIT, async () => {
  const path = await copyBooking(console.city, 'flw_unpublished');
  const page = await console.open({ path });
  await page.getByText('草稿', { exact: true }).waitFor();
  await page.getByRole('button', { name: '发布', exact: true }).first().click();
  await sidePanel(page).getByRole('button', { name: '发布', exact: true }).click();
  await page.getByText('已发布', { exact: true }).waitFor();
  await sidePanel(page).getByRole('tab', { name: '配置' }).click();
  await rename(page, NODE, '改过的');
  await page.getByText('有未发布的修改').waitFor();
  await expect(page.getByText('已发布', { exact: true })).toHaveCount(0);
  await isSaved(page);
  await expect(page.getByText('已发布', { exact: true })).toHaveCount(0);
});

test(
  'a platform that restarts under an open flow is said to be away, comes back by itself, and gets what was not saved',
  LIMIT,
  async () => {
    const path = await copyBooking(console.city, 'flw_restarted');
    const page = await console.open({ path });
    await card(page, NODE).waitFor();
    await console.restart(async () => {
      await page.getByText('与平台的连接已断开').waitFor();
      await rename(page, NODE, '平台不在时改的');
      await page.getByText('未保存到平台').waitFor();
    });
    await page.getByText('与平台的连接已断开').waitFor({ state: 'hidden' });
    await isSaved(page);
    assert.ok(labels(await served(console.city, 'flw_restarted')).includes('平台不在时改的'));
    await page.getByRole('button', { name: /^撤销：重命名节点/ }).click();
    await card(page, NODE).waitFor();
  },
);

test('a session that ends under an open flow asks for the password over the page, and nothing of the work is lost', LIMIT, async () => {
  const path = await copyBooking(console.city, 'flw_logged_out');
  const page = await console.open({ path });
  await card(page, NODE).waitFor();
  await page.context().clearCookies();
  await rename(page, NODE, '会话过期时改的');
  const dialog = page.getByRole('dialog', { name: '请重新登录' });
  await dialog.waitFor();
  await expect(card(page, '会话过期时改的')).toBeVisible();
  await dialog.getByLabel('密码').fill(console.passwordOf(page));
  await page.keyboard.press('Enter');
  await dialog.waitFor({ state: 'hidden' });
  // The panel next to it is unchanged: the editor does not start again.
  await expect(sidePanel(page).getByRole('textbox', { name: '节点名称' })).toHaveValue('会话过期时改的');
  await isSaved(page);
  assert.ok(labels(await served(console.city, 'flw_logged_out')).includes('会话过期时改的'));
  await page.getByRole('button', { name: /^撤销：重命名节点/ }).click();
  await card(page, NODE).waitFor();
});

/** Two people open one flow and rename one node at once: the save of the first reaches the platform behind that of the second. */
async function twoPeople(flowId: string) {
  const path = await copyBooking(console.city, flowId);
  const [first, second] = await Promise.all([console.open({ path }), console.open({ path })]);
  await Promise.all([card(first, NODE).waitFor(), card(second, NODE).waitFor()]);
  const release = await holdSaves(first, flowId);
  await rename(first, NODE, '第一个人');
  await rename(second, NODE, '第二个人');
  await isSaved(second);
  release();
  const dialog = first.getByRole('dialog', { name: /改了同一处/ });
  await expect(dialog).toContainText('第二个人');
  await dialog.getByRole('tab', { name: '我的修改' }).click();
  await expect(dialog).toContainText('第一个人');
  const { items } = (await console.city.admin('GET', '/flows')) as { items: { flowId: string; updatedBy: string }[] };
  await expect(dialog).toContainText(items.find((flow) => flow.flowId === flowId)!.updatedBy);
  assert.deepEqual(overlap(await served(console.city, flowId)), ['第二个人'], 'the save of the first was refused');
  return { first, second, dialog };
}

/** Saves of this page are pending until they are released. */
async function holdSaves(page: Page, flowId: string): Promise<() => void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  await page.route(`**/api/v1/flows/${flowId}`, async (route) => {
    if (route.request().method() === 'PUT') await promise;
    await route.continue();
  });
  return resolve;
}

function labels({ nodes }: FlowDocument): readonly string[] {
  return nodes.map(({ label }) => label);
}

function overlap(flow: FlowDocument): readonly string[] {
  return labels(flow).filter((label) => label === '第一个人' || label === '第二个人');
}

/** A browser with a profile on disk, logged in. */
async function openProfile(folder: string, cookie: string): Promise<BrowserContext> {
  const { control } = console.city;
  const context = await launchProfile(folder, control);
  const [name = '', value = ''] = cookie.split('=');
  await context.addCookies([{ name, value, url: control }]);
  return context;
}

/** Of Chromium's processes on this profile the one that leads: the others say what `--type` they are. */
function browserPid(folder: string): number {
  const commandOf = (pid: string) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    } catch {
      return []; // It has ended in the meantime.
    }
  };
  const leads = (command: readonly string[]) =>
    command.includes(`--user-data-dir=${folder}`) && !command.some((word) => word.startsWith('--type='));
  const pid = readdirSync('/proc').find((entry) => /^\d+$/.test(entry) && leads(commandOf(entry)));
  assert.ok(pid, `no browser on ${folder}`);
  return Number(pid);
}
