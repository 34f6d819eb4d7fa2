/** An analyst's first steps with HL7: the fields of a message are there before anything ran, and a message is tried as it was sent. */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import type { Page } from '@playwright/test';
import type { FlowDocument } from '../../engine/contract/flow/flow-document.ts';
import { type Console, expect, noBrowser, startConsole } from './browser.ts';
import { card, sidePanel } from './flow-editor.ts';

const LIMIT = { skip: noBrowser, timeout: 120_000 };
const KEYS = { delay: 30 };

let console: Console;

before(async () => {
  if (noBrowser === false) console = await startConsole();
});
after(() => (noBrowser === false ? console.close() : undefined));

test('the mapper behind an HL7 parser is ready before any trial', LIMIT, async (context) => {
  const { page, flow } = await openAdmission('flw_hl7_mapper');
  const map = flow.nodes.find(({ type }) => type.startsWith('transform.map@'))!;
  const parse = flow.nodes.find(({ type }) => type.startsWith('hl7.parse@'))!;
  await card(page, map.label).click();
  await page.getByRole('button', { name: '编辑映射' }).click();
  const search = page.getByRole('textbox', { name: '搜索来源' });
  const row = (key: string) => page.locator(`[data-tree="source"] [data-row="${key}"]`);

  await context.test('fields of the sample message are called as the standard counts them', async () => {
    await search.pressSequentially('PID-3.1', KEYS);
    await expect(row('data.PID[0].f3[0].c1')).toContainText('PID-3.1');
    await expect(row('data.PID[0].f3[0].c1')).toContainText('P000001');
  });

  await context.test('Esc clears a search and then leaves its field; only the next one closes the mapper', async () => {
    await search.press('Escape');
    await expect(search).toHaveValue('');
    await expect(search).toBeFocused();
    await search.press('Escape');
    await expect(search).not.toBeFocused();
    await expect(search).toBeVisible();
  });

  await context.test('a search that finds nothing says so', async () => {
    await search.pressSequentially('不存在的字段', KEYS);
    await page.getByText('没有找到“不存在的字段”').waitFor();
    await search.press('Escape');
  });

  await context.test('a node is called by its whole name, its path is for the pointer alone', async () => {
    await search.pressSequentially(parse.label, KEYS);
    const root = row(`nodes.${parse.id}`);
    await expect(root).toContainText(parse.label);
    await expect(root).not.toContainText(parse.id);
    await expect(root.locator(`[title$="nodes.${parse.id}"]`)).toHaveText(parse.label);
  });

  await context.test('Esc outside of all fields closes the mapper', async () => {
    await search.press('Escape');
    await search.press('Escape');
    await expect(search).not.toBeFocused();
    await page.keyboard.press('Escape');
    await expect(search).toHaveCount(0);
  });
});

test('a message is tried as it was sent, one segment on each line', LIMIT, async () => {
  const { page } = await openAdmission('flw_hl7_trial');
  const panel = sidePanel(page);
  await page.getByRole('button', { name: '试运行', exact: true }).click();
  const input = panel.getByRole('textbox', { name: '输入消息（HL7，每段一行）' });
  await expect(input.locator('.cm-line', { hasText: /^PID\|1\|\|P000001/ })).toBeVisible();
  await input.press('Control+a');
  await page.keyboard.insertText('MSH|^~\\&|HIS|X|BUS|CITY|20260601083000||ADT^A01|M7|P|2.5.1\nPID|1||P000777\n');
  const [asked] = await Promise.all([
    page.waitForRequest((request) => request.url().endsWith('/flows/trial')),
    panel.getByRole('button', { name: '运行', exact: true }).click(),
  ]);
  const { input: sent } = asked.postDataJSON() as { readonly input: unknown };
  assert.deepEqual(sent, {
    data: 'MSH|^~\\&|HIS|X|BUS|CITY|20260601083000||ADT^A01|M7|P|2.5.1\rPID|1||P000777\r',
    mediaType: 'application/hl7-v2',
  });
});

test('a click on a card shows its settings, on the selected one too, unless a trial is looked at', LIMIT, async () => {
  const { page, flow } = await openAdmission('flw_hl7_click');
  const panel = sidePanel(page);
  const [first, second] = flow.nodes.map(({ label }) => label) as [string, string];
  const isOpen = (name: string) => expect(panel.getByRole('tab', { name, exact: true, selected: true }).first()).toBeVisible();
  await card(page, first).click();
  for (const label of [first, second]) {
    await page.getByRole('button', { name: '发布', exact: true }).click();
    await isOpen('发布');
    await card(page, label).click();
    await expect(panel.getByRole('textbox', { name: '节点名称' })).toHaveValue(label);
  }
  await page.getByRole('button', { name: '试运行', exact: true }).click();
  await panel.getByRole('button', { name: '运行', exact: true }).click();
  await panel.getByRole('heading', { name: '每个节点' }).waitFor();
  for (const label of [second, first]) {
    await card(page, label).click();
    await isOpen('试运行');
  }
});

async function openAdmission(flowId: string): Promise<{ readonly page: Page; readonly flow: FlowDocument }> {
  const flow = (await console.city.admin('GET', '/flows/flw_admission')) as FlowDocument;
  await console.city.admin('PUT', `/flows/${flowId}`, { ...flow, flowId, revision: 0, tests: [] });
  return { page: await console.open({ path: `/flows/${flowId}` }), flow };
}
