import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Locator, Page } from '@playwright/test';
import { adapterTo, startHospital } from '../control/start-engine.ts';
import { until } from '../support/city.ts';
import { chainFlow } from '../support/platform-api.ts';
import { expect, noBrowser, startConsole } from './browser.ts';
import { offerOnBus } from './offer-on-bus.ts';

const PICTURES = process.env['KQ_PICTURES'];
const PATIENTS = 200;
const MOST_CLICKS = 12;

/** Each patient is a lane. */
const admissions = chainFlow(
  'flw_wards',
  [
    {
      ...{ type: 'transform.map@1', id: 'n_map', label: '转换病区' },
      config: {
        mapping: {
          rules: [
            { to: 'patient', from: { path: 'data.body.patient' } },
            { to: 'number', from: { path: 'data.body.number' } },
            { to: 'ward', from: { table: 'wards', key: { path: 'data.body.ward' } } },
          ],
        },
      },
    },
    { ...{ type: 'http.call@1', id: 'n_send', label: '送丁医院', adapter: 'adp_his' }, config: { method: 'POST', path: '/wards' } },
  ],
  {
    name: { 'zh-CN': '入院登记上报', en: 'Admissions' },
    mode: 'durable',
    deadlineMs: 60_000,
    ingress: { lane: { key: 'data.body.patient' }, keys: { patient: 'data.body.patient' } },
  },
);

test(
  '200 messages held by a missing code are all delivered, each patient in order, within twelve clicks from the list of what is held',
  { skip: noBrowser },
  async (t) => {
    const { city, open } = await startConsole(t);
    const hospital = await startHospital();
    t.after(() => hospital.stop());
    const environments = { DEV: { baseUrl: hospital.baseUrl } };
    await city.admin('PUT', '/adapters/adp_his', { ...adapterTo(hospital), environments });
    const table = { tableId: 'wards', revision: 0, name: { 'zh-CN': '病区', en: 'Wards' }, entries: { W1: '一病区' } };
    await city.admin('PUT', '/code-tables/wards', table);
    const send = await offerOnBus(city, admissions);
    for (const number of [0, 1])
      for (let patient = 0; patient < PATIENTS; patient += 1) await send({ patient: `P${patient}`, number, ward: 'W9' });
    await until('all lanes stand', async () => {
      return ((await city.admin('GET', '/held/groups')) as { count: number }).count === PATIENTS;
    });

    const page = await open({ roles: ['operator', 'analyst'], path: '/held' });
    let clicks = 0;
    const click = async (target: Locator) => {
      clicks += 1;
      await target.click();
    };
    await click(page.getByRole('link', { name: '入院登记上报' }));
    await click(page.getByRole('row', { name: /exe_/ }).first());
    await page.getByText('补充代码后重试，选“用现在的代码表”').waitFor();
    await click(page.getByRole('link', { name: /病区/ }).first());
    await click(page.getByRole('button', { name: '添加一行' }));
    await click(page.getByRole('textbox', { name: '代码' }).first());
    await page.keyboard.type('W9', { delay: 30 });
    await page.keyboard.press('Tab');
    await page.keyboard.type('九病区', { delay: 30 });
    const save = page.getByRole('button', { name: '保存', exact: true });
    await click(save);
    await page.getByText(/^已保存/).waitFor();
    await expect(save).toBeDisabled();
    await click(page.getByRole('menuitem', { name: '待人工处理' }));
    await click(page.getByRole('button', { name: '全部重试' }));
    const dialog = page.getByRole('dialog');
    await dialog.getByText(/^200 条消息将从停下的节点接着走/).waitFor();
    await expect(dialog.getByRole('radio', { name: /用现在的代码表/ })).toBeChecked();
    await picture(page, 'retry-tables zh 1280');
    await click(dialog.getByRole('textbox', { name: /理由/ }));
    await page.keyboard.type('已补充病区代码', { delay: 30 });
    await click(dialog.getByRole('button', { name: '开始重试' }));
    await dialog.getByText('全部走通').waitFor();
    await dialog.getByText(`走通 ${PATIENTS} 条`).waitFor();
    await click(dialog.getByRole('button', { name: '关闭' }).last());
    await page.getByText('没有待人工处理的消息').waitFor();
    t.diagnostic(`${clicks} clicks`);
    assert.ok(clicks <= MOST_CLICKS, `${clicks} clicks`);

    await until('all have arrived', async () => hospital.received.length === 2 * PATIENTS, 30_000);
    const bodies = hospital.received.map(({ body }) => JSON.parse(body) as { patient: string; number: number; ward: string });
    assert.ok(bodies.every(({ ward }) => ward === '九病区'));
    const lanes = Map.groupBy(bodies, ({ patient }) => patient);
    assert.equal(lanes.size, PATIENTS);
    for (const lane of lanes.values())
      assert.deepEqual(
        lane.map(({ number }) => number),
        [0, 1],
      );
  },
);

async function picture(page: Page, name: string): Promise<void> {
  if (PICTURES !== undefined) await page.screenshot({ path: `${PICTURES}/${name}.png` });
}
