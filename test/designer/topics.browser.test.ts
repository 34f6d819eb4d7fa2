/** The page of bus topics: what happens in the bus appears there and starts the flows that subscribe; an administrator sets a topic. */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import type { Page } from '@playwright/test';
import { booking, until } from '../support/city.ts';
import { busInterface, chainFlow } from '../support/platform-api.ts';
import { expect, noBrowser, startConsole, type Console } from './browser.ts';

const LIMIT = { skip: noBrowser, timeout: 300_000 };
const PICTURES = process.env['KQ_PICTURES'];
const FLOW = 'flw_topic_watch';

let console: Console;

before(async () => {
  if (noBrowser !== false) return;
  console = await startConsole();
});
after(() => (noBrowser === false ? console.close() : undefined));

test('an interface that goes offline is an event on the page, and starts the flow that subscribes', LIMIT, async () => {
  const { admin } = console.city;
  const called = chainFlow('flw_lab_upload', []);
  await admin('PUT', `/flows/${called.flowId}`, called);
  await admin('POST', `/flows/${called.flowId}/publish`, {});
  const offered = busInterface(called.flowId);
  await admin('PUT', `/interfaces/${offered.interfaceId}`, offered);
  await admin('PUT', `/flows/${FLOW}`, watchFlow(offered.domain));
  await admin('POST', `/flows/${FLOW}/publish`, {});
  await admin('PUT', `/interfaces/${offered.interfaceId}/state`, { state: 'offline' });

  const page = await console.open({ path: '/topics', roles: ['operator'] });
  const row = page.getByRole('row').filter({ hasText: 'kangqiao.lifecycle.interface.offline.v1' });
  await expect(row).toContainText('接口 已下线');
  await expect(row.getByRole('link')).toHaveAttribute('href', `/interfaces/${offered.interfaceId}`);
  await expect(page.getByRole('row').filter({ hasText: '服务生命周期' })).toContainText('接口下线通知');
  await picture(page, 'topics');
  const execution = await until('the flow ran with the event', async () => {
    const { items } = (await admin('GET', `/executions?flowId=${FLOW}`)) as { items: { executionId: string; status: string }[] };
    return items.find(({ status }) => status === 'completed');
  });
  const { input } = (await admin('GET', `/executions/${execution.executionId}/payload`)) as { input: { data: Record<string, unknown> } };
  assert.deepEqual([input.data['type'], input.data['subject']], ['kangqiao.lifecycle.interface.offline.v1', offered.interfaceId]);
});

test('the system administrator turns a topic on and opens it to a domain; others only look', LIMIT, async () => {
  const page = await console.open({ path: '/topics', roles: ['system-admin'], language: 'en' });
  const row = page.getByRole('row').filter({ hasText: 'Service invocation' });
  await expect(row).toContainText('Off');
  await row.getByRole('button', { name: 'Settings' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('switch').click();
  await dialog.getByRole('spinbutton').fill('3');
  await picture(page, 'topic-settings-en');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(row).toContainText('3 days');
  await expect(row.getByText('On', { exact: true })).toBeVisible();
  await picture(page, 'topics-en');
  await until('the gateways record calls from now on', async () => {
    await console.city.app.fetch('/open/v1/appointments', { body: booking('A') });
    const { items } = (await console.city.admin('GET', '/topics/invocation/events')) as { items: { data: object }[] };
    return items.find(({ data }) => 'traceId' in data);
  });
  await page.getByText('Service invocation', { exact: true }).last().click();
  await expect(page.getByRole('row').filter({ hasText: 'Call completed' }).first()).toContainText('kangqiao.invocation.call.completed.v1');
  await picture(page, 'topic-calls-en');
  const viewer = await console.open({ path: '/topics', roles: ['viewer'], language: 'en' });
  await expect(viewer.getByRole('row').filter({ hasText: 'Service invocation' })).toContainText('3 days');
  await expect(viewer.getByRole('button', { name: 'Settings' })).toHaveCount(0);
});

/** A flow that starts with interfaces that go offline, and hands the event on. */
function watchFlow(domain: string) {
  const flow = chainFlow(FLOW, [], { name: { 'zh-CN': '接口下线通知', en: 'Interfaces offline' }, domain, mode: 'durable' });
  const config = { topic: 'lifecycle', types: ['kangqiao.lifecycle.interface.offline.v1'] };
  const [trigger, ...others] = flow.nodes;
  return { ...flow, nodes: [{ ...trigger, type: 'bus.receive@1', config }, ...others] };
}

async function picture(page: Page, name: string): Promise<void> {
  if (PICTURES === undefined) return;
  for (const width of [1280, 1920]) {
    await page.setViewportSize({ width, height: 1000 });
    await page.screenshot({ path: `${PICTURES}/${name}-${width}.png` });
  }
  await page.setViewportSize({ width: 1280, height: 800 });
}
