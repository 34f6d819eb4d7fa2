import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from '@playwright/test';
import { adapterTo, startHospital } from '../control/start-engine.ts';
import { until } from '../support/city.ts';
import { busInterface, chainFlow } from '../support/platform-api.ts';
import { expect, noBrowser, startConsole } from './browser.ts';

const PICTURES = process.env['KQ_PICTURES'];

const flow = chainFlow(
  'flw_clinic',
  [
    { type: 'http.call@1', id: 'n_book', label: '丁医院挂号', adapter: 'adp_his', config: { method: 'POST', path: '/book' } },
    {
      ...{ type: 'check.json-schema@1', id: 'n_check', label: '核对回执' },
      config: { schema: { type: 'object', required: ['number'] } },
    },
  ],
  { name: { 'zh-CN': '预约挂号', en: 'Registration' } },
);

test(
  'a registration that was done and then failed is let go on, is given its reply, and is ended as done; it is made once',
  { skip: noBrowser },
  async (t) => {
    const { city, open } = await startConsole(t);
    const hospital = await startHospital();
    t.after(() => hospital.stop());
    await city.admin('PUT', '/adapters/adp_his', { ...adapterTo(hospital), environments: { DEV: { baseUrl: hospital.baseUrl } } });
    await city.admin('PUT', `/flows/${flow.flowId}`, flow);
    await city.admin('POST', `/flows/${flow.flowId}/publish`, {});
    const offered = busInterface(flow.flowId);
    await city.admin('PUT', `/interfaces/${offered.interfaceId}`, offered);
    const security = await city.person(['security-admin']);
    const grant = { grantId: 'grt_clinic', revision: 0, appId: 'B20001', interfaceId: offered.interfaceId };
    assert.equal((await security.call('PUT', '/grants/grt_clinic', grant)).status, 200);
    const call = async (key: string) => {
      const headers = { authorization: `Bearer ${city.busToken}`, 'content-type': 'application/json', 'idempotency-key': key };
      const { status, json } = await city.send(`${city.bus}${offered.path}`, { method: 'POST', headers, body: '{}' });
      return { status, body: json() as { outcome?: string; code?: string; number?: number } };
    };
    // The plan with the grant reaches the gateway within a second.
    await until('it is done', async () => (await call('k1')).body.outcome === 'done');
    assert.equal((await call('k2')).body.outcome, 'done');
    assert.equal((await call('k3')).body.outcome, 'done');
    const { items } = (await city.admin('GET', '/held')) as { items: { executionId: string }[] };
    const [third, second, first] = items.map(({ executionId }) => executionId) as [string, string, string];

    const page = await open({ roles: ['operator'], path: '/' });
    const line = page.getByRole('listitem').filter({ hasText: /^已办理，随后流程出错 · 预约挂号 3 条，最早/ });
    await line.getByText('刚刚').or(line.getByText(/秒前/)).waitFor();
    await picture(page, 'overview');
    await line.getByRole('link').click();
    await page.getByRole('button', { name: '全部继续执行' }).waitFor();
    await page.goto('/held');
    await page.getByRole('heading', { name: /已办理，随后流程出错/ }).waitFor();
    await picture(page, 'held');
    const group = page.getByRole('row', { name: /预约挂号.*FAILED_AFTER_WRITE/ });
    await expect(group.getByRole('button', { name: '全部取消' })).toBeInViewport({ ratio: 1 });
    assert.equal(await group.getByRole('button', { name: '全部重发' }).count(), 0);
    await group.getByRole('button', { name: '全部继续执行' }).click();
    const goingOn = page.getByRole('dialog', { name: '批量继续执行' });
    await goingOn.getByText(/^3 条消息.*已办理的写操作保留，不再重做/).waitFor();
    assert.equal(await goingOn.getByText(/重发/).count(), 0);
    // Those with a write that was done keep their code tables.
    assert.equal(await goingOn.getByRole('radio').count(), 0);
    await picture(page, 'held-go-on');
    await goingOn.getByRole('button', { name: '返回' }).click();
    await group.getByRole('button', { name: '全部取消' }).click();
    const bulk = page.getByRole('dialog', { name: '批量取消' });
    await bulk.getByText(/已办理的写操作不撤销，在对方仍然有效/).waitFor();
    await picture(page, 'held-cancel');
    await bulk.getByRole('button', { name: '返回' }).click();
    await group.getByRole('link').click();
    await page.getByRole('row', { name: /exe_/ }).first().waitFor();
    assert.equal(await page.getByRole('button', { name: '全部重发' }).count(), 0);
    await page.getByRole('button', { name: '全部继续执行' }).waitFor();
    await picture(page, 'held-group');
    await page.goto(`/messages/${first}`);
    await page.getByText('写操作已在对方生效').waitFor();
    await page.getByRole('row', { name: /已办理.*丁医院挂号/ }).waitFor();
    await picture(page, 'message');
    await expectNoInvitation(page);
    await page.getByRole('button', { name: '继续执行' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('已办理的写操作保留，不再重做').waitFor();
    await dialog.getByText('上次停在流程自己的映射、脚本或校验（消息内容不符合要求）').waitFor();
    await picture(page, 'go-on');
    await dialog.getByRole('button', { name: '继续执行' }).click();
    await page.getByRole('row', { name: /执行次数 2/ }).waitFor();
    await page.getByRole('alert').filter({ hasText: '又停在“核对回执”：已办理，随后流程出错：' }).waitFor();
    await picture(page, 'again');

    await page.getByRole('button', { name: '给出应答' }).click();
    const drawer = page.getByRole('dialog', { name: '给出应答' });
    const content = drawer.getByRole('textbox', { name: '应答内容' });
    await content.click();
    await page.keyboard.press('Control+A');
    await page.keyboard.insertText('{"number": ');
    await drawer.getByRole('textbox', { name: /理由/ }).fill('医院系统中已有号');
    await drawer.getByRole('button', { name: '存为应答并结束' }).click();
    await drawer.getByText('这不是正确的 JSON').waitFor();
    await content.click();
    await page.keyboard.press('Control+A');
    await page.keyboard.insertText('{"number": 7}');
    await picture(page, 'reply');
    await drawer.getByRole('textbox', { name: /理由/ }).press('Escape');
    await expect(page.getByRole('button', { name: '继续填写' })).toBeFocused();
    await picture(page, 'reply-escape');
    await page.keyboard.press('Enter');
    await expect(page.getByRole('button', { name: '继续填写' })).toBeHidden();
    await expect(drawer.getByRole('textbox', { name: /理由/ })).toHaveValue('医院系统中已有号');
    await drawer.getByRole('button', { name: '存为应答并结束' }).click();
    await page.getByRole('row', { name: /按已办理结束/ }).waitFor();
    await picture(page, 'ended');
    await expectNoInvitation(page);
    await page.goto(`/messages/${third}`);
    await page.getByRole('button', { name: '取消消息' }).click();
    await dialog.getByText(/已办理的写操作不撤销，在对方仍然有效/).waitFor();
    await dialog.getByRole('textbox', { name: /理由/ }).fill('患者已另行办理');
    await dialog.getByRole('button', { name: '取消消息' }).click();
    await page.getByRole('row', { name: /状态.*已取消/ }).waitFor();
    await picture(page, 'cancelled');
    await expectNoInvitation(page);
    const answer = await call('k1');
    assert.deepEqual([answer.status, answer.body.number], [200, 7]);

    const english = await open({ roles: ['operator'], path: `/messages/${second}`, language: 'en' });
    await english.getByText('The write was done at the other side').waitFor();
    await english.getByText(/Do not send it again/).waitFor();
    await english.getByText('Done, then the flow failed: The content is not valid', { exact: true }).waitFor();
    await english.getByRole('button', { name: 'Continue', exact: true }).waitFor();
    await picture(english, 'message-en');
    await expectNoInvitation(english);
    await english.getByRole('button', { name: 'Give the reply' }).click();
    await english.getByRole('dialog', { name: 'Give the reply' }).getByText('Store the reply and end').waitFor();
    await picture(english, 'reply-en');
    await english.keyboard.press('Escape');
    await english.getByRole('button', { name: 'End as done' }).click();
    const ending = english.getByRole('dialog', { name: /End this message as done/ });
    await ending.getByRole('textbox', { name: /Reason/ }).fill('the patient has the number');
    await picture(english, 'end-en');
    await ending.getByRole('button', { name: 'End as done' }).click();
    await english.getByRole('row', { name: /Ended as done/ }).waitFor();
    assert.equal((await call('k2')).body.outcome, 'done');
    await expectNoInvitation(english);
    assert.equal(hospital.received.length, 3);
  },
);

/** The remedy of the cause is for a message of which nothing was done. */
async function expectNoInvitation(page: Page): Promise<void> {
  await page.getByRole('row', { name: /消息编号|Message id/ }).waitFor();
  assert.equal(await page.getByText(/更正所指的字段后重新发送|and send again/).count(), 0);
  assert.equal(await page.getByRole('button', { name: /重发|Correct and resend/ }).count(), 0);
}

async function picture(page: Page, name: string): Promise<void> {
  if (PICTURES !== undefined) await page.screenshot({ path: `${PICTURES}/${name}.png` });
}
