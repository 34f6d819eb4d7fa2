/** The pages of message brokers with a real Kafka: topics, groups with their lag, members, dead letters back to their source, removal. */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { Admin, Consumer, Producer } from '@platformatic/kafka';
import { prepareKafka, startKafka, type KafkaServer } from '../servers/kafka.ts';
import { expect, noBrowser, startConsole, type Console } from './browser.ts';
import { look, openView } from './look-at-page.ts';

const LIMIT = { skip: noBrowser === false ? (prepareKafka() ?? false) : noBrowser, timeout: 300_000 };
const ADAPTER = 'adp_ward_kafka';
const GROUP = 'hospital-a.lis';

let console: Console;
let server: KafkaServer;
let reader: Consumer;

const client = () => ({ clientId: 'test', bootstrapBrokers: [`127.0.0.1:${server.port}`], retries: 20, retryDelay: 250 });

before(async () => {
  if (LIMIT.skip !== false) return;
  [console, server] = await Promise.all([startConsole(), startKafka()]);
  const admin = new Admin(client());
  const topics = ['hospital-a.adt', 'hospital-a.adt.dead', 'hospital-b.adt'];
  await admin.createTopics({ topics, partitions: 2, replicas: 1 });
  const { id: cluster } = await admin.metadata({ topics: [] });
  await admin.close();
  await publish('hospital-b.adt', ['乙医院的病人']);
  const headers = {
    'dead-letter-origin': `${cluster}/hospital-a.adt/0/1`,
    'dead-letter-code': 'JSON_SYNTAX',
    'dead-letter-reason': 'not JSON',
  };
  await publish('hospital-a.adt.dead', ['入院 1', '入院 2', '入院 3'], headers);
  reader = await startReader();
  await saveAdapter();
});
after(async () => {
  if (LIMIT.skip !== false) return;
  await reader?.close(true).catch(() => undefined);
  await console?.close();
  await server?.stop();
});

test('an analyst finds dead letters of a topic, moves them back, and sees the group read them', LIMIT, async () => {
  const page = await console.open({ path: `/brokers/${ADAPTER}`, roles: ['analyst'] });
  await expect(page.getByText('Apache Kafka')).toBeVisible({ timeout: 30_000 });
  await expect(page.getByRole('row').filter({ hasText: 'hospital-b' })).toHaveCount(0);
  const dead = page.getByRole('row').filter({ hasText: 'hospital-a.adt.dead' });
  await expect(dead).toContainText('3', { timeout: 30_000 });
  await expect(dead).toContainText('分区日志');
  await dead.getByRole('button', { name: '查看消息' }).click();
  await expect(page.getByRole('dialog')).toContainText('入院 1');
  await expect(page.getByRole('dialog')).toContainText('JSON_SYNTAX');
  await page.keyboard.press('Escape');
  await dead.getByRole('button', { name: '移动消息' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: /移\s*动/ }).click();
  await expect(dialog).toContainText('已移动 3 条', { timeout: 30_000 });
  await page.goto(`${new URL(page.url()).origin}/brokers/${ADAPTER}?view=subscriptions`);
  const group = page.getByRole('row').filter({ hasText: GROUP });
  await expect(group).toContainText('hospital-a.adt', { timeout: 30_000 });
  // Topic, group, lag.
  await expect(group.getByRole('cell').nth(2)).toHaveText('0', { timeout: 30_000 });
  await expect(group).toContainText('稳定', { timeout: 30_000 });
  await page.goto(`${new URL(page.url()).origin}/brokers/${ADAPTER}?view=sessions`);
  await expect(page.getByRole('row').filter({ hasText: 'lis-client' })).toContainText('hospital-a.adt', { timeout: 30_000 });
});

test('the system administrator creates a topic, ends the position of a group, and deletes the topic', LIMIT, async () => {
  const page = await console.open({ path: `/brokers/${ADAPTER}`, roles: ['system-admin'], language: 'en' });
  const create = async (name: string) => {
    await page.getByRole('button', { name: 'New', exact: true }).click();
    await page.getByRole('dialog').getByLabel('Name').fill(name);
    await page.getByRole('dialog').getByLabel('Partitions').fill('3');
    await page.getByRole('dialog').getByRole('button', { name: 'Create' }).click();
  };
  await create('hospital-b.orders');
  await expect(page.getByRole('dialog')).toContainText('hospital-a.');
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
  await create('hospital-a.orders');
  const row = page.getByRole('row').filter({ hasText: 'hospital-a.orders' });
  await expect(row).toContainText('3');
  const topics = async () => {
    const admin = new Admin(client());
    const found = await admin.listTopics({});
    await admin.close();
    return found.filter((name) => name.includes('orders'));
  };
  assert.deepEqual(await topics(), ['hospital-a.orders']);

  await page.getByText('Subscriptions', { exact: true }).click();
  await page.getByRole('button', { name: 'New subscription' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Topic').fill('hospital-a.orders');
  await dialog.getByLabel('Consumer group').fill('hospital-a.pharmacy');
  await dialog.getByRole('button', { name: 'New subscription' }).click();
  const group = page.getByRole('row').filter({ hasText: 'hospital-a.pharmacy' });
  await expect(group).toContainText('hospital-a.orders');
  await group.getByRole('button', { name: /Delete|Remove/ }).click();
  await page.getByRole('textbox', { name: 'Reason (kept in the audit trail)' }).fill('not needed');
  await page
    .getByRole('dialog')
    .getByRole('button', { name: /Delete|Remove/ })
    .click();
  await expect(group).toHaveCount(0);

  await page.getByText('Queues and topics', { exact: true }).click();
  await row.getByRole('button', { name: 'Delete' }).click();
  await page.getByRole('textbox', { name: 'Reason (kept in the audit trail)' }).fill('not needed');
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await expect(row).toHaveCount(0);
  assert.deepEqual(await topics(), []);
});

test('every view of Kafka can be read by everybody, in both languages, light and dark', LIMIT, async () => {
  for (const language of ['zh-CN', 'en'] as const) {
    const view = await openView(console, language, ['operator', 'system-admin']);
    for (const path of ['', '?view=subscriptions', '?view=sessions']) {
      await view.page.goto(`/brokers/${ADAPTER}${path}`);
      await view.settled();
      await look(view, `kafka${path.replace('?view=', '-')}`);
    }
    await view.page.context().close();
  }
});

async function publish(topic: string, texts: readonly string[], headers: Readonly<Record<string, string>> = {}): Promise<void> {
  // A partition of a new topic may still be without a leader; what is sent again then is stored once only if it is idempotent.
  const producer = new Producer({ ...client(), idempotent: true });
  const pairs = Object.entries(headers).map(([name, value]) => [Buffer.from(name), Buffer.from(value)] as const);
  await producer.send({ messages: texts.map((text) => ({ topic, partition: 0, value: Buffer.from(text), headers: new Map(pairs) })) });
  await producer.close();
}

/** A foreign system that reads the topic. */
async function startReader(): Promise<Consumer> {
  const consumer = new Consumer({ ...client(), clientId: 'lis-client', groupId: GROUP, sessionTimeout: 10_000, heartbeatInterval: 1000 });
  const stream = await consumer.consume({ topics: ['hospital-a.adt'], mode: 'committed', fallbackMode: 'earliest', autocommit: 100 });
  stream.on('error', () => undefined);
  stream.on('data', () => undefined);
  return consumer;
}

async function saveAdapter(): Promise<void> {
  const person = await console.city.person(['analyst', 'security-admin']);
  const settings = {
    broker: 'kafka',
    servers: [{ host: '127.0.0.1', port: server.loginPort }],
    login: 'scram-sha-256',
    namePrefix: 'hospital-a.',
  };
  assert.equal((await person.call('PUT', '/secrets/ward-kafka', { value: 'bob:bob-secret', adapters: [ADAPTER] })).status, 200);
  const saved = await person.call('PUT', `/adapters/${ADAPTER}`, {
    ...{ adapterId: ADAPTER, revision: 0, name: { 'zh-CN': '病区消息中间件', en: 'Ward broker' }, protocol: 'messaging' },
    ...{ owner: '信息科', domain: 'sh-city', environments: { DEV: settings }, credential: 'ward-kafka' },
  });
  assert.equal(saved.status, 200, saved.text);
}
