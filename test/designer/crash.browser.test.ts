// @never-rerun: a single failure is a failure.
/** Nothing that a person drew is lost: not by a killed browser, not by a second person, not by a platform that goes away. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import test, { after, before } from 'node:test';
import type { BrowserContext, Page } from '@playwright/test';
import type { FlowDocument } from '../../engine/contract/flow-document.ts';
import { makeScratch, removeScratch } from '../support/platform-process.ts';
import { type Console, expect, launchProfile, noBrowser, startConsole } from './browser.ts';
import { card, copyBooking, isSaved, rename } from './flow-editor.ts';

const LIMIT = { skip: noBrowser, timeout: 240_000 };
const NODE = '没有这家医院';

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
  // The platform does not answer: what is typed is in this browser alone.
  await page.route('**/api/v1/flows/flw_killed', (route) => (route.request().method() === 'PUT' ? route.abort() : route.continue()));
  await page.goto(path);
  await rename(page, NODE, '改到一半');
  await page.getByText('未保存到平台').waitFor();
  const ended = killed.waitForEvent('close');
  process.kill(browserPid(profile), 'SIGKILL');
  await ended;
  assert.ok(labels(await served('flw_killed')).includes(NODE), 'the platform never had the edit');

  const reopened = await openProfile(profile, cookie);
  context.after(() => reopened.close().then(() => removeScratch(profile)));
  const again = await reopened.newPage();
  await again.goto(path);
  await card(again, '改到一半').waitFor();
  await isSaved(again);
  assert.ok(labels(await served('flw_killed')).includes('改到一半'));
  await again.getByRole('button', { name: /^撤销：重命名节点/ }).click();
  await card(again, NODE).waitFor();
  await isSaved(again);
});

test('the second of two people sees both versions; theirs is taken, and the own one is an undo away', LIMIT, async () => {
  const { second, dialog } = await twoPeople('flw_take_theirs');
  await dialog.getByRole('button', { name: '采用对方的版本' }).click();
  await card(second, '第一个人').waitFor();
  await dialog.waitFor({ state: 'hidden' });
  await second.getByRole('button', { name: /^撤销：换成另一版本/ }).click();
  await card(second, '第二个人').waitFor();
  await isSaved(second);
  assert.ok(labels(await served('flw_take_theirs')).includes('第二个人'));
});

test('the second of two people keeps their own version, and the first is told in turn', LIMIT, async () => {
  const { first, second, dialog } = await twoPeople('flw_keep_mine');
  await dialog.getByRole('button', { name: '用我的版本覆盖' }).click();
  await dialog.waitFor({ state: 'hidden' });
  await isSaved(second);
  assert.deepEqual(overlap(await served('flw_keep_mine')), ['第二个人']);
  await rename(first, '第一个人', '再改一次');
  const inTurn = conflictOf(first);
  await expect(inTurn).toContainText('第二个人');
  await expect(inTurn).toContainText('再改一次');
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
    assert.ok(labels(await served('flw_restarted')).includes('平台不在时改的'));
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
  await isSaved(page);
  assert.ok(labels(await served('flw_logged_out')).includes('会话过期时改的'));
  await page.getByRole('button', { name: /^撤销：重命名节点/ }).click();
  await card(page, NODE).waitFor();
});

/** Two people open one flow; the first saves a change, then the second makes another: the platform refuses the second save. */
async function twoPeople(flowId: string) {
  const path = await copyBooking(console.city, flowId);
  const [first, second] = await Promise.all([console.open({ path }), console.open({ path })]);
  await card(second, NODE).waitFor();
  await rename(first, NODE, '第一个人');
  await isSaved(first);
  await rename(second, NODE, '第二个人');
  const dialog = conflictOf(second);
  await expect(dialog).toContainText('第一个人');
  await expect(dialog).toContainText('第二个人');
  assert.deepEqual(overlap(await served(flowId)), ['第一个人'], 'the second save was refused');
  return { first, second, dialog };
}

function conflictOf(page: Page) {
  return page.getByRole('dialog', { name: '这条流程刚刚被别人保存' });
}

/** What the platform has. */
function served(flowId: string): Promise<FlowDocument> {
  return console.city.admin('GET', `/flows/${flowId}`) as Promise<FlowDocument>;
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
      return []; // It has ended meanwhile.
    }
  };
  const leads = (command: readonly string[]) =>
    command.includes(`--user-data-dir=${folder}`) && !command.some((word) => word.startsWith('--type='));
  const pid = readdirSync('/proc').find((entry) => /^\d+$/.test(entry) && leads(commandOf(entry)));
  assert.ok(pid, `no browser on ${folder}`);
  return Number(pid);
}
