import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { Locator, Page } from '@playwright/test';
import type { FlowDocument } from '../../engine/contract/flow/flow-document.ts';
import { adapterTo, startHospital, type Hospital } from '../control/start-engine.ts';
import { until, type City } from '../support/city.ts';
import { chainFlow } from '../support/platform-api.ts';
import { expect, noBrowser, startConsole } from './browser.ts';
import { offerOnBus } from './offer-on-bus.ts';

const PICTURES = process.env['KQ_PICTURES'];
const COUNT = 40;
const ONCE = { retry: { max: 0, baseMs: 1, factor: 1, capMs: 1, on: ['transient' as const] } };

const feed: FlowDocument = chainFlow(
  'flw_discharge',
  [
    {
      ...{ type: 'http.call@1', id: 'n_send', label: '送丁医院', adapter: 'adp_his' },
      ...{ config: { method: 'POST', path: '/summaries' }, handling: ONCE },
    },
  ],
  { name: { 'zh-CN': '出院小结上报', en: 'Discharge summaries' }, mode: 'durable', deadlineMs: 60_000 },
);

/** Publishes the feed to a hospital and offers it on the bus. */
async function offer(city: City, hospital: Hospital) {
  const limits = { breakerFailures: 10_000, maxConcurrency: 64, timeoutMs: 5_000 };
  const environments = { DEV: { baseUrl: hospital.baseUrl } };
  await city.admin('PUT', '/adapters/adp_his', { ...adapterTo(hospital), limits, environments });
  return offerOnBus(city, feed);
}

async function heldCount(city: City): Promise<number> {
  return ((await city.admin('GET', '/held/groups')) as { count: number }).count;
}

async function setUp(t: TestContext) {
  const running = await startConsole(t);
  const hospital = await startHospital();
  t.after(() => hospital.stop());
  const send = await offer(running.city, hospital);
  return { ...running, hospital, send };
}

test(
  'messages held by a hospital that is down are retried in bulk, stopped halfway and gone on with after a reload: each arrives exactly once',
  { skip: noBrowser },
  async (t) => {
    const { city, open, hospital: before, send } = await setUp(t);
    await before.stop();
    for (let number = 0; number < COUNT; number += 1) await send({ number });
    await until('all are held', async () => (await heldCount(city)) === COUNT, 30_000);
    const hospital = await startHospital(Number(new URL(before.baseUrl).port));
    t.after(() => hospital.stop());

    const page = await open({ roles: ['operator'], path: '/held' });
    await page.getByRole('heading', { name: /连不上对方系统.*医院甲/ }).waitFor();
    const row = page.getByRole('row', { name: /出院小结上报.*送丁医院.*40/ });
    await row.getByRole('button', { name: '全部重试' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText(/^40 条消息将从停下的节点接着走/).waitFor();
    for (const fact of ['出院小结上报', '送丁医院', '医院甲', '连不上对方系统'])
      await dialog.locator('dd').filter({ hasText: fact }).waitFor();
    await dialog
      .getByRole('alert')
      .filter({ hasText: /“医院甲”的调用仍在失败.*连不上对方系统/ })
      .waitFor();
    assert.equal(await dialog.getByRole('radio').count(), 0, 'no code table is the matter');
    await picture(page, 'retry-many zh 1280');
    const english = await open({ roles: ['operator'], path: '/held', language: 'en', width: 1920 });
    await english.getByRole('button', { name: 'Retry all' }).click();
    await english
      .getByRole('dialog')
      .getByText(/^40 messages continue.*as received and the same idempotency keys/)
      .waitFor();
    await picture(english, 'retry-many en 1920');
    await english.context().close();
    await dialog.getByRole('combobox', { name: '每秒条数' }).click();
    await page.getByTitle('5', { exact: true }).click();
    const start = dialog.getByRole('button', { name: '开始重试' });
    assert.equal(await start.isEnabled(), false, 'it takes a reason');
    await dialog.getByRole('textbox', { name: /理由/ }).fill('丁医院已恢复');
    await start.click();
    await dialog.getByText(/已重试 ([3-9]|\d\d) 条/).waitFor();
    await dialog.getByRole('button', { name: '停止' }).click();
    await dialog.getByText(/做过的不再重做/).waitFor();

    await page.reload();
    await page.getByRole('heading', { name: '未完成的批量操作' }).waitFor();
    const { items } = (await city.admin('GET', '/bulks')) as { items: { status: string; handled: number; total: number }[] };
    assert.deepEqual([items.length, items[0]?.status, items[0]?.total], [1, 'stopped', COUNT]);
    assert.ok(items[0]!.handled >= 3 && items[0]!.handled < COUNT, `stopped after ${items[0]!.handled}`);
    await page.getByRole('button', { name: '继续' }).click();
    await dialog.getByText(`已重试 ${COUNT} 条`).waitFor();
    await dialog.getByRole('button', { name: '关闭' }).last().click();
    await page.getByText('没有待人工处理的消息').waitFor();

    await until('all have arrived', async () => hospital.received.length >= COUNT, 30_000);
    const keys = hospital.received.map(({ headers }) => String(headers['idempotency-key']));
    assert.deepEqual([keys.length, new Set(keys).size], [COUNT, COUNT]);
    await page.getByRole('button', { name: '最近的批量操作' }).click();
    await page.getByRole('row', { name: /批量重试.*已完成.*40 \/ 40/ }).waitFor();
  },
);

test(
  'a refused message is corrected beside its original and sent anew; a viewer may look at what is held and touch nothing',
  { skip: noBrowser },
  async (t) => {
    const { city, open, hospital, send } = await setUp(t);
    hospital.answer = ({ body }) => ({ status: body.includes('P-unknown') ? 422 : 200 });
    await send({ patientId: 'P-unknown', diagnosis: '高血压' });
    await until('it is held', async () => (await heldCount(city)) === 1);
    const [held] = ((await city.admin('GET', '/held')) as { items: { executionId: string }[] }).items;
    const { executionId } = held!;

    const viewer = await open({ roles: ['viewer'], path: '/held' });
    await viewer.getByRole('heading', { name: /对方拒绝了内容/ }).waitFor();
    const acts = viewer.getByRole('button', { name: /重试|取消|继续|重发/ });
    assert.equal(await acts.count(), 0);
    await viewer.getByRole('link', { name: '出院小结上报' }).click();
    await viewer.getByRole('row', { name: /exe_/ }).waitFor();
    assert.equal(await acts.count(), 0);
    assert.equal(await viewer.getByRole('checkbox').count(), 0);
    await viewer.goto(`/messages/${executionId}`);
    await viewer.getByText('停在“送丁医院”，待人工处理').waitFor();
    assert.equal(await acts.count(), 0);
    await viewer.goto(`/messages/${executionId}/resend`);
    await viewer.getByText('没有权限').waitFor();
    await viewer.getByText(/此处需要“重试和重发消息”的权限（executions.retry），持有它的角色：.*运维人员/).waitFor();
    const { call } = await city.person(['viewer']);
    const refused = [
      call('POST', '/held/retry', { all: true }),
      call('POST', '/held/cancel', { all: true, reason: 'x' }),
      call('POST', `/executions/${executionId}/retry`, {}),
      call('POST', `/executions/${executionId}/cancel`, { reason: 'x' }),
      call('POST', `/executions/${executionId}/resend`, { seen: 'held', reason: 'x' }),
      call('GET', `/executions/${executionId}/payload`),
    ];
    assert.deepEqual(
      (await Promise.all(refused)).map(({ status }) => status),
      refused.map(() => 403),
    );

    const page = await open({ roles: ['operator'], path: `/messages/${executionId}` });
    await page.getByRole('button', { name: '更正后重发' }).click();
    await page.getByRole('button', { name: '读取内容并更正' }).click();
    const corrected = page.getByRole('textbox', { name: '更正后' });
    await corrected.click();
    await page.keyboard.press('Control+A');
    await page.keyboard.insertText('{"body":{"patientId":"P000001","diagnosis":"高血压"},"query":{},"params":{}}');
    const changes = page.getByRole('group', { name: '改动' });
    await changes.getByText('P000001').waitFor();
    await changes.getByText('P-unknown').waitFor();
    await page.getByRole('link', { name: '消息', exact: true }).last().click();
    await expect(page.getByRole('button', { name: '留在本页' })).toBeFocused();
    await page.keyboard.press('Enter');
    await expect(page.getByRole('dialog')).toBeHidden();
    await page.getByRole('textbox', { name: /理由/ }).fill('患者号录错');
    await page.getByRole('button', { name: '重发', exact: true }).click();
    await page.waitForURL((url) => /\/messages\/exe_[^/]+$/.test(url.pathname) && !url.pathname.endsWith(executionId));
    await until('the hospital has the corrected one', async () => hospital.received.some(({ body }) => body.includes('P000001')));
    await page.getByText('重发自').waitFor();
    await page
      .getByRole('row', { name: /重发自/ })
      .getByRole('link')
      .click();
    await page.waitForURL(`**/messages/${executionId}`);
    await page.getByText('由它接替').waitFor();
    await page.locator('aside').getByText('已取消').waitFor();
    assert.equal(hospital.received.filter(({ body }) => body.includes('P-unknown')).length, 1, 'the old one never went again');
  },
);

test('a bulk whose messages are held again is not shown as well, and leads to them', { skip: noBrowser }, async (t) => {
  const { city, open, hospital, send } = await setUp(t);
  hospital.answer = () => ({ status: 422 });
  for (let number = 0; number < 4; number += 1) await send({ number });
  await until('all are held', async () => (await heldCount(city)) === 4, 30_000);

  const page = await open({ roles: ['operator'], path: '/held' });
  const dialog = page.getByRole('dialog');
  const retry = async () => {
    await page.getByRole('button', { name: '全部重试' }).click();
    await dialog.getByRole('textbox', { name: /理由/ }).fill('再试一次');
    await dialog.getByRole('button', { name: '开始重试' }).click();
  };
  await retry();
  await dialog.getByText('全部未成功').waitFor();
  await dialog.getByText('再次挂起 4 条').waitFor();
  await picture(page, 'held-again-none zh 1280');
  await dialog.getByRole('button', { name: '关闭' }).last().click();

  hospital.answer = ({ body }) => ({ status: body.includes('"number":3') ? 422 : 200 });
  await retry();
  await dialog.getByText('没有全部走通').waitFor();
  await dialog.getByText('走通 3 条').waitFor();
  await dialog.getByText('再次挂起 1 条').waitFor();
  await picture(page, 'held-again-partly zh 1280');
  await dialog.getByRole('button', { name: '关闭' }).last().click();
  await page.getByRole('button', { name: '最近的批量操作' }).click();
  await page.getByRole('row', { name: /批量重试.*再次挂起 4 条.*4 \/ 4/ }).waitFor();
  await page.getByRole('row', { name: /批量重试.*走通 3 条.*再次挂起 1 条.*4 \/ 4/ }).waitFor();
  await picture(page, 'held-again-list zh 1280');
  await page.getByRole('link', { name: '再次挂起 1 条' }).click();
  await page.getByRole('heading', { name: '再次挂起的消息' }).waitFor();
  await expect(page.getByRole('row', { name: /exe_/ })).toHaveCount(1);

  hospital.answer = () => ({ status: 200 });
  await retry();
  await dialog.getByText('全部走通').waitFor();
  await page.getByText('现在没有再次挂起的消息').waitFor();
});

test('a message that is retried from its row is followed: held again, or gone on', { skip: noBrowser }, async (t) => {
  const { city, open, hospital, send } = await setUp(t);
  hospital.answer = () => ({ status: 422 });
  for (let number = 0; number < 2; number += 1) await send({ number });
  await until('both are held', async () => (await heldCount(city)) === 2, 30_000);
  const page = await open({ roles: ['operator'], path: '/held' });
  await page.getByRole('link', { name: '出院小结上报' }).click();
  const retry = async () => {
    await page.getByRole('row', { name: /exe_/ }).first().getByRole('button', { name: '重试' }).click();
    await page.getByRole('dialog').getByRole('button', { name: '重试' }).click();
  };
  await retry();
  const notice = page.getByRole('alert');
  await notice.filter({ hasText: /又停在“送丁医院”：对方系统拒绝了该请求/ }).waitFor();
  await picture(page, 'row-held-again zh 1280');
  hospital.answer = () => ({ status: 200 });
  await retry();
  await notice.filter({ hasText: '走通了' }).waitFor();
  await expect(page.getByRole('row', { name: /exe_/ })).toHaveCount(1);
  await picture(page, 'row-went-on zh 1280');
  await notice.getByRole('link', { name: '查看这条消息' }).click();
  await page.waitForURL(/\/messages\/exe_/);

  hospital.answer = () => ({ status: 422 });
  const english = await open({ roles: ['operator'], path: '/held', language: 'en', width: 1920 });
  await english.getByRole('link', { name: 'Discharge summaries' }).click();
  await english.getByRole('row', { name: /exe_/ }).getByRole('button', { name: 'Retry' }).click();
  await english.getByRole('dialog').getByRole('button', { name: 'Retry' }).click();
  await english
    .getByRole('alert')
    .filter({ hasText: /Held at “送丁医院” again: / })
    .waitFor();
  await picture(english, 'row-held-again en 1920');
});

test('refused messages are resent in bulk, in place, once the other side is mended', { skip: noBrowser }, async (t) => {
  const { city, open, hospital, send } = await setUp(t);
  hospital.answer = () => ({ status: 422 });
  for (let number = 0; number < 3; number += 1) await send({ number });
  await until('all are held', async () => (await heldCount(city)) === 3, 30_000);
  hospital.answer = () => ({ status: 200 });
  const before = hospital.received.length;

  const page = await open({ roles: ['operator'], path: '/held' });
  const row = page.getByRole('row', { name: /出院小结上报.*送丁医院.*3/ });
  await expect(row.getByRole('button', { name: '全部取消' })).toBeInViewport({ ratio: 1 });
  await onOneLine(row);
  await picture(page, 'held-acts zh 1280');
  for (const width of [1280, 1920] as const) {
    const english = await open({ roles: ['operator'], path: '/held', language: 'en', width });
    await expect(english.getByRole('button', { name: 'Cancel all' })).toBeInViewport({ ratio: 1 });
    await onOneLine(english.getByRole('row', { name: /Discharge summaries/ }));
    await picture(english, `held-acts en ${width}`);
    await english.context().close();
  }
  await row.getByRole('button', { name: '全部重发' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText(/^3 条消息将按流程的当前版本从头走一遍/).waitFor();
  await dialog.getByRole('textbox', { name: /理由/ }).fill('对方已修复');
  await dialog.getByRole('button', { name: '开始重发' }).click();
  await dialog.getByText('已重发 3 条').waitFor();
  await until('all have arrived', async () => hospital.received.length === before + 3, 30_000);
  const keys = hospital.received.map(({ headers }) => String(headers['idempotency-key']));
  assert.equal(new Set(keys).size, 3, 'under the keys of the first attempt');
  await dialog.getByRole('button', { name: '关闭' }).last().click();
  await page.getByText('没有待人工处理的消息').waitFor();
});

test('messages that the other side has done are ended as done in bulk, once the person says so', { skip: noBrowser }, async (t) => {
  const { city, open, hospital, send } = await setUp(t);
  await city.admin('PUT', '/adapters/adp_his', {
    ...((await city.admin('GET', '/adapters/adp_his')) as object),
    limits: { breakerFailures: 10_000, maxConcurrency: 64, timeoutMs: 500 },
  });
  hospital.answer = () => 'silence';
  for (let number = 0; number < 3; number += 1) await send({ number });
  await until('all are held', async () => (await heldCount(city)) === 3, 30_000);

  const page = await open({ roles: ['operator'], path: '/held' });
  for (const language of ['zh-CN', 'en'] as const) {
    const look = language === 'en' ? await open({ roles: ['operator'], path: '/held', language }) : page;
    await onOneLine(look.getByRole('row', { name: /出院小结上报|Discharge summaries/ }));
    await picture(look, `held-acts-four ${language} 1280`);
  }
  await page.getByRole('button', { name: '全部按已办理结束' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText(/^对方已办成：3 条消息到此结束/).waitFor();
  await dialog.getByRole('textbox', { name: /理由/ }).fill('对方系统中已查到');
  const start = dialog.getByRole('button', { name: '按已办理结束' });
  await expect(start).toBeDisabled();
  await dialog.getByRole('checkbox', { name: '我已向对方核对：这些消息都已办成' }).check();
  await picture(page, 'held-conclude zh 1280');
  await start.click();
  await dialog.getByText('已结束 3 条（对方已办成）').waitFor();
  await dialog.getByRole('button', { name: '关闭' }).last().click();
  await page.getByText('没有待人工处理的消息').waitFor();
  assert.equal(hospital.received.length, 3, 'nothing is sent again');
});

/** All acts of a group, in a window of 1280 too. */
async function onOneLine(row: Locator): Promise<void> {
  await row.getByRole('button').first().waitFor();
  const boxes = await Promise.all((await row.getByRole('button').all()).map((button) => button.boundingBox()));
  assert.equal(new Set(boxes.map((box) => box?.y)).size, 1, JSON.stringify(boxes));
}

async function picture(page: Page, name: string): Promise<void> {
  if (PICTURES !== undefined) await page.screenshot({ path: `${PICTURES}/${name}.png` });
}
