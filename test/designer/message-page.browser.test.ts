import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test, type TestContext } from 'node:test';
import type { Page } from '@playwright/test';
import type { FlowDocument } from '../../engine/contract/flow/flow-document.ts';
import { adapterTo, startHospital } from '../control/start-engine.ts';
import { until, type City } from '../support/city.ts';
import { busInterface, chainFlow } from '../support/platform-api.ts';
import { expect, noBrowser, startConsole } from './browser.ts';
import { offerOnBus } from './offer-on-bus.ts';

const PICTURES = process.env['KQ_PICTURES'];
const HOUR_MS = 3_600_000;
const HOURLY = { retry: { max: 4, baseMs: HOUR_MS, factor: 1, capMs: HOUR_MS, on: ['transient' as const] } };
const DURABLE = { mode: 'durable', deadlineMs: 60_000 } as const;

const kinds = { table: 'adt-events', key: { path: 'data.body.event' } };
const map = (exhausted: 'hold' | 'skip') => ({
  ...{ type: 'transform.map@1', id: 'n_map', label: '转为通知' },
  config: {
    mapping: {
      rules: [
        { to: 'patient', from: { path: 'data.body.patient' } },
        { to: 'notice.kind', from: kinds },
      ],
    },
  },
  handling: { exhausted },
});
const notice = (exhausted: 'hold' | 'skip'): FlowDocument =>
  chainFlow(`flw_notice_${exhausted}`, [map(exhausted)], { name: { 'zh-CN': '入院通知', en: 'Admission notices' }, ...DURABLE });

const send: FlowDocument = chainFlow(
  'flw_summary',
  [
    {
      ...{ type: 'http.call@1', id: 'n_send', label: '送丁医院', adapter: 'adp_his', handling: HOURLY },
      config: { method: 'POST', path: '/summaries' },
    },
  ],
  { name: { 'zh-CN': '出院小结上报', en: 'Discharge summaries' }, ...DURABLE },
);

async function idOf(city: City, flowId: string, status: string): Promise<string> {
  return until(`${flowId} is ${status}`, async () => {
    const { items } = (await city.admin('GET', `/executions?flowId=${flowId}&status=${status}`)) as { items: { executionId: string }[] };
    return items[0]?.executionId;
  });
}

/** Sends one message through the flow; answers its id once it has that status. */
async function sent(city: City, flow: FlowDocument, status: string, body: unknown): Promise<string> {
  await (
    await offerOnBus(city, flow)
  )(body);
  return idOf(city, flow.flowId, status);
}

async function startWithHospital(t: TestContext) {
  const running = await startConsole(t);
  const hospital = await startHospital();
  t.after(() => hospital.stop());
  const environments = { DEV: { baseUrl: hospital.baseUrl } };
  const limits = { breakerFailures: 10_000 };
  await running.city.admin('PUT', '/adapters/adp_his', { ...adapterTo(hospital), limits, environments });
  return { ...running, hospital };
}

for (const [exhausted, status, word] of [
  ['hold', 'held', '挂起'],
  ['skip', 'failed', '失败'],
] as const)
  test(
    `the node at which a message is ${status} is marked, selected, and says why, where, and what to do`,
    { skip: noBrowser },
    async (t) => {
      const { city, open } = await startConsole(t);
      const id = await sent(city, notice(exhausted), status, { patient: '虚构张三', event: 'A08' });
      const page = await open({ roles: ['operator', 'analyst'], path: `/messages/${id}` });
      const node = page.locator('.react-flow__node[data-id="n_map"]');
      await node.getByText(word, { exact: true }).waitFor();
      await expect(page.getByRole('combobox', { name: '查看哪个节点的数据' }).locator('..')).toContainText('转为通知');
      const card = page.getByRole('region', { name: /“转为通知”/ });
      await card.getByText('代码表“HL7 事件 → 通知类型”中没有这个代码').waitFor();
      await card.getByText('CODE_UNKNOWN').waitFor();
      await card.getByText('在代码表中补充该代码').waitFor();
      await card.getByText(status === 'held' ? '补充代码后重试，选“用现在的代码表”' : '补充代码后请用“更正后重发”').waitFor();
      await card.getByText('第 1 次尝试').waitFor();
      await card.getByText('查看数据后显示').waitFor();
      await expect(card.getByRole('link', { name: /HL7 事件 → 通知类型/ })).toHaveAttribute('href', '/code-tables/adt-events');
      assert.equal(await page.getByText('消息没有走到这个节点').count(), 0);
      assert.equal(await page.getByText('虚构张三').count(), 0, 'nothing is shown before it is asked for');
      await page.getByRole('button', { name: '查看数据' }).click();
      await page.getByText('虚构张三').first().waitFor();
      await card.getByRole('definition').filter({ hasText: /^A08$/ }).waitFor();
      await picture(page, `${status} zh`);
      if (status === 'held') {
        await page.getByRole('button', { name: '重试', exact: true }).click();
        const dialog = page.getByRole('dialog');
        await expect(dialog.getByRole('radio', { name: /用现在的代码表/ })).toBeChecked();
        await dialog.getByRole('button', { name: '重试' }).click();
        await card.getByRole('alert').filter({ hasText: '又停在“转为通知”：代码表“HL7 事件 → 通知类型”' }).waitFor();
        await card.getByText('第 2 次执行中的第 1 次尝试').waitFor();
        await picture(page, 'held-again zh');
      }
      await card.getByRole('link', { name: 'notice.kind（第 2 条映射规则）' }).click();
      await page.waitForURL(/flows\/flw_notice_.*node=n_map/);
      await expect(page.getByRole('textbox', { name: '名称' })).toHaveValue('转为通知');
    },
  );

test('a message that waits for its next attempt says why, which attempt, and when, and is tried now', { skip: noBrowser }, async (t) => {
  const { city, open, hospital } = await startWithHospital(t);
  hospital.answer = () => ({ status: 503 });
  const id = await sent(city, send, 'waiting', { patient: 'P1' });
  const viewer = await open({ roles: ['viewer'], path: `/messages/${id}` });
  await viewer.getByRole('region', { name: '“送丁医院”等待下一次尝试' }).waitFor();
  assert.equal(await viewer.getByRole('button', { name: '立即重试' }).count(), 0);

  const page = await open({ roles: ['operator'], path: `/messages/${id}` });
  const card = page.getByRole('region', { name: '“送丁医院”等待下一次尝试' });
  await card.getByText('第 1 次尝试，共 5 次').waitFor();
  await card.getByText(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d（.*(分钟|小时)后）/).waitFor();
  await expect(card.getByRole('link', { name: /医院甲/ })).toHaveAttribute('href', '/adapters/adp_his');
  await page.locator('.react-flow__node[data-id="n_send"]').getByText('等待中', { exact: true }).waitFor();
  await picture(page, 'retrying zh');
  await page.goto('/messages?status=waiting');
  await page.getByRole('row', { name: /出院小结上报.*(对方|系统).* HTTP_\w+ ?下次尝试 \d{4}-/ }).waitFor();
  await picture(page, 'waiting-list zh');
  await page.goto(`/messages/${id}`);
  hospital.answer = () => ({ status: 200 });
  await page.getByRole('button', { name: '立即重试' }).click();
  await page.getByRole('dialog').getByRole('button', { name: '立即重试' }).click();
  await page.locator('h1 + *').getByText('成功').waitFor();
  await expect(card).toHaveCount(0);
  assert.equal(hospital.received.length, 2);
});

/** A person continues it, it waits for its next attempt, or its caller already got the response. */
for (const [status, mode, retry, words] of [
  ['held', 'durable', 0, '恢复后请重试，它不会自动继续'],
  ['waiting', 'durable', 4, '恢复后会自动继续'],
  ['failed', 'sync', 0, '恢复后，调用方可放心再次调用'],
] as const)
  test(
    `who lets a ${status} message of a ${mode} flow go on once the hospital is back is said on its page`,
    { skip: noBrowser },
    async (t) => {
      const { city, open, hospital } = await startWithHospital(t);
      const [node] = send.nodes.filter(({ id }) => id === 'n_send');
      const handling = { ...HOURLY, retry: { ...HOURLY.retry, max: retry } };
      const flow = chainFlow(`flw_beds_${status}`, [{ ...node!, handling }], { mode, deadlineMs: 60_000 });
      const ask = await offerOnBus(city, flow);
      await ask({});
      hospital.answer = () => ({ status: 503 });
      const { path } = busInterface(flow.flowId);
      const headers = { authorization: `Bearer ${city.busToken}`, 'content-type': 'application/json' };
      await city.send(`${city.bus}${path}`, { method: 'POST', headers, body: '{}' });
      const id = await idOf(city, flow.flowId, status);
      const page = await open({ roles: ['operator'], path: `/messages/${id}` });
      const card = page.getByRole('region', { name: /“送丁医院”/ });
      await card.getByText(words).waitFor();
      await picture(page, `repeat ${status} zh`);
    },
  );

test('the canvas folds so that data has room, and stays folded for this person', { skip: noBrowser }, async (t) => {
  const { city, open } = await startConsole(t);
  const id = await sent(city, notice('hold'), 'held', { patient: '虚构张三', event: 'A08' });
  const page = await open({ roles: ['operator'], path: `/messages/${id}` });
  await page.locator('.react-flow__node').first().waitFor();
  const data = page.locator('aside');
  const before = (await data.boundingBox())!.width;
  await page.getByRole('button', { name: '折叠画布' }).click();
  await expect(page.locator('.react-flow')).toHaveCount(0);
  assert.ok((await data.boundingBox())!.width > before * 1.8);
  await page.getByRole('button', { name: '查看数据' }).click();
  await page.getByText('虚构张三').first().waitFor();
  await picture(page, 'folded zh');
  await page.getByRole('combobox', { name: '查看哪个节点的数据' }).click();
  await page.getByTitle('整条消息').click();
  await page.getByText('收到的消息与答复').waitFor();
  await page.reload();
  await page.getByRole('button', { name: '展开画布' }).waitFor();
  await expect(page.locator('.react-flow')).toHaveCount(0);
  await page.getByRole('button', { name: '展开画布' }).click();
  await page.locator('.react-flow__node').first().waitFor();
});

async function picture(page: Page, name: string): Promise<void> {
  if (PICTURES !== undefined) await page.screenshot({ path: `${PICTURES}/${name}.png` });
}

test('a file that a message names is downloaded from the page', { skip: noBrowser }, async (t) => {
  const { city, open } = await startConsole(t);
  const files = [{ name: '结果.txt', content: '白细胞 5.6' }];
  const pack = { type: 'archive.pack@1', id: 'n_pack', label: '打包', config: { source: { value: files }, name: '张三 检查.zip' } };
  const flow = chainFlow('flw_pack', [pack], { name: { 'zh-CN': '打包报告', en: 'Pack reports' }, ...DURABLE });
  const id = await sent(city, flow, 'completed', {});
  for (const language of ['zh-CN', 'en'] as const) {
    const page = await open({ roles: ['operator', 'analyst'], path: `/messages/${id}`, language });
    await page.locator('.react-flow__node[data-id="n_pack"]').click();
    await page.getByRole('button', { name: language === 'en' ? 'Show the data' : '查看数据' }).click();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: `${language === 'en' ? 'Download file: ' : '下载文件：'}张三 检查.zip` }).click(),
    ]);
    assert.equal(download.suggestedFilename(), '张三 检查.zip');
    assert.equal((await readFile(await download.path())).subarray(0, 2).toString(), 'PK');
    await picture(page, `file ${language}`);
  }
});
