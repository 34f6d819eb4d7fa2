/** Adapters, secrets, interfaces, apps with keys and grants: made by their forms in a real browser, then used. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { promisify } from 'node:util';
import type { Page } from '@playwright/test';
import { booking } from '../support/city.ts';
import { makeScratch, removeScratch } from '../support/platform-process.ts';
import { type Console, expect, giveAgain, noBrowser, startConsole } from './browser.ts';

const LIMIT = { skip: noBrowser, timeout: 240_000 };
const run = promisify(execFile);

let console: Console;
let scratch: string;

before(async () => {
  if (noBrowser !== false) return;
  console = await startConsole();
  scratch = await makeScratch();
});
after(async () => {
  if (noBrowser !== false) return;
  await console.close();
  await removeScratch(scratch);
});

test(
  'an adapter with a new secret is made by its form, tested before it is saved, and not removed while a flow uses it',
  LIMIT,
  async () => {
    const page = await console.open({ path: '/adapters', roles: ['analyst', 'security-admin'] });
    await page.getByRole('button', { name: '新建适配器' }).click();
    await page.getByRole('link', { name: 'HTTP / REST' }).click();
    await expect(page.getByRole('button', { name: '测试连接' })).toBeDisabled();
    await fillAbout(page, '新院 HIS', 'New HIS');
    await page.getByRole('textbox', { name: '负责方' }).fill('示例市新医院');
    await expect(page.getByRole('textbox', { name: '编号' })).toHaveValue('adp_new_his');
    await page.getByRole('textbox', { name: '地址' }).fill(await addressOf('adp_hospital_a'));
    await choose(page, '登录方式', '用户名密码（Basic）');
    await page.getByRole('button', { name: '新建凭据' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('textbox', { name: '名称' }).fill('new-his-login');
    await dialog.getByLabel('值', { exact: true }).fill('bridge:very-secret');
    await dialog.getByRole('button', { name: '保存' }).click();
    await giveAgain(page, console.passwordOf(page));
    await expect(page.getByRole('dialog')).toHaveCount(0);

    await page.getByRole('button', { name: '测试连接' }).click();
    await page.getByText('连接正常').waitFor();
    await expect(page.getByRole('listitem').filter({ hasText: 'TCP 连接' }).getByText('通过')).toBeVisible();
    await save(page, /\/adapters\/adp_new_his$/);
    const saved = (await console.city.admin('GET', '/adapters/adp_new_his')) as { credential?: string; environments: object };
    assert.equal(saved.credential, 'new-his-login');
    assert.ok(!JSON.stringify(saved).includes('very-secret'));

    await useAdapter('adp_new_his');
    await page.reload();
    await page.getByRole('button', { name: '删除: 新院 HIS' }).click();
    await expect(page.getByRole('dialog').getByRole('link', { name: '用新院' })).toBeVisible();
    await page.goto('/secrets');
    await page.getByRole('button', { name: '删除: new-his-login' }).click();
    await expect(page.getByRole('dialog').getByRole('link', { name: '新院 HIS' })).toBeVisible();
  },
);

test('an interface, an app with key and grant are made by their forms, and the examples shown really run', LIMIT, async (t) => {
  const page = await console.open({ path: '/interfaces', roles: ['analyst', 'security-admin'] });
  await page.getByRole('button', { name: '新建接口' }).click();
  await fillAbout(page, '表单预约', 'Booking by form');
  await expect(page.getByRole('textbox', { name: '编号' })).toHaveValue('ifc_booking_by_form');
  await page.getByRole('textbox', { name: '路径' }).fill('/open/v1/form-bookings');
  await choose(page, '流程', '预约挂号', true);
  await save(page, /\/interfaces\/ifc_booking_by_form$/);
  await page.getByRole('button', { name: '上线' }).click();
  await page.getByRole('textbox', { name: '理由（写入审计）' }).fill('验收');
  await page.getByRole('dialog').getByRole('button', { name: '上线' }).click();
  await page.getByText('在线', { exact: true }).first().waitFor();

  await page.goto('/callers');
  await page.getByRole('button', { name: '新建应用' }).click();
  await fillAbout(page, '表单应用', 'Form app');
  await page.getByRole('textbox', { name: '所属单位' }).fill('示例单位');
  await save(page, /\/callers\/form_app$/);
  await page.getByRole('button', { name: '生成共享密钥' }).click();
  await page.getByRole('dialog').getByRole('textbox', { name: '密钥编号' }).fill('k1');
  await page.getByRole('dialog').getByRole('button', { name: '生成共享密钥' }).click();
  await giveAgain(page, console.passwordOf(page));
  const secret = (await page.getByRole('dialog').locator('code').innerText()).trim();
  await page.getByRole('button', { name: '我已交付' }).click();
  await page.getByRole('row').filter({ hasText: 'k1' }).getByText('启用').waitFor();
  await choose(page, '选择接口', '表单预约');
  await page.getByRole('button', { name: '授权', exact: true }).click();
  await page.getByRole('row').filter({ hasText: '/open/v1/form-bookings' }).waitFor();

  await page.getByRole('tab', { name: '签名示例' }).click();
  await page.getByRole('textbox', { name: '请求体（JSON）' }).fill(JSON.stringify(booking('A')));
  const environment = { ...process.env, KQ_KEY: secret, CURL_HOME: scratch, KQ_CA: join(scratch, 'ca.crt') };
  await writeFile(environment.KQ_CA, console.ca);
  const sdk = new URL('../../sdk/public.ts', import.meta.url).href;
  await writeFile(join(scratch, 'call.mjs'), (await shown(page, 'Node')).replace('kangqiao/sdk', sdk));
  const node = await run(process.execPath, [join(scratch, 'call.mjs')], {
    env: { ...environment, NODE_EXTRA_CA_CERTS: environment.KQ_CA, NODE_NO_WARNINGS: '1' },
  });
  assert.match(node.stdout, /^201 /);
  if (!(await has('openssl', 'version')) || !(await has('curl', '--version'))) return t.skip('openssl or curl is absent');
  // The example prints only the response; let curl add the status.
  await writeFile(join(scratch, '.curlrc'), 'write-out = "\\n%{http_code}"\n');
  await writeFile(join(scratch, 'call.sh'), await shown(page, 'curl'));
  const { stdout } = await run('bash', [join(scratch, 'call.sh')], { env: environment });
  assert.match(stdout, /\n201$/);
});

test('a code table takes rows from a CSV file and gives them as one', LIMIT, async () => {
  const page = await console.open({ path: '/code-tables/sex' });
  const before = (await console.city.admin('GET', '/code-tables/sex')) as { entries: Record<string, string> };
  const file = { name: 'rows.csv', mimeType: 'text/csv', buffer: Buffer.from('X9,"未说明, 其他"\r\n') };
  await page.locator('input[type=file]').setInputFiles(file);
  await page.getByText('读入 1 行').waitFor();
  await page.getByRole('button', { name: '保存' }).click();
  await page.getByText('已保存').waitFor();
  const after = (await console.city.admin('GET', '/code-tables/sex')) as typeof before;
  assert.deepEqual(after.entries, { ...before.entries, X9: '未说明, 其他' });
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: '导出 CSV' }).click()]);
  const text = await readFile(await download.path(), 'utf8');
  assert.match(text, /X9,"未说明, 其他"/);
  await page.locator('input[type=file]').setInputFiles({ ...file, buffer: Buffer.from(text) });
  await page.getByText(`读入 ${Object.keys(after.entries).length} 行`).waitFor();
  await expect(page.getByRole('button', { name: '保存' })).toBeDisabled();
});

test(
  'what is wrong in another environment than the one shown is told by its place, marked in the JSON, and saved nowhere',
  LIMIT,
  async () => {
    const page = await console.open({ path: '/adapters/adp_hospital_a', roles: ['analyst', 'security-admin'] });
    const before = await console.city.admin('GET', '/adapters/adp_hospital_a');
    await page.getByText('JSON（高级）').click();
    const { adapterId: _id, revision: _revision, ...content } = before as { environments: object; adapterId: string; revision: number };
    const environments = { ...content.environments, PROD: { baseUrl: 'https://his.example', pigeons: 7 } };
    await page.getByRole('textbox', { name: '适配器设置' }).fill(JSON.stringify({ ...content, environments }, undefined, 2));
    const mark = page.locator('.cm-lintRange-error');
    await expect(mark).toHaveText(['7']);
    await page.getByRole('button', { name: '保存' }).click();
    const told = page.getByRole('alert').filter({ hasText: '请先改好下列问题' });
    await expect(told.getByRole('listitem')).toHaveText(['各环境的设置 › PROD › pigeons 此处没有这一字段']);
    await page.getByText('表单', { exact: true }).click();
    await expect(told).toBeVisible();
    assert.deepEqual(await console.city.admin('GET', '/adapters/adp_hospital_a'), before);
  },
);

test('a viewer sees the forms, can change nothing in them, and is refused by the platform too', LIMIT, async () => {
  const page = await console.open({ path: '/adapters/adp_hospital_a', roles: ['viewer'] });
  await page.getByText('只读', { exact: true }).waitFor();
  await expect(page.getByRole('textbox', { name: '地址' })).toHaveAttribute('readonly', '');
  for (const name of ['保存', '删除', '测试连接']) await expect(page.getByRole('button', { name })).toHaveCount(0);
  await page.goto('/interfaces/ifc_appointment_create');
  await page.getByText('只读', { exact: true }).waitFor();
  for (const name of ['保存', '删除', '下线']) await expect(page.getByRole('button', { name, exact: true })).toHaveCount(0);
  await page.goto('/callers');
  await page.getByRole('row').filter({ hasText: 'A10021' }).waitFor();
  await expect(page.getByRole('button', { name: '新建应用' })).toHaveCount(0);
  const viewer = await console.city.person(['viewer']);
  const adapter = await console.city.admin('GET', '/adapters/adp_hospital_a');
  assert.equal((await viewer.call('PUT', '/adapters/adp_hospital_a', adapter)).status, 403);
  assert.equal((await viewer.call('POST', '/adapters/test', adapter)).status, 403);
});

async function fillAbout(page: Page, zh: string, en: string): Promise<void> {
  await page.getByRole('textbox', { name: '名称 · 中文' }).fill(zh);
  await page.getByRole('textbox', { name: '名称 · 英文' }).fill(en);
}

/** Opens the select of this name and takes the option; `isExact` where another label begins alike. */
async function choose(page: Page, label: string, option: string, isExact = false): Promise<void> {
  await page.getByRole('combobox', { name: label, exact: isExact }).click();
  await page.locator('.ant-select-dropdown:visible .ant-select-item-option').filter({ hasText: option }).first().click();
}

async function save(page: Page, address: RegExp): Promise<void> {
  await page.getByRole('button', { name: '保存' }).click();
  await page.waitForURL(address);
}

/** The example as it is shown under this tab. */
async function shown(page: Page, tab: string): Promise<string> {
  await page.getByRole('tab', { name: tab, exact: true }).click();
  return page.getByLabel(tab, { exact: true }).locator('visible=true').last().innerText();
}

/** Where the example's hospital is, in the environment that the platform runs in. */
async function addressOf(adapterId: string): Promise<string> {
  const { environments } = (await console.city.admin('GET', `/adapters/${adapterId}`)) as {
    environments: Record<string, { baseUrl: string }>;
  };
  return Object.values(environments)[0]?.baseUrl ?? '';
}

/** A flow that calls through the adapter, made as the designer would. */
async function useAdapter(adapter: string): Promise<void> {
  const flow = (await console.city.admin('GET', '/flows/flw_reports')) as { nodes: { type: string; adapter?: string }[] };
  const nodes = flow.nodes.map((node) => (node.type === 'http.call@1' ? { ...node, adapter } : node));
  const copy = { ...flow, flowId: 'flw_new_his', revision: 0, name: { 'zh-CN': '用新院', en: 'Uses the new one' }, nodes };
  await console.city.admin('PUT', '/flows/flw_new_his', copy);
}

async function has(program: string, parameter: string): Promise<boolean> {
  return run(program, [parameter]).then(
    () => true,
    () => false,
  );
}
