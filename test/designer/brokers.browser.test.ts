/** The pages of message brokers with a real RabbitMQ: lists, messages, dead letters back to their source, purge by request. */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import type { Page } from '@playwright/test';
import { connect } from 'amqplib';
import { withRabbitmq } from '../nodes/messaging/brokers-here.ts';
import { prepareRabbitmq, startRabbitmq, type RabbitmqServer } from '../servers/rabbitmq.ts';
import { expect, noBrowser, startConsole, type Console } from './browser.ts';
import { look, openView } from './look-at-page.ts';

const LIMIT = { skip: noBrowser === false ? (prepareRabbitmq() ?? false) : noBrowser, timeout: 300_000 };
const PICTURES = process.env['KQ_PICTURES'];
const ADAPTER = 'adp_lab_mq';
const HOST = 'hospital-a';

let console: Console;
let server: RabbitmqServer;
let url: string;

before(async () => {
  if (LIMIT.skip !== false) return;
  [console, server] = await Promise.all([startConsole(), startRabbitmq({ management: true })]);
  server.control('add_vhost', HOST);
  server.control('add_user', 'lab', 'lab-secret');
  server.control('set_user_tags', 'lab', 'administrator');
  server.control('set_permissions', '-p', HOST, 'lab', '.*', '.*', '.*');
  url = `amqp://lab:lab-secret@127.0.0.1:${server.port}/${HOST}`;
  await withRabbitmq(url, async (model) => {
    const channel = await model.createConfirmChannel();
    const quorum = { durable: true, arguments: { 'x-queue-type': 'quorum' } };
    for (const name of ['lab-results', 'lab-results.dead', 'adt-events']) await channel.assertQueue(name, quorum);
    await channel.assertExchange('ward-events', 'topic', { durable: true });
    await channel.bindQueue('adt-events', 'ward-events', 'ward.#');
    for (let n = 1; n <= 40; n += 1) {
      const headers = { 'dead-letter-origin': 'lab-results', 'dead-letter-code': 'JSON_SYNTAX', 'dead-letter-reason': 'not JSON' };
      const body = Buffer.from(`OBR|${n}|血常规 报告 ${n}`);
      channel.publish('', 'lab-results.dead', body, { persistent: true, messageId: `id-${n}`, contentType: 'text/plain', headers });
    }
    channel.publish('ward-events', 'ward.7', Buffer.from('{"event":"A01"}'), { persistent: true, contentType: 'application/json' });
    await channel.waitForConfirms();
  });
  const person = await console.city.person(['analyst', 'security-admin']);
  const host = '127.0.0.1';
  const settings = {
    broker: 'rabbitmq',
    servers: [{ host, port: server.port }],
    management: { host, port: server.managementPort },
    virtualHost: HOST,
  };
  assert.equal((await person.call('PUT', '/secrets/lab-mq', { value: 'lab:lab-secret', adapters: [ADAPTER] })).status, 200);
  const saved = await person.call('PUT', `/adapters/${ADAPTER}`, {
    ...{ adapterId: ADAPTER, revision: 0, name: { 'zh-CN': '检验消息中间件', en: 'Laboratory broker' }, protocol: 'messaging' },
    ...{ owner: '检验科', domain: 'sh-city', environments: { DEV: settings }, credential: 'lab-mq' },
  });
  assert.equal(saved.status, 200, saved.text);
});
after(async () => {
  if (LIMIT.skip !== false) return;
  await console?.close();
  await server?.stop();
});

test('an analyst finds the broker, looks at dead letters, moves them back, and asks for a purge', LIMIT, async () => {
  const page = await console.open({ path: '/brokers', roles: ['analyst'] });
  const broker = page.getByRole('row').filter({ hasText: '检验消息中间件' });
  await expect(broker).toContainText('可管理');
  await picture(page, 'brokers-zh');
  await broker.click();
  await expect(page.getByRole('heading', { name: '检验消息中间件' })).toBeVisible();
  const dead = page.getByRole('row').filter({ hasText: 'lab-results.dead' });
  await expect(dead).toContainText('40', { timeout: 20_000 });
  await picture(page, 'broker-zh');
  await dead.getByRole('button', { name: '查看消息' }).click();
  const drawer = page.getByRole('dialog');
  await expect(drawer).toContainText('OBR|1|血常规 报告 1');
  await expect(drawer).toContainText('JSON_SYNTAX');
  await picture(page, 'broker-messages-zh');
  await page.keyboard.press('Escape');
  await dead.getByRole('button', { name: '移动消息' }).click();
  await picture(page, 'broker-move-zh');
  await page
    .getByRole('dialog')
    .getByRole('button', { name: /移\s*动/ })
    .click();
  await expect(page.getByRole('dialog')).toContainText('已移动 40 条');
  await page
    .getByRole('dialog')
    .getByRole('button', { name: /关\s*闭/ })
    .last()
    .click();
  const results = page.getByRole('row').filter({ has: page.getByText('lab-results', { exact: true }) });
  await expect(results).toContainText('40', { timeout: 20_000 });
  await results.getByRole('button', { name: '申请清空' }).click();
  await page.getByRole('textbox', { name: '理由（写入审计）' }).fill('测试数据，不再需要');
  await picture(page, 'broker-ask-zh');
  await page.getByRole('dialog').getByRole('button', { name: '提交申请' }).click();
  await expect(page.getByText('已提交，等待决定')).toBeVisible();
});

test('the system administrator decides on the purge, and creates and deletes queues and bindings', LIMIT, async () => {
  const page = await console.open({ path: '/requests', roles: ['system-admin'], language: 'en' });
  await page.getByText('Purge a queue or topic').first().click();
  await expect(page.getByText('40 messages')).toBeVisible({ timeout: 20_000 });
  await picture(page, 'broker-request-en');
  await page
    .getByRole('button', { name: /Accept|Agree|Approve/ })
    .first()
    .click();
  const dialog = page.getByRole('dialog').last();
  if (await dialog.getByRole('textbox').isVisible()) await dialog.getByRole('textbox').fill('checked');
  await picture(page, 'broker-decide-en');
  await dialog
    .getByRole('button', { name: /Accept|Agree|Approve/ })
    .last()
    .click();
  const left = () => withRabbitmq(url, async (model) => (await (await model.createChannel()).checkQueue('lab-results')).messageCount);
  await expect.poll(left).toBe(0);

  await page.goto(`${new URL(page.url()).origin}/brokers/${ADAPTER}`);
  await page.getByRole('button', { name: 'New', exact: true }).click();
  await page.getByRole('dialog').getByLabel('Name').fill('orders');
  await page.getByRole('dialog').getByLabel('Queue of dead letters').fill('lab-results.dead');
  await picture(page, 'broker-new-en');
  await page.getByRole('dialog').getByRole('button', { name: 'Create' }).click();
  const row = page.getByRole('row').filter({ has: page.getByText('orders', { exact: true }) });
  await expect(row).toContainText('quorum');
  await page.getByText('Subscriptions', { exact: true }).click();
  await expect(page.getByRole('row').filter({ hasText: 'adt-events' })).toContainText('ward.#');
  await page.getByRole('button', { name: 'New subscription' }).click();
  for (const [label, text] of [
    ['Topic', 'ward-events'],
    ['Queue', 'orders'],
    ['Routing key', 'order.*'],
  ] as const)
    await page.getByRole('dialog').getByLabel(label).fill(text);
  await page.getByRole('dialog').getByRole('button', { name: 'New subscription' }).click();
  await expect(page.getByRole('row').filter({ hasText: 'order.*' })).toBeVisible();
  await picture(page, 'broker-subscriptions-en');
  await page.getByText('Queues and topics', { exact: true }).click();
  await row.getByRole('button', { name: 'Delete' }).click();
  await page.getByRole('textbox', { name: 'Reason (kept in the audit trail)' }).fill('not needed');
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  // If the deletion fails, the dialog stays open and says why.
  const outcome = async () => ((await row.count()) === 0 ? 'deleted' : (await page.getByRole('dialog').allInnerTexts()).join(' '));
  await expect.poll(outcome, { timeout: 30_000 }).toBe('deleted');
});

test('every view of a broker can be read by everybody, in both languages, light and dark', LIMIT, async () => {
  for (const language of ['zh-CN', 'en'] as const) {
    const view = await openView(console, language, ['operator', 'system-admin']);
    for (const path of ['', '?view=subscriptions', '?view=sessions', '?view=hosts']) {
      await view.page.goto(`/brokers/${ADAPTER}${path}`);
      await view.settled();
      await look(view, `broker${path.replace('?view=', '-')}`);
    }
    await view.page.context().close();
  }
});

test('sessions and virtual hosts are shown; a viewer sees lists and changes nothing; a broker that is down says so', LIMIT, async () => {
  const client = await connect(url, { clientProperties: { connection_name: 'LIS 接口机' } });
  client.on('error', () => undefined);
  const channel = await client.createChannel();
  channel.on('error', () => undefined);
  await channel.consume('adt-events', () => undefined, { noAck: true });
  const page = await console.open({ path: `/brokers/${ADAPTER}?view=sessions`, roles: ['system-admin'] });
  const session = page.getByRole('row').filter({ hasText: 'LIS 接口机' });
  await expect(session).toContainText('adt-events', { timeout: 20_000 });
  await picture(page, 'broker-sessions-zh');
  await page.getByText('虚拟主机', { exact: true }).last().click();
  await expect(page.getByRole('row').filter({ hasText: HOST })).toContainText('本适配器的');
  await picture(page, 'broker-hosts-zh');
  const viewer = await console.open({ path: `/brokers/${ADAPTER}`, roles: ['viewer'], domains: ['sh-city'], language: 'en' });
  await expect(viewer.getByRole('row').filter({ hasText: 'adt-events' })).toBeVisible();
  await expect(viewer.getByRole('button', { name: /Look at|Move|purge|Delete|New/ })).toHaveCount(0);
  await expect(viewer.getByText('Virtual hosts', { exact: true })).toHaveCount(0);
  await server.kill();
  await viewer.reload();
  await expect(viewer.getByRole('alert').first()).toContainText('The management API at 127.0.0.1');
  await expect(viewer.getByRole('alert').first()).toContainText('Since');
  await picture(viewer, 'broker-down-en');
});

async function picture(page: Page, name: string): Promise<void> {
  if (PICTURES === undefined) return;
  for (const width of [1280, 1920]) {
    await page.setViewportSize({ width, height: 900 });
    await page.screenshot({ path: `${PICTURES}/${name}-${width}.png` });
  }
  await page.setViewportSize({ width: 1280, height: 800 });
}
