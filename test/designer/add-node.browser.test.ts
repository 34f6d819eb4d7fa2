/** A node type is added as one folder to a copy of the product, and the unchanged designer shows it everywhere. */
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { newFlow } from '../../designer/src/model/flow/new-flow.ts';
import { copyProduct, PRODUCT_ROOT } from '../support/copy-product.ts';
import { makeScratch, removeScratch } from '../support/platform-process.ts';
import { expect, noBrowser, startConsole } from './browser.ts';
import { card, isSaved, sidePanel } from './flow-editor.ts';

const BUILT = 'designer/dist/assets';

const NODE = `import { Type } from 'typebox';
import { withData } from '../../engine/contract/values/message.ts';
import { defineNode, errorPort, inPort, okPort } from '../../engine/contract/node/node.ts';
import { fieldText } from '../../engine/contract/values/texts.ts';

export default defineNode({
  type: 'vital.temperature',
  major: 1,
  kind: 'action',
  category: 'transform',
  icon: 'thermometer',
  text: {
    label: { 'zh-CN': '体温换算', en: 'Body temperature' },
    help: { 'zh-CN': '把华氏体温换算为摄氏。', en: 'Fahrenheit to Celsius.' },
  },
  ports: { in: [inPort], out: [okPort, errorPort] },
  effect: 'pure',
  config: Type.Object(
    {
      digits: Type.Integer({
        ...fieldText('小数位数', 'Decimals', '四舍五入到几位小数。', 'Rounded to so many.'),
        minimum: 0,
        maximum: 3,
        default: 1,
      }),
      unit: Type.Union([Type.Literal('sign'), Type.Literal('none')], {
        ...fieldText('单位写法', 'Unit', '结果后面是否带单位。', 'Behind the result.', { options: { sign: ['带 ℃', 'With ℃'], none: ['不带', 'Without'] } }),
        default: 'none',
      }),
    },
    { additionalProperties: false },
  ),
  prepare:
    ({ digits, unit }) =>
    (_ctx, message) => {
      const { body } = message.data as { body: { fahrenheit: number } };
      const celsius = (((body.fahrenheit - 32) * 5) / 9).toFixed(digits);
      return { emit: { ok: [withData(message, { temperature: unit === 'sign' ? \`\${celsius} ℃\` : celsius })] } };
    },
});
`;
const HELP = '## 中文\n\n护士站的旧仪器只给华氏度。\n\n## English\n\nOld instruments give Fahrenheit alone.\n';

/** Its ports are what its configuration says, in a way that only the node itself knows. */
const ROUTE = `import { Type } from 'typebox';
import { defineNode, inPort } from '../../engine/contract/node/node.ts';
import { fieldText } from '../../engine/contract/values/texts.ts';

export default defineNode({
  type: 'vital.triage',
  major: 1,
  kind: 'control',
  role: 'route',
  category: 'control',
  icon: 'git-branch',
  text: { label: { 'zh-CN': '分诊', en: 'Triage' }, help: { 'zh-CN': '按级别分开。', en: 'By level.' } },
  ports: {
    in: [inPort],
    out: ({ levels }) => Array.from({ length: levels }, (_, index) => ({ name: 'l' + (index + 1), label: { 'zh-CN': '第' + (index + 1) + '级', en: 'Level ' + (index + 1) } })),
  },
  config: Type.Object(
    { levels: Type.Integer({ ...fieldText('级数', 'Levels', '分成几级。', 'How many.'), minimum: 1, maximum: 4, default: 2 }) },
    { additionalProperties: false },
  ),
  prepare: () => (_ctx, message) => ({ emit: { l1: [message] } }),
});
`;

const FLOW = {
  ...newFlow('体温上报'),
  flowId: 'flw_fever',
  tests: [{ name: '发热', input: { data: { body: { fahrenheit: 101.3 }, query: {}, params: {} } }, mocks: {}, expect: [] }],
};

test(
  'a node type that is one new folder is found, drawn, filled in, explained and run',
  { skip: noBrowser, timeout: 120_000 },
  async (context) => {
    const scratch = await makeScratch();
    context.after(() => removeScratch(scratch));
    const copy = await copyProduct(scratch);
    await copy.put('nodes/vital/temperature.node.ts', NODE);
    await copy.put('nodes/vital/temperature.md', HELP);
    await copy.put('nodes/vital/triage.node.ts', ROUTE);
    await copy.put('nodes/vital/triage.md', HELP);
    const console = await startConsole(context, { program: copy.program });
    await console.city.admin('PUT', '/flows/flw_fever', FLOW);
    const page = await console.open({ path: '/flows/flw_fever', width: 1920 });
    const palette = page.getByRole('complementary', { name: '节点' });
    const panel = sidePanel(page);
    const entry = palette.getByRole('button', { name: /^体温换算/ });

    await context.test('the palette has it by its Chinese name, pinyin, initials and English, with its icon', async () => {
      const search = palette.getByRole('textbox');
      await search.waitFor();
      for (const words of ['体温', 'tiwen', 'twhs', 'body temp']) {
        await search.fill('没有这种节点');
        await entry.waitFor({ state: 'hidden' });
        await search.fill(words);
        await entry.waitFor();
      }
      await expect(entry.locator('[style*="/icons/thermometer.svg"]')).toHaveCount(1);
      const neutral = await console.city.send(`${console.city.control}/icons/box.svg`);
      const own = await console.city.send(`${console.city.control}/icons/thermometer.svg`);
      assert.notEqual(own.text, neutral.text);
    });

    await context.test('the canvas has it as a card, connected, and its form has the texts of its fields', async () => {
      await page.getByRole('button', { name: '接口请求触发' }).last().click();
      await entry.click();
      await card(page, '体温换算').waitFor();
      await expect(page.locator('.react-flow__edge')).toHaveCount(1);
      await expect(panel.getByText('把华氏体温换算为摄氏。')).toBeVisible();
      await expect(panel.getByText('四舍五入到几位小数。')).toBeVisible();
      await panel.getByRole('spinbutton', { name: '小数位数' }).fill('2');
      await panel.getByText('带 ℃').click();
      await isSaved(page);
    });

    await context.test('its help is the file beside it', async () => {
      await panel.getByRole('tab', { name: '说明' }).click();
      await panel.getByText('护士站的旧仪器只给华氏度。').waitFor();
    });

    await context.test('a trial runs it', async () => {
      await page.locator('.react-flow').press('a');
      await page.getByRole('dialog', { name: '添加节点' }).waitFor();
      await page.getByRole('combobox', { name: '添加什么节点？' }).fill('huifu');
      await page.getByRole('option', { name: '回复' }).waitFor();
      await page.keyboard.press('Enter');
      await expect(page.locator('.react-flow__edge')).toHaveCount(2);
      await page.getByRole('button', { name: '试运行', exact: true }).click();
      await panel.getByRole('button', { name: '运行', exact: true }).click();
      await panel.getByRole('heading', { name: '回复 200' }).waitFor();
      await expect(panel.getByText('38.50 ℃').first()).toBeVisible();
      await expect(card(page, '体温换算').getByRole('img', { name: /^成功/ })).toBeVisible();
    });

    await context.test('ports that its configuration decides follow the form', async () => {
      await palette.getByRole('textbox').fill('分诊');
      await palette.getByRole('button', { name: /^分诊/ }).click();
      await card(page, '分诊').getByText('第2级').waitFor();
      await panel.getByRole('spinbutton', { name: '级数' }).fill('3');
      await card(page, '分诊').getByText('第3级').waitFor();
      await expect(card(page, '分诊').locator('.react-flow__handle.source')).toHaveCount(3);
    });

    await context.test('the designer is the one that was there before', async () => {
      const names = await readdir(join(PRODUCT_ROOT, BUILT));
      assert.deepEqual(await readdir(join(copy.folder, BUILT)), names);
      for (const name of names.filter((one) => one.endsWith('.js')).slice(0, 20))
        assert.doesNotMatch(await readFile(join(copy.folder, BUILT, name), 'utf8'), /vital\.temperature|体温换算/);
    });
  },
);
