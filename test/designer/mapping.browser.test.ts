/** The mapping editor as a person uses it: two trees and lines, by mouse and keyboard, with a live preview that a trial then proves. */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import type { Locator, Page } from '@playwright/test';
import type { TrialAnswer } from '../../designer/src/api/operations.ts';
import { type Console, expect, noBrowser, startConsole } from './browser.ts';

const LIMIT = { skip: noBrowser, timeout: 240_000 };

let console: Console;

before(async () => {
  if (noBrowser === false) console = await startConsole();
});
after(() => (noBrowser === false ? console.close() : undefined));

test('a mapping is drawn, looked at with a sample, undone, and does in a trial what its preview showed', LIMIT, async (context) => {
  const page = await console.open({ path: '/flows/flw_reports', width: 1920 });
  const mapper = openMapper(page);

  await context.test('shows the rules of the example city, and by one click what they make of a test', async () => {
    await mapper.open('合并结果');
    await expect(mapper.target('hospitals[0].reports[].result')).toContainText('去空白');
    await page.getByRole('button', { name: '用测试“两家都答”试运行一次' }).click();
    await expect(mapper.target('hospitals[0].reports[].item')).toContainText('血常规');
    await expect(mapper.source('data.a.reports[0].item')).toContainText('血常规');
    // Nothing is chosen yet and the row is far down: the tree stays where it is under the pointer.
    await mapper.target('hospitals[1].reports[].reportedAt').click();
    await expect(page.getByRole('group', { name: /第 1 步：解析日期/ })).toBeVisible();
  });

  await context.test('a source dropped on the place for new fields makes one and fills it', async () => {
    await mapper.drag(mapper.source('data.a.reports[0].code'), page.locator('[data-new-field]'));
    await expect(mapper.target('code')).toContainText('data.a.reports[0].code');
    await expect(mapper.target('code')).toContainText('CBC');
  });

  await context.test('functions and a code table are added step by step, each with its value', async () => {
    await mapper.addFunction('小写');
    await expect(page.getByRole('group', { name: /第 1 步：小写/ })).toBeVisible();
    await expect(mapper.target('code')).toContainText('cbc');
    await mapper.addFunction('查代码表');
    await page.getByRole('combobox', { name: '代码表' }).click();
    await page
      .getByTitle('departments', { exact: true })
      .or(page.locator('.ant-select-item-option', { hasText: 'departments' }))
      .first()
      .click();
    await expect(mapper.target('code')).toContainText('代码表“departments”中没有这个代码');
    await page.getByRole('textbox', { name: '查不到时' }).fill('未知科室');
    await expect(mapper.target('code')).toContainText('未知科室');
  });

  await context.test('a list led to a list is a loop whose fields are repeated', async () => {
    await mapper.addField('items', '列表');
    await mapper.drag(mapper.source('data.a.reports'), mapper.target('items'));
    await expect(mapper.target('items')).toContainText('逐项：data.a.reports');
    await mapper.drag(mapper.source('data.a.reports[0].reportNo'), page.locator('[data-new-field]'));
    await mapper.press(mapper.target('reportNo'), 'Delete');
    await expect(mapper.target('reportNo')).toHaveCount(0);
    await mapper.addFieldIn('items[]', 'number');
    await mapper.connectByKeyboard('data.a.reports[0].reportNo', 'items[].number');
    await expect(mapper.target('items[].number')).toContainText('item.reportNo');
    await expect(mapper.target('items[].number')).toContainText('P000006-L1');
  });

  await context.test('fields of the same name are proposed and connected at once', async () => {
    await mapper.addFieldIn('items[]', 'Report_No');
    await page.getByRole('button', { name: '同名连接' }).click();
    const dialog = page.getByRole('dialog', { name: '同名连接' });
    await expect(dialog.getByRole('row').filter({ hasText: 'items[].Report_No' })).toContainText('data.a.reports[0].reportNo');
    await dialog.getByRole('button', { name: '连接 1 个' }).click();
    await expect(mapper.target('items[].Report_No')).toContainText('P000006-L1');
  });

  await context.test('every step goes back and forth', async () => {
    await mapper.targetTree.focus();
    await page.keyboard.press('Control+z');
    await expect(mapper.target('items[].Report_No')).toContainText('未映射');
    await page.keyboard.press('Control+y');
    await expect(mapper.target('items[].Report_No')).toContainText('item.reportNo');
  });

  let shown = '';
  await context.test('the JSON is the same mapping, and what is no JSON is kept and told', async () => {
    await page.getByRole('tab', { name: '结果' }).click();
    await page.getByText('所有规则都能算出').waitFor();
    await page.getByText('原文', { exact: true }).click();
    // The code editor draws the lines in sight alone.
    shown = (await page.getByRole('region', { name: '映射结果' }).locator('.cm-content').innerText()).trim();
    await page.getByText('规则 JSON', { exact: true }).click();
    const editor = page.getByRole('textbox', { name: '映射规则（JSON）' });
    await expect(editor).toContainText('"to": "hospitals[0].reports"');
    await editor.press('Control+Home');
    await page.keyboard.type('x');
    await page.getByText('还不是正确的 JSON').waitFor();
    await page.getByText('图示', { exact: true }).click();
    await expect(mapper.target('items[].number')).toBeVisible();
    await page.getByText('规则 JSON', { exact: true }).click();
    await page.getByText('还不是正确的 JSON').waitFor();
    await editor.press('Control+Home');
    await page.keyboard.press('Delete');
    await expect(page.getByText('还不是正确的 JSON')).toHaveCount(0);
  });

  await context.test('a trial gives what the preview showed', async () => {
    await page.getByRole('button', { name: '关闭映射编辑器' }).click();
    await page.getByRole('button', { name: '试运行', exact: true }).click();
    const answered = page.waitForResponse((response) => response.url().endsWith('/flows/trial'));
    await page.getByRole('button', { name: '运行', exact: true }).click();
    const { steps } = (await (await answered).json()) as TrialAnswer;
    const made = steps.find(({ node }) => node === 'n_map')?.output?.['ok']?.data as Readonly<Record<string, unknown>>;
    assert.ok(shown.length > 300 && JSON.stringify(made, null, 2).startsWith(shown), shown);
    assert.equal(made['code'], '未知科室');
    assert.deepEqual(made['items'], [{ number: 'P000006-L1', Report_No: 'P000006-L1' }]);
    await page.getByRole('complementary', { name: '侧栏' }).getByText('合并结果').waitFor();
  });
});

/** What a person does in the mapping editor. */
function openMapper(page: Page) {
  const row = (tree: 'source' | 'target') => (key: string) => page.locator(`[data-tree="${tree}"] [data-row="${key}"]`);
  const source = row('source');
  const target = row('target');
  const targetTree = page.getByRole('tree', { name: '目标' });
  const middle = async (place: Locator) => {
    await place.scrollIntoViewIfNeeded();
    const box = (await place.boundingBox())!;
    return { x: box.x + Math.min(120, box.width / 2), y: box.y + box.height / 2 };
  };
  const press = async (place: Locator, key: string) => {
    await place.click({ position: { x: 90, y: 12 } });
    await targetTree.focus();
    await page.keyboard.press(key);
  };
  const fillField = async (name: string, type?: string) => {
    const dialog = page.getByRole('dialog', { name: '添加目标字段' });
    await dialog.getByRole('textbox', { name: '字段名' }).fill(name);
    if (type !== undefined) {
      await dialog.getByRole('combobox', { name: '类型' }).click();
      await page.locator('.ant-select-item-option', { hasText: type }).click();
    }
    await dialog.getByRole('button', { name: '确定' }).click();
    await expect(dialog).toHaveCount(0);
  };
  return {
    source,
    target,
    targetTree,
    press,
    async open(label: string) {
      await page.locator('.react-flow__node-card', { hasText: label }).first().click();
      await page.getByRole('button', { name: '编辑映射' }).click();
      await targetTree.waitFor();
    },
    async drag(from: Locator, to: Locator) {
      const end = await middle(to);
      const start = await middle(from);
      await page.mouse.move(start.x, start.y);
      await page.mouse.down();
      await page.mouse.move(end.x, end.y, { steps: 8 });
      await page.mouse.up();
    },
    async addFunction(name: string) {
      await page.getByRole('button', { name: /^添加函数/ }).click();
      await page.getByRole('textbox', { name: '搜索函数' }).fill(name);
      await page.getByRole('group', { name: '函数' }).getByRole('button', { name }).first().click();
    },
    async addField(name: string, type?: string) {
      await page.getByRole('button', { name: '添加字段', exact: true }).click();
      await fillField(name, type);
    },
    async addFieldIn(parent: string, name: string) {
      await press(target(parent), 'Insert');
      await fillField(name);
    },
    async connectByKeyboard(from: string, to: string) {
      await source(from).click();
      await page.getByRole('tree', { name: '来源' }).focus();
      await page.keyboard.press('Enter');
      await page.getByText(`已选中来源 ${from}`).waitFor();
      await press(target(to), 'Enter');
    },
  };
}
