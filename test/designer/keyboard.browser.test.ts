/** An analyst who keeps the hands on the keyboard, in a real browser. */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import type { FlowDocument } from '../../engine/contract/flow/flow-document.ts';
import { type Console, expect, noBrowser, startConsole } from './browser.ts';
import { card, copyBooking, isSaved, sidePanel } from './flow-editor.ts';

const LIMIT = { skip: noBrowser, timeout: 120_000 };
const TYPING = { delay: 30 };

let console: Console;

before(async () => {
  if (noBrowser === false) console = await startConsole();
});
after(() => (noBrowser === false ? console.close() : undefined));

test('Enter in the name of a new flow makes one flow, however often it is pressed', LIMIT, async () => {
  const { city, open } = console;
  const page = await open({ path: '/flows?new=1' });
  const name = page.getByRole('dialog', { name: '新建流程' }).getByRole('textbox', { name: '名称' });
  await name.pressSequentially('只建一条', TYPING);
  const saved: string[] = [];
  page.on('request', (request) => request.method() === 'PUT' && saved.push(request.url()));
  await page.keyboard.press('Enter');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/flows/flw_*');
  const { items } = (await city.admin('GET', '/flows')) as { items: { name: { 'zh-CN': string } }[] };
  assert.equal(items.filter((flow) => flow.name['zh-CN'] === '只建一条').length, 1);
  assert.equal(saved.length, 1);
});

test('F2 goes to the name of the selected node with all of it marked; Enter goes back to the canvas', LIMIT, async () => {
  const page = await console.open({ path: await copyBooking(console.city, 'flw_renamed') });
  await card(page, '没有这家医院').click();
  await page.keyboard.press('F2');
  const name = sidePanel(page).getByRole('textbox', { name: '节点名称' });
  await expect(name).toBeFocused();
  await page.keyboard.type('无此医院', TYPING);
  await page.keyboard.press('Enter');
  await expect(name).not.toBeFocused();
  await expect(card(page, '无此医院')).toBeVisible();
  await expect(page.getByLabel(/到“无此医院”的连线/)).toHaveCount(1);
  const count = await page.locator('.react-flow__node-card').count();
  // The canvas has the keys again.
  await page.keyboard.press('Delete');
  await expect(page.locator('.react-flow__node-card')).toHaveCount(count - 1);

  await page.locator('.react-flow__node-card').nth(1).click({ button: 'right' });
  await page.getByRole('menuitem', { name: /^重命名/ }).click();
  await expect(sidePanel(page).getByRole('textbox', { name: '节点名称' })).toBeFocused();
  await isSaved(page);
});

test('a node that is shown a field of takes the focus once, not whenever it is selected again', LIMIT, async () => {
  const page = await console.open({ path: await copyBooking(console.city, 'flw_focused') });
  await card(page, '没有这家医院').click();
  await page.keyboard.press('F2');
  const name = sidePanel(page).getByRole('textbox', { name: '节点名称' });
  await expect(name).toBeFocused();
  await page.keyboard.press('Escape');
  await page.locator('.react-flow__node-card').first().click();
  await expect(name).not.toHaveValue('没有这家医院');
  await card(page, '没有这家医院').click();
  await expect(name).toHaveValue('没有这家医院');
  await expect(name).not.toBeFocused();
});

test('after a node was added by typing, the next keys are the canvas’s', LIMIT, async () => {
  const page = await console.open({ path: await copyBooking(console.city, 'flw_typed') });
  const cards = page.locator('.react-flow__node-card');
  await card(page, '没有这家医院').click();
  const count = await cards.count();
  await page.locator('.react-flow').first().focus();
  for (const more of [1, 2]) {
    await page.keyboard.type('http', TYPING);
    await page.getByRole('option', { name: 'HTTP 调用' }).waitFor();
    await page.keyboard.press('Enter');
    await expect(cards).toHaveCount(count + more);
  }
  await page.keyboard.press('Delete');
  await expect(cards).toHaveCount(count + 1);
});

test('what was typed into a trial is there after a look at another tab, another node and a closed panel', LIMIT, async () => {
  const page = await console.open({ path: `${await copyBooking(console.city, 'flw_tried')}?panel=try` });
  const panel = sidePanel(page);
  const input = panel.getByRole('textbox', { name: '输入消息（JSON）' });
  await input.fill('{"hospital":"Z"}');
  await panel.getByRole('tab', { name: '问题' }).click();
  await panel.getByRole('tab', { name: '试运行' }).click();
  await expect(input).toHaveText('{"hospital":"Z"}');
  await panel.getByRole('button', { name: '运行', exact: true }).click();
  await panel.getByRole('heading', { name: '每个节点' }).waitFor();
  await panel.getByRole('tab', { name: '配置' }).click();
  await panel.getByRole('button', { name: '收起侧栏' }).click();
  await page.getByRole('button', { name: '试运行', exact: true }).click();
  await expect(input).toHaveText('{"hospital":"Z"}');
  await expect(panel.getByRole('heading', { name: '每个节点' })).toBeVisible();
});

test('a template is chosen where a flow is made, and is drawn in the mode that it needs', LIMIT, async () => {
  const { city, open } = console;
  const page = await open({ path: '/flows?new=1' });
  const dialog = page.getByRole('dialog', { name: '新建流程' });
  await dialog.getByRole('textbox', { name: '名称' }).fill('按模板');
  await dialog.getByRole('radio', { name: /^HL7 消息转 HTTP/ }).check();
  await page.keyboard.press('Enter');
  await expect(page.locator('.react-flow__node-card')).toHaveCount(4);
  await isSaved(page);
  const flowId = new URL(page.url()).pathname.split('/').at(-1)!;
  const flow = (await city.admin('GET', `/flows/${flowId}`)) as FlowDocument;
  assert.deepEqual([flow.mode, flow.nodes.at(-1)!.config['method']], ['durable', 'POST']);
  await page.getByRole('button', { name: /^撤销/ }).click();
  await page.getByRole('heading', { name: '流程从触发器开始' }).waitFor();
});
