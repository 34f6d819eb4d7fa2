/** The way of an adapter: found by what it is for, tested with its bytes, repaired, and shown with its users. */
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import type { Page } from '@playwright/test';
import { expect, noBrowser, startConsole, type Console } from './browser.ts';

const PICTURES = process.env['KQ_PICTURES'];
const LIMIT = { skip: noBrowser, timeout: 240_000 };
const ADDRESS = { 'zh-CN': '新院检验', en: 'New laboratory' };

let console: Console;
let port: number;
let isOpen = false;
const server = createServer((request, response) => {
  const isIn = isOpen || request.headers.authorization !== undefined;
  response.writeHead(isIn ? 200 : 401, { 'set-cookie': 'JSESSIONID=secret-session' }).end(isIn ? 'ready' : 'who are you');
});

before(async () => {
  if (noBrowser !== false) return;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
  console = await startConsole();
  const security = await console.city.person(['security-admin']);
  assert.equal((await security.call('PUT', '/outbound/127.0.0.1', { reason: 'laboratory of this test' })).status, 200);
});
after(async () => {
  server.close();
  if (noBrowser === false) await console.close();
});

test('an adapter is found by what it is for, fails its test with bytes and reason, is repaired, and shows its users', LIMIT, async () => {
  const page = await console.open({ path: '/adapters', roles: ['analyst'], width: 1280 });
  await page.getByRole('button', { name: '新建适配器' }).click();
  const find = page.getByRole('textbox', { name: /查找/ });
  await find.fill('LIS 文件');
  await expect(page.getByRole('link', { name: 'HTTP / REST' })).toHaveCount(0);
  await page.getByRole('link', { name: 'SFTP' }).click();
  await expect(page.getByText('SFTP').first()).toBeVisible();
  await page.getByRole('button', { name: '换一种协议' }).click();
  await picture(page, 'choose');
  await find.fill('nothing like it');
  await expect(page.getByText('没有匹配的协议')).toBeVisible();
  await find.fill('REST');
  await find.press('Enter');

  await page.getByRole('textbox', { name: '名称 · 中文' }).fill(ADDRESS['zh-CN']);
  await page.getByRole('textbox', { name: '名称 · 英文' }).fill(ADDRESS.en);
  await page.getByRole('textbox', { name: '负责方' }).fill('检验科 8000');
  await page.getByRole('textbox', { name: '地址' }).fill('http://127.0.0.1:1/lis');
  await page.getByRole('button', { name: '测试连接' }).click();
  const step = (name: string) => page.getByRole('listitem').filter({ has: page.getByText(name, { exact: true }) });
  await expect(step('TCP 连接').getByText('失败')).toBeVisible();
  await picture(page, 'refused');

  await page.getByRole('textbox', { name: '地址' }).fill(`http://127.0.0.1:${port}/lis`);
  await page.getByRole('button', { name: '测试连接' }).click();
  await expect(step('对 GET 的应答').getByText('失败')).toBeVisible();
  await expect(step('对 GET 的应答').getByText(/拒绝/).first()).toBeVisible();
  await page.getByText('收发的字节').click();
  await expect(page.getByLabel('平台发出')).toContainText('GET /lis HTTP/1.1');
  await expect(page.getByLabel('对方发来')).toContainText('401');
  await expect(page.getByLabel('对方发来')).toContainText('set-cookie: ******');
  await picture(page, 'bytes');
  await page.getByText('十六进制', { exact: true }).click();
  await expect(page.getByLabel('平台发出')).toContainText('0000  47 45 54 20 2f 6c 69 73');
  assert.doesNotMatch(await page.locator('main').innerText(), /secret-session/);

  isOpen = true;
  await page.getByRole('button', { name: '测试连接' }).click();
  await expect(page.getByText('连接正常')).toBeVisible();

  const group = page.locator('[data-group="advanced"]').first();
  await expect(group.locator('summary')).toContainText('均为默认值');
  await expect(page.getByRole('switch', { name: '返回 503 时可能已办理' })).toBeHidden();
  await group.locator('summary').click();
  await page.getByRole('switch', { name: '返回 503 时可能已办理' }).click();
  await expect(group.locator('summary')).toContainText('1 项已修改');
  await page.getByRole('button', { name: '保存' }).click();
  await page.waitForURL(/adp_new_laboratory$/);
  await expect(page.getByText('没有流程使用')).toBeVisible();

  await useAdapter('adp_new_laboratory');
  await page.reload();
  await expect(page.getByRole('link', { name: '取检验结果' }).first()).toBeVisible();
  await expect(page.locator('[data-group="advanced"]').first()).toContainText('1 项已修改');
  await picture(page, 'used');
  await page.getByRole('button', { name: `删除: ${ADDRESS['zh-CN']}` }).click();
  await expect(page.getByRole('dialog').getByRole('link', { name: '取检验结果' })).toBeVisible();
});

test('the page of an adapter in use shows limits and live flows, and says whom a change concerns', LIMIT, async () => {
  const page = await console.open({ path: '/adapters/adp_hospital_a', roles: ['analyst', 'security-admin'], width: 1920 });
  await expect(page.getByText(/线上 v\d+/).first()).toBeVisible();
  await expect(page.getByText(/每个平台进程上限 \d+/)).toBeVisible();
  await page.getByRole('textbox', { name: '负责方' }).fill('信息科');
  await expect(page.getByText(/个线上流程正在使用此适配器/)).toBeVisible();
  await picture(page, 'in-use');
});

test('a protocol is found by what people call it; Enter takes the product that was typed', LIMIT, async () => {
  const page = await console.open({ path: '/adapters/new', roles: ['analyst'] });
  const find = page.getByRole('textbox', { name: /^查找/ });
  for (const [query, label] of Object.entries({ WebService: 'SOAP', mssql: '数据库', LIS: 'HL7' })) {
    await find.fill(query);
    await expect(
      page
        .getByRole('main')
        .getByRole('link', { name: new RegExp(label) })
        .first(),
      query,
    ).toBeVisible();
  }
  await find.fill('rocketmq');
  await find.press('Enter');
  await page.waitForURL(/protocol=messaging&kind=rocketmq$/);
});

test('what was typed for another product is hidden, comes back with it, and is not saved', LIMIT, async () => {
  const page = await console.open({ path: '/adapters/new?protocol=messaging&kind=rabbitmq', roles: ['analyst'], width: 1280 });
  const product = page.getByRole('combobox', { name: '消息中间件' });
  const choose = async (name: string) => {
    await product.click();
    await page.getByTitle(name, { exact: true }).click();
  };
  const virtualHost = page.getByRole('textbox', { name: '虚拟主机' });
  await virtualHost.fill('lis');
  await choose('Apache Kafka');
  await expect(virtualHost).toHaveCount(0);
  await choose('RabbitMQ');
  await expect(virtualHost).toHaveValue('lis');
  await choose('Apache Kafka');
  await page.getByText('JSON（高级）').click();
  await expect(page.getByText('"broker": "kafka"')).toBeVisible();
  await expect(page.getByText('virtualHost')).toHaveCount(0);
  await page.getByText('表单', { exact: true }).click();
  await page.getByRole('textbox', { name: '名称 · 中文' }).fill('检验消息');
  await page.getByRole('textbox', { name: '名称 · 英文' }).fill('Laboratory messages');
  await page.getByRole('textbox', { name: '负责方' }).fill('检验科 8000');
  await picture(page, 'product');
  await page.getByRole('button', { name: '添加一行' }).click();
  await page.getByRole('textbox', { name: '主机' }).fill('mq.example');
  await page.getByRole('button', { name: '保存' }).click();
  await page.waitForURL(/\/adapters\/adp_laboratory/);
  const analyst = await console.city.person(['analyst']);
  const saved = await analyst.call('GET', '/adapters/adp_laboratory_messages');
  const { environments } = saved.json() as { readonly environments: object };
  assert.deepEqual(Object.values(environments), [{ broker: 'kafka', servers: [{ host: 'mq.example' }] }]);
});

test('a wrong value in a folded group opens the group', LIMIT, async () => {
  const page = await console.open({ path: '/adapters/new?protocol=mllp', roles: ['analyst'], language: 'en', width: 1920 });
  const group = page.locator('[data-group="receiving"]');
  await expect(group).not.toHaveAttribute('open');
  await picture(page, 'mllp');
  await group.locator('summary').click();
  const field = group.getByRole('spinbutton', { name: 'Most connections' });
  await field.fill('0');
  await field.blur();
  await expect(group.getByText('Not below 1')).toBeVisible();
  await group.locator('summary').click();
  await page.getByRole('spinbutton', { name: 'Port' }).fill('2575');
  await expect(group.getByRole('img', { name: 'Something here must be corrected' })).toBeVisible();
  await picture(page, 'mllp-receiving');
});

/** A flow with a draft that calls through the adapter. */
async function useAdapter(adapter: string): Promise<void> {
  const flow = (await console.city.admin('GET', '/flows/flw_reports')) as { nodes: { type: string; adapter?: string }[] };
  const nodes = flow.nodes.map((node) => (node.type === 'http.call@1' ? { ...node, adapter } : node));
  const copy = { ...flow, flowId: 'flw_lab', revision: 0, name: { 'zh-CN': '取检验结果', en: 'Fetch results' }, nodes };
  await console.city.admin('PUT', '/flows/flw_lab', copy);
}

async function picture(page: Page, name: string): Promise<void> {
  if (PICTURES === undefined) return;
  await mkdir(PICTURES, { recursive: true });
  await page.screenshot({ path: `${PICTURES}/adapters-${name}.png`, fullPage: true });
}
