/** A flow from a change to publishing, and who may not change it, in a real browser. */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { type Console, expect, noBrowser, startConsole } from './browser.ts';
import { isSaved, rename, sidePanel } from './flow-editor.ts';

const LIMIT = { skip: noBrowser, timeout: 60_000 };

let console: Console;

before(async () => {
  if (noBrowser === false) console = await startConsole();
});
after(() => (noBrowser === false ? console.close() : undefined));

test('a changed name is saved by itself, shown as the difference, and in service after publishing', LIMIT, async () => {
  const page = await console.open({ path: '/flows/flw_appointment' });
  await rename(page, '没有这家医院', '医院不存在');
  await isSaved(page);
  await page.getByRole('button', { name: '发布', exact: true }).first().click();
  const panel = sidePanel(page);
  await expect(panel.getByRole('listitem').filter({ hasText: '修改' }).filter({ hasText: '医院不存在' })).toBeVisible();
  await panel.getByRole('button', { name: '发布', exact: true }).click();
  await panel.getByText('版本 2 已上线').waitFor();
  await expect(panel.getByRole('listitem').filter({ hasText: '版本 2' }).getByText('线上')).toBeVisible();
  await page.getByText('线上版本 2').waitFor();
});

test('a viewer sees a flow, has nothing to change it with, and is refused by the platform too', LIMIT, async () => {
  const page = await console.open({ path: '/flows/flw_reports', roles: ['viewer'] });
  await page.getByText('只读', { exact: true }).waitFor();
  await page.locator('.react-flow__node-card').first().waitFor();
  await expect(page.getByRole('complementary', { name: '节点' })).toHaveCount(0);
  for (const name of ['发布', '试运行']) await expect(page.getByRole('button', { name, exact: true })).toHaveCount(0);
  const viewer = await console.city.person(['viewer']);
  const flow = await console.city.admin('GET', '/flows/flw_reports');
  assert.equal((await viewer.call('PUT', '/flows/flw_reports', flow)).status, 403);
});
