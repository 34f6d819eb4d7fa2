/** Problems in the words of the forms, and where a click on them leads an analyst, in a real browser. */
import test, { after, before } from 'node:test';
import type { FlowDocument } from '../../engine/contract/flow/flow-document.ts';
import { type Console, expect, noBrowser, startConsole } from './browser.ts';
import { card, copyBooking, sidePanel } from './flow-editor.ts';

const LIMIT = { skip: noBrowser, timeout: 120_000 };

let console: Console;

before(async () => {
  if (noBrowser === false) console = await startConsole();
});
after(() => (noBrowser === false ? console.close() : undefined));

test('a comparison of versions names fields as their forms do, and choices by their words', LIMIT, async () => {
  const { city, open } = console;
  await copyBooking(city, 'flw_compared');
  await city.admin('POST', '/flows/flw_compared/publish', {});
  const flow = (await city.admin('GET', '/flows/flw_compared')) as FlowDocument;
  const nodes = flow.nodes.map((node) =>
    node.type.startsWith('http.call@') ? { ...node, config: { ...node.config, method: 'PUT' } } : node,
  );
  await city.admin('PUT', '/flows/flw_compared', { ...flow, nodes, mode: 'durable', deadlineMs: 9000 });
  const panel = sidePanel(await open({ path: '/flows/flw_compared?panel=release' }));
  const changed = panel.getByRole('listitem').filter({ hasText: '修改' });
  await expect(changed.filter({ hasText: 'PUT' }).getByText('方法', { exact: true })).toBeVisible();
  await expect(changed.filter({ hasText: '流程设置' })).toContainText('模式');
  await expect(changed.filter({ hasText: '流程设置' })).toContainText('可靠');
  await expect(panel.getByText(/\/config\/|\/mode/)).toHaveCount(0);
});

test('a mapping without rules is told before it is published, and leads to the node', LIMIT, async () => {
  const { city, open } = console;
  await copyBooking(city, 'flw_unmapped');
  const flow = (await city.admin('GET', '/flows/flw_unmapped')) as FlowDocument;
  const map = flow.nodes.find(({ type }) => type.startsWith('transform.map@'))!;
  const nodes = flow.nodes.map((node) => (node === map ? { ...node, config: { mapping: { rules: [] } } } : node));
  await city.admin('PUT', '/flows/flw_unmapped', { ...flow, nodes, tests: [] });
  const panel = sidePanel(await open({ path: '/flows/flw_unmapped?panel=release' }));
  await panel.getByText('有 1 个警告，不阻止发布').waitFor();
  await panel.getByRole('button', { name: '查看问题' }).click();
  await panel.getByRole('button', { name: new RegExp(`${map.label} · 映射.*映射没有规则`) }).click();
  await expect(panel.getByRole('textbox', { name: '节点名称' })).toHaveValue(map.label);
});

test('a trial that is refused names the fields, and a press on one opens it', LIMIT, async () => {
  const { city, open } = console;
  await copyBooking(city, 'flw_refused');
  const flow = (await city.admin('GET', '/flows/flw_refused')) as FlowDocument;
  const http = flow.nodes.find(({ type }) => type.startsWith('http.call@'))!;
  const nodes = flow.nodes.map((node) => (node === http ? { ...node, config: { ...node.config, path: 'no-slash' } } : node));
  await city.admin('PUT', '/flows/flw_refused', { ...flow, nodes });
  const panel = sidePanel(await open({ path: '/flows/flw_refused?panel=try' }));
  await panel.getByRole('button', { name: '运行', exact: true }).click();
  await panel
    .getByRole('alert')
    .getByRole('button', { name: new RegExp(`${http.label} · 路径.*格式不正确`) })
    .click();
  await expect(panel.getByRole('textbox', { name: '路径' })).toBeFocused();
});

test('a rule that fails in a trial is told as its node and mapping, and a press on it leads there', LIMIT, async () => {
  const { city, open } = console;
  await copyBooking(city, 'flw_failed');
  const flow = (await city.admin('GET', '/flows/flw_failed')) as FlowDocument;
  const map = flow.nodes.find(({ type }) => type.startsWith('transform.map@'))!;
  const config = { mapping: { rules: [{ to: 'a', from: { path: 'data.body.nowhere' }, required: true }] } };
  const nodes = flow.nodes.map((node) => (node === map ? { ...node, config } : node));
  await city.admin('PUT', '/flows/flw_failed', { ...flow, nodes });
  const page = await open({ path: '/flows/flw_failed?panel=try' });
  const panel = sidePanel(page);
  await card(page, map.label).click();
  await panel.getByRole('tab', { name: '试运行' }).click();
  await panel.getByRole('combobox', { name: '范围' }).click();
  await page.locator('.ant-select-item-option', { hasText: `只跑“${map.label}”` }).click();
  await panel.getByRole('button', { name: '运行', exact: true }).click();
  await panel
    .getByRole('button', { name: new RegExp(`^${map.label} · 映射`) })
    .first()
    .click();
  await expect(panel.getByRole('textbox', { name: '节点名称' })).toHaveValue(map.label);
});

test('an XML example is taken as the structure of the target', LIMIT, async () => {
  const { city, open } = console;
  await copyBooking(city, 'flw_xml');
  const flow = (await city.admin('GET', '/flows/flw_xml')) as FlowDocument;
  const map = flow.nodes.find(({ type }) => type.startsWith('transform.map@'))!;
  const page = await open({ path: '/flows/flw_xml', width: 1920 });
  await card(page, map.label).click();
  await page.getByRole('button', { name: '编辑映射' }).click();
  await page.getByRole('button', { name: '导入结构' }).click();
  const dialog = page.getByRole('dialog', { name: '导入目标结构' });
  await dialog.getByRole('textbox').fill('<Order id="1"><Patient><Name>测试甲</Name></Patient><Item>a</Item><Item>b</Item></Order>');
  await dialog.getByText(/XML 样例：\d+ 个字段/).waitFor();
  await dialog.getByRole('button', { name: '加入目标' }).click();
  for (const key of ['Order.Patient.Name', 'Order.Item'])
    await expect(page.locator(`[data-tree="target"] [data-row="${key}"]`)).toBeVisible();
});
