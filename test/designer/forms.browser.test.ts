/** The form of every node type in a real browser: in both languages all fields with their labels, nothing of the other language, no error, no barrier. */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import type { Locator, Page } from '@playwright/test';
import { fieldsOf, type FieldSchema } from '../../designer/src/kit/form/field-schema.ts';
import { newFlow } from '../../designer/src/model/flow/new-flow.ts';
import { newNode } from '../../designer/src/model/commands/new-node.ts';
import type { FlowDocument, FlowNode } from '../../engine/contract/flow/flow-document.ts';
import type { NodeDescription } from '../../designer/src/api/operations.ts';
import { type Console, expect, noBrowser, type OpenOptions, startConsole } from './browser.ts';
import { barriers } from './page-findings.ts';

const LANGUAGES = ['zh-CN', 'en'] as const;
type Language = (typeof LANGUAGES)[number];
const TABS = { 'zh-CN': ['配置', '处理方式', '说明'], en: ['Configuration', 'Handling', 'Help'] } as const;
const CJK = /[\u3400-\u9fff]/;
/** Three English words in a row are a crumb; names of standards and codes are shorter. */
const ENGLISH = /\b[A-Za-z]{2,} [a-z]{2,} [a-z]{2,}/;
/** A narrow block: fitted to the height of the canvas it leaves room for the side panel, which lies over what is further right. */
const PER_ROW = 4;
/** What is waited for comes at once on a free machine; a busy one takes its time, and waiting longer hides nothing. */
const PANEL = 'main aside:last-of-type';
const LIMIT = { skip: noBrowser, timeout: 900_000 };

let console: Console;
let types: readonly FormType[];
let flow: FlowDocument;

before(async () => {
  if (noBrowser !== false) return;
  console = await startConsole();
  types = ((await console.city.admin('GET', '/node-types')) as { items: FormType[] }).items;
  flow = flowOfAll(types);
  await console.city.admin('PUT', `/flows/${flow.flowId}`, flow);
});
after(() => (noBrowser === false ? console.close() : undefined));

test('the form of every node type shows all its fields in both languages', LIMIT, async (context) => {
  for (const language of LANGUAGES) {
    const { page, errors } = await openFlow({ language });
    for (const [index, type] of types.entries()) {
      await context.test(`${type.name} in ${language}`, async () => {
        const panel = await openPanel(page, flow.nodes[index]!, type, language);
        for (const field of fieldsOf(type.config)) {
          const label = panel.locator(`[data-pointer="/${field.name}"] label`).first();
          await expect(label).toContainText(field.schema.text!.label[language]);
          await expect(label).toBeVisible();
        }
        assert.deepEqual(await barriers(page, { within: PANEL }), []);
        for (const tab of tabsOf(type, language)) {
          await panel.getByRole('tab', { name: tab, exact: false }).first().click();
          assert.deepEqual(await crumbs(panel, language), [], `crumbs under ${tab}`);
        }
        assert.deepEqual(errors.splice(0), []);
      });
    }
    await context.test(`the settings of the flow in ${language}`, async () => {
      await page.locator('.react-flow__pane').click({ position: { x: 5, y: 5 } });
      const panel = page.locator('aside').last();
      await panel.getByText(language === 'en' ? 'Settings of the flow' : '流程设置').waitFor();
      assert.deepEqual(await crumbs(panel, language), []);
      assert.deepEqual(errors.splice(0), []);
    });
    await page.context().close();
  }
});

test('a list that could not be read while the platform was away is read when it is back', LIMIT, async () => {
  const { page } = await openFlow();
  const lists = /\/api\/v1\/adapters$/;
  await page.route(lists, (route) => route.abort());
  await page.reload();
  const index = types.findIndex(({ name }) => name === 'http.call@1');
  const panel = await openPanel(page, flow.nodes[index]!, types[index]!, 'zh-CN');
  const problem = panel.getByRole('alert').filter({ hasText: '连不上平台' });
  await problem.waitFor();
  await page.unroute(lists);
  await expect(problem).toHaveCount(0);
  await panel.getByRole('combobox', { name: '适配器' }).click();
  await page.locator('.ant-select-item-option').first().waitFor();
});

test('a form is filled in, corrected and undone', LIMIT, async (context) => {
  const { page } = await openFlow();
  const fieldAt = (pointer: string) => page.locator(`[data-pointer="${pointer}"]`);
  const open = (name: string) =>
    openPanel(
      page,
      flow.nodes.find(({ type }) => type === name)!,
      types.find((type) => type.name === name)!,
      'zh-CN',
    );

  await context.test('what is missing is told at its field and gone once it is given; typing is one undo step', async () => {
    await open('soap.call@1');
    const namespace = fieldAt('/namespace');
    await expect(namespace).toContainText('请填写此项');
    await namespace.getByRole('textbox').fill('urn:hospital:a');
    await namespace.getByRole('textbox').pressSequentially('bc');
    await expect(namespace).not.toContainText('请填写此项');
    await namespace.getByRole('textbox').blur();
    await page.getByRole('button', { name: /^撤销/ }).click();
    await expect(namespace.getByRole('textbox')).toHaveValue('');
  });

  await context.test('a node without its adapter says so at the adapter, and takes one of its protocol', async () => {
    const panel = await open('http.call@1');
    await expect(fieldAt('/adapter').locator('li')).not.toHaveCount(0);
    await panel.getByRole('combobox', { name: '适配器' }).click();
    await page.locator('.ant-select-item-option').first().click();
    await expect(panel.getByRole('link', { name: '查看适配器' })).toBeVisible();
    await expect(fieldAt('/adapter').locator('li')).toHaveCount(0);
  });

  await context.test('a default that was changed comes back', async () => {
    await open('json.parse@1');
    const depth = fieldAt('/maxDepth');
    await depth.getByRole('spinbutton').fill('5');
    await depth.getByRole('spinbutton').blur();
    await depth.getByRole('button', { name: /恢复默认/ }).click();
    await expect(depth.getByRole('spinbutton')).toHaveAttribute('placeholder', '100');
    await expect(depth).toContainText('默认');
  });

  await context.test('an expression is completed by functions and tells what is wrong with it', async () => {
    await open('control.wait@1');
    await fieldAt('/resume').locator('.cm-content').click();
    await page.keyboard.type('$upp');
    await page.locator('.cm-tooltip-autocomplete').getByText('$uppercase').waitFor();
    await page.keyboard.press('Escape');
    await page.keyboard.type('ercase(');
    await expect(fieldAt('/resume')).toContainText('表达式');
  });

  await context.test('a condition is built by rows and read as a sentence', async () => {
    await open('control.condition@1');
    const branches = fieldAt('/branches');
    await branches.getByRole('button', { name: '添加条件', exact: true }).click();
    await branches.getByRole('combobox', { name: /第 2 条：左侧$/ }).fill('data.age');
    await branches.getByRole('combobox', { name: /第 2 条：比较$/ }).click();
    await page.locator('.ant-select-item-option', { hasText: '大于或等于' }).click();
    await branches.getByRole('textbox', { name: /第 2 条：右侧$/ }).fill('18');
    await expect(branches).toContainText('data 存在 且 data.age 大于或等于 “18”');
  });

  await context.test('what was typed stays, unless a suggestion was chosen with an arrow key or the mouse', async () => {
    const panel = await open('xml.extract@1');
    const source = fieldAt('/source').getByRole('combobox').last();
    const type = async (text: string) => {
      await source.fill('');
      await source.pressSequentially(text, { delay: 30 });
      await page.locator('.ant-select-item-option', { hasText: 'data' }).first().waitFor();
    };
    for (const key of ['Tab', 'Enter']) {
      await type('dat');
      await source.press(key);
      await expect(page.locator('.ant-select-item-option:visible')).toHaveCount(0);
      await expect(source).toHaveValue('dat');
    }
    await type('dat');
    await source.press('ArrowDown');
    await source.press('Enter');
    await expect(source).toHaveValue('data');
    await type('dat');
    await page.locator('.ant-select-item-option', { hasText: 'data' }).first().click();
    await expect(source).toHaveValue('data');
    await expect(panel).toBeVisible();
  });

  await context.test('the palette finds a node by what else people call it, its adapter and its products', async () => {
    const palette = page.getByRole('complementary', { name: '节点', exact: true });
    const found = {
      kafka: ['接收队列消息', '发布消息'],
      rocketmq: ['发布消息'],
      mq: ['发布消息'],
      oracle: ['数据库查询'],
      sql: ['数据库查询'],
      OAuth: ['HTTP 调用'],
      WebService: ['SOAP 调用'],
      压缩包: ['解压缩'],
      unzip: ['解压缩'],
      zip: ['打包 ZIP'],
      ysb: ['解压缩'],
      合并: ['汇合'],
    };
    for (const [query, labels] of Object.entries(found)) {
      await palette.getByRole('textbox').fill(query);
      for (const label of labels) await expect(palette.getByRole('button', { name: label, exact: true }), query).toBeVisible();
    }
    await palette.getByRole('textbox').fill('');
  });

  await context.test('the rule is shown in words beside a value that does not match its pattern', async () => {
    await open('collection.add@1');
    const name = fieldAt('/collection').getByRole('textbox').or(fieldAt('/collection').getByRole('combobox'));
    await name.first().fill('日报');
    await name.first().blur();
    await expect(fieldAt('/collection')).toContainText('只含小写字母、数字和连字符');
  });

  await context.test('a table of a help is a table', async () => {
    const panel = await open('text.template@1');
    await panel.getByRole('tab', { name: '说明' }).click();
    await expect(panel.getByRole('table').getByRole('row')).toHaveCount(6);
    await expect(panel.getByRole('row', { name: /^hl7/ }).locator('code').nth(1)).toHaveText('|^~\\&');
    if (process.env['KQ_PICTURES'] !== undefined) await panel.screenshot({ path: `${process.env['KQ_PICTURES']}/help-table.png` });
  });

  await context.test('retries are told in plain words', async () => {
    const panel = await open('http.call@1');
    await panel.getByRole('tab', { name: '处理方式' }).click();
    await fieldAt('/max').getByRole('spinbutton').fill('3');
    await expect(panel).toContainText('失败后最多重试 3 次');
  });

  await context.test('the next runs of a schedule are shown', async () => {
    await open('timer.schedule@1');
    await fieldAt('/cron').getByRole('textbox').fill('30 2 * * *');
    await expect(fieldAt('/cron').locator('ol > li').first()).toContainText('02:30:00');
    await expect(fieldAt('/cron').locator('ol > li')).toHaveCount(5);
  });
});

test('who may not edit sees the form and can change nothing in it', LIMIT, async () => {
  const { page } = await openFlow({ roles: ['viewer'] });
  for (const [index, type] of types.entries()) {
    const panel = await openPanel(page, flow.nodes[index]!, type, 'zh-CN');
    const open = panel.locator('input:not([readonly]):not([disabled]):not([type=search]), textarea:not([readonly]):not([disabled])');
    await expect(open).toHaveCount(0);
    assert.deepEqual(await barriers(page, { within: PANEL }), []);
    await expect(panel.getByRole('button', { name: /添加|删除|上移|下移|恢复默认|从样例生成/ })).toHaveCount(0);
  }
});

type FormType = NodeDescription & { readonly config: FieldSchema };

/** One node of every type, none connected; a draft may be so. */
function flowOfAll(types: readonly NodeDescription[]): FlowDocument {
  const flow: FlowDocument = {
    ...newFlow('每种节点'),
    flowId: 'flw_every_form',
    name: { 'zh-CN': '每种节点', en: 'Every node' },
    mode: 'durable',
    deadlineMs: 30_000,
  };
  for (const [index, type] of types.entries()) {
    const node = newNode(flow, type, { label: `N${index}` });
    flow.nodes.push(node);
    flow.layout.nodes[node.id] = [(index % PER_ROW) * 240, Math.floor(index / PER_ROW) * 110];
  }
  return flow;
}

/** A trigger has nothing to handle: it begins the flow. */
function tabsOf({ kind }: NodeDescription, language: Language): readonly string[] {
  const [config, handling, help] = TABS[language];
  return kind === 'trigger' ? [config, help] : [config, handling, help];
}

async function openPanel(page: Page, node: FlowNode, type: NodeDescription, language: Language): Promise<Locator> {
  const panel = page.locator('aside').last();
  const name = panel.getByRole('textbox', { name: language === 'en' ? 'Name of the node' : '节点名称' });
  const card = page.locator(`.react-flow__node[data-id="${node.id}"]`);
  // The canvas takes a click during which it moves for a drag. A node under the small map is chosen by the keyboard.
  await expect(async () => {
    await card.click({ timeout: 3_000 }).catch(() => card.press('Enter'));
    await expect(name).toHaveValue(node.label, { timeout: 3_000 });
  }).toPass({ timeout: 30_000 });
  await expect(panel).toContainText(type.text.help[language]);
  return panel;
}

/** Lines of the panel that are of the other language; code and texts written by a person have no language. */
async function crumbs(panel: Locator, language: Language): Promise<readonly string[]> {
  const texts = await panel.evaluate((element) => {
    const copy = element.cloneNode(true) as typeof element;
    for (const code of copy.querySelectorAll('code, pre, textarea, .cm-editor, .mono')) code.remove();
    const labels = [...copy.querySelectorAll('[aria-label], [placeholder], [title]')].flatMap((one) =>
      ['aria-label', 'placeholder', 'title'].map((name) => one.getAttribute(name) ?? ''),
    );
    return [...(copy.textContent ?? '').split(/[。；：，\n]/), ...labels];
  });
  return texts.filter((text) => (language === 'en' ? CJK : ENGLISH).test(text));
}

/** Without the words for newcomers, which stand above the canvas and would move it while a test aims. */
async function openFlow(options: OpenOptions = {}): Promise<{ readonly page: Page; readonly errors: string[] }> {
  const page = await console.open({ path: '/me', width: 1920, ...options });
  const errors = errorsOf(page);
  await page.evaluate(`localStorage.setItem('kq.guide', '{"isClosed":true}')`);
  await page.goto(`/flows/${flow.flowId}`);
  await expect(page.locator('.react-flow__node-card')).toHaveCount(types.length);
  return { page, errors };
}

/** Errors of the page since the last look. */
function errorsOf(page: Page): string[] {
  const errors: string[] = [];
  page.on('console', (message) => (message.type() === 'error' ? errors.push(message.text()) : undefined));
  page.on('pageerror', (error) => errors.push(error.message));
  return errors;
}
