/** The form of every node type in a real browser: in both languages all fields with their labels, nothing of the other language, no error, accessible. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import test from 'node:test';
import { expect, type Locator, type Page } from '@playwright/test';
import { fieldsOf, type FieldSchema } from '../../designer/src/forms/field-schema.ts';
import { newNode } from '../../designer/src/model/commands/new-node.ts';
import type { FlowDocument, FlowNode } from '../../engine/contract/flow-document.ts';
import type { NodeDescription } from '../../engine/registry/describe-node.ts';
import { noBrowser, startConsole, type Console } from './browser.ts';

const LANGUAGES = ['zh-CN', 'en'] as const;
type Language = (typeof LANGUAGES)[number];
const TABS = { 'zh-CN': ['配置', '处理方式', '说明'], en: ['Configuration', 'Handling', 'Help'] } as const;
const CJK = /[\u3400-\u9fff]/;
/** Three English words in a row are a crumb; names of standards and codes are shorter. */
const ENGLISH = /\b[A-Za-z]{2,} [a-z]{2,} [a-z]{2,}/;
const PER_ROW = 6;

test('the form of every node type shows all its fields in both languages', { skip: noBrowser, timeout: 300_000 }, async (context) => {
  const console = await startConsole(context);
  const types = await readTypes(console);
  const flow = flowOfAll(types);
  await console.city.admin('PUT', `/flows/${flow.flowId}`, flow);
  for (const language of LANGUAGES) {
    const page = await console.open({ path: '/me', language, width: 1920 });
    await closeGuide(page);
    const errors = errorsOf(page);
    await page.goto(`/flows/${flow.flowId}`);
    await page.locator('.react-flow__node').first().waitFor();
    for (const [index, type] of types.entries()) {
      await context.test(`${type.name} in ${language}`, async () => {
        const panel = await openPanel(page, flow.nodes[index]!, type, language);
        for (const field of fieldsOf(type.config)) {
          const label = panel.locator(`[data-pointer="/${field.name}"] label`).first();
          await expect(label).toContainText(field.schema.text!.label[language]);
          await expect(label).toBeVisible();
        }
        for (const tab of TABS[language]) {
          await panel.getByRole('tab', { name: tab, exact: false }).first().click();
          assert.deepEqual(await crumbs(panel, language), [], `crumbs under ${tab}`);
          assert.deepEqual(await seriousFindings(page), [], `findings under ${tab}`);
        }
        assert.deepEqual(errors.splice(0), []);
      });
    }
    await context.test(`the settings of the flow in ${language}`, async () => {
      await page.locator('.react-flow__pane').click({ position: { x: 5, y: 5 } });
      const panel = page.locator('aside').last();
      await panel.getByText(language === 'en' ? 'Settings of the flow' : '流程设置').waitFor();
      assert.deepEqual(await crumbs(panel, language), []);
      assert.deepEqual(await seriousFindings(page), []);
      assert.deepEqual(errors.splice(0), []);
    });
    await page.context().close();
  }
});

async function readTypes(console: Console): Promise<readonly (NodeDescription & { readonly config: FieldSchema })[]> {
  return ((await console.city.admin('GET', '/node-types')) as { items: (NodeDescription & { config: FieldSchema })[] }).items;
}

/** One node of every type, none connected; a draft may be so. */
function flowOfAll(types: readonly NodeDescription[]): FlowDocument {
  const flow: FlowDocument = {
    schema: 'flow/1',
    flowId: 'flw_every_form',
    revision: 0,
    name: { 'zh-CN': '每种节点', en: 'Every node' },
    domain: 'sh-city',
    tags: [],
    mode: 'durable',
    deadlineMs: 30_000,
    nodes: [],
    edges: [],
    tests: [],
    layout: { nodes: {}, groups: [], notes: [] },
  };
  for (const [index, type] of types.entries()) {
    const node = newNode(flow, type, { label: `N${index}` });
    flow.nodes.push(node);
    flow.layout.nodes[node.id] = [(index % PER_ROW) * 280, Math.floor(index / PER_ROW) * 160];
  }
  return flow;
}

async function openPanel(page: Page, node: FlowNode, type: NodeDescription, language: Language): Promise<Locator> {
  await page.locator(`.react-flow__node[data-id="${node.id}"]`).click();
  const panel = page.locator('aside').last();
  await expect(panel.getByRole('textbox', { name: language === 'en' ? 'Name of the node' : '节点名称' })).toHaveValue(node.label);
  await expect(panel).toContainText(type.text.help[language]);
  return panel;
}

/** Lines of the panel that are of the other language; code and what a person wrote are nobody's language. */
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

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface Finding {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}

/** Findings of axe-core in the side panel that keep somebody from working. */
async function seriousFindings(page: Page): Promise<readonly string[]> {
  await page.evaluate(axeSource);
  const found = (await page.evaluate(
    `axe.run({ include: [['aside:last-of-type']] }, { resultTypes: ['violations'] }).then(({ violations }) => violations)`,
  )) as readonly Finding[];
  return found
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes[0]?.html.slice(0, 200)} ${nodes[0]?.failureSummary.slice(0, 300)}`);
}

/** The guide for newcomers lies over a corner of the canvas. */
async function closeGuide(page: Page): Promise<void> {
  await page.evaluate(
    `localStorage.setItem('kq.preferences', JSON.stringify({ ...JSON.parse(localStorage.getItem('kq.preferences') ?? '{}'), isGuideClosed: true }))`,
  );
}

/** Errors of the page since the last look. */
function errorsOf(page: Page): string[] {
  const errors: string[] = [];
  page.on('console', (message) => (message.type() === 'error' ? errors.push(message.text()) : undefined));
  page.on('pageerror', (error) => errors.push(error.message));
  return errors;
}
