/** What a person may not do they ask for, where they meet the wall; those who may find it in their overview. */
import { randomUUID } from 'node:crypto';
import test, { after, before } from 'node:test';
import type { Locator, Page } from '@playwright/test';
import { chainFlow } from '../support/platform-api.ts';
import { type Console, expect, giveAgain, noBrowser, startConsole } from './browser.ts';

const LIMIT = { skip: noBrowser, timeout: 240_000 };
const PICTURES = process.env['KQ_PICTURES'];

let console: Console;

before(async () => {
  if (noBrowser !== false) return;
  console = await startConsole();
  // Somebody who decides is there before anything is asked for.
  for (const role of ['security-admin', 'analyst', 'operator']) await console.city.person([role]);
});
after(() => (noBrowser === false ? console.close() : undefined));

test(
  'an analyst gives an adapter a credential by a request, which the security administrator accepts from the overview',
  LIMIT,
  async () => {
    const { city } = console;
    const security = await city.person(['security-admin']);
    await security.call('PUT', '/secrets/his-key', { value: 'planted', adapters: ['adp_hospital_a'] });
    const analyst = await console.open({ path: '/adapters/adp_hospital_a', roles: ['analyst'] });
    await analyst.getByRole('combobox', { name: '凭据' }).pressSequentially('his-key', { delay: 30 });
    await analyst.locator('.ant-select-item-option-active', { hasText: 'his-key' }).waitFor();
    await analyst.keyboard.press('Enter');
    await analyst.getByRole('button', { name: '保存' }).click();
    const ask = analyst.getByRole('dialog').filter({ hasText: '提交申请' });
    await ask.getByRole('textbox', { name: /理由/ }).pressSequentially('甲院改用密钥登录', { delay: 30 });
    await ask.getByRole('button', { name: '提交申请' }).click();
    await analyst.getByText('已提交，等待决定').waitFor();
    // The form is what is stored again: nothing is left to be saved, or asked for once more.
    await analyst.getByText(/^已申请 · 修改适配器的凭据或地址：/).waitFor();
    await expect(analyst.getByText('有未保存的修改')).toHaveCount(0);
    await expect(analyst.getByRole('button', { name: '保存', exact: true })).toBeDisabled();
    if (PICTURES !== undefined) await picture(analyst, 'asked-adapter');

    const keeper = await console.open({ path: '/overview', roles: ['security-admin'] });
    await keeper.getByText('1 项申请等您决定').waitFor();
    if (PICTURES !== undefined) await keeper.screenshot({ path: `${PICTURES}/requests-overview.png` });
    await keeper.getByRole('link', { name: /1 项申请等您决定/ }).click();
    await keeper.getByRole('row', { name: /甲院改用密钥登录/ }).click();
    const drawer = keeper.getByRole('dialog').filter({ hasText: '申请的修改' });
    await drawer.getByRole('button', { name: '同意并执行' }).waitFor();
    if (PICTURES !== undefined) await keeper.screenshot({ path: `${PICTURES}/request.png` });
    await drawer.getByRole('button', { name: '同意并执行' }).click();
    const confirm = keeper.getByRole('dialog').filter({ hasText: '将以您的名义执行' });
    await confirm.getByRole('textbox', { name: /理由/ }).pressSequentially('已核对', { delay: 30 });
    await confirm.getByRole('button', { name: '同意并执行' }).click();
    await expect
      .poll(async () => ((await city.admin('GET', '/adapters/adp_hospital_a')) as { credential?: string }).credential)
      .toBe('his-key');
    await analyst.goto('/requests');
    await analyst
      .getByRole('row', { name: /甲院改用密钥登录/ })
      .getByText('已执行')
      .waitFor();
  },
);

test('who may not publish asks in the release panel; an analyst sees what would be published for whom, and decides', LIMIT, async () => {
  const { city } = console;
  const flowId = await madeFlow();
  const asker = await console.open({ path: `/flows/${flowId}?panel=release`, roles: ['operator'] });
  await asker.getByText('发布由集成分析师办理，您可以申请。').waitFor();
  if (PICTURES !== undefined) await asker.screenshot({ path: `${PICTURES}/ask-to-publish.png` });
  await asker.getByRole('button', { name: '申请发布' }).click();
  await askWith(asker, '甲院今晚切换', /申请发布第 1 次保存的草稿/);
  await asker.getByText(/^已申请 · /).waitFor();

  const decider = await console.open({ path: '/requests', roles: ['analyst'] });
  await decider.getByRole('row', { name: /甲院今晚切换/ }).click();
  const drawer = decider.getByRole('dialog').filter({ hasText: '第 1 次保存的草稿' });
  await drawer.getByText('还没有发布过').waitFor();
  await drawer.getByRole('heading', { name: '将发布的修改' }).waitFor();
  if (PICTURES !== undefined) await picture(decider, 'request-to-publish');
  await decide(decider, drawer, '已核对');
  await expect.poll(async () => ((await city.admin('GET', `/flows/${flowId}/versions`)) as { items: unknown[] }).items.length).toBe(1);

  // The way on: an interface that the flow has not yet.
  await asker.reload();
  await asker.getByText('流程已上线，但还没有接口通到它').waitFor();
  await asker.locator('.ant-segmented-item', { hasText: '总线网关' }).click();
  await asker.getByRole('button', { name: '申请创建接口并上线' }).click();
  await askWith(asker, '给区平台用', /申请在总线网关开放 POST \/bus\/v1\//);
  await decider.goto('/requests');
  await decider.getByRole('row', { name: /给区平台用/ }).click();
  const offer = decider.getByRole('dialog').filter({ hasText: '总线网关' });
  await offer.getByText('还没有应用获得授权').waitFor();
  if (PICTURES !== undefined) await picture(decider, 'request-to-offer');
  await decide(decider, offer, '同意');
  await asker.goto('/requests');
  await expect(asker.getByText('已执行')).toHaveCount(2);
});

test('a draft that was changed after it was asked for is not published: the decision says so', LIMIT, async () => {
  const { city } = console;
  const flowId = await madeFlow();
  const asker = await console.open({ path: `/flows/${flowId}?panel=release`, roles: ['viewer'] });
  await asker.getByRole('button', { name: '申请发布' }).click();
  await askWith(asker, '请尽快', /申请发布第 1 次保存的草稿/);
  const draft = (await city.admin('GET', `/flows/${flowId}`)) as object;
  await city.admin('PUT', `/flows/${flowId}`, { ...draft, tags: ['changed'] });
  const decider = await console.open({ path: '/requests', roles: ['analyst'] });
  await decider.getByRole('row', { name: /请尽快/ }).click();
  await decider.getByText('申请之后，所涉及的内容已被修改或删除').waitFor();
  await decider.getByRole('link', { name: '查看现在的内容' }).waitFor();
  if (PICTURES !== undefined) await picture(decider, 'request-outdated');
  await expect(decider.getByRole('button', { name: '同意并执行' })).toHaveCount(0);
  await decider.getByRole('button', { name: '拒绝' }).waitFor();
});

test('who may not put an interface off line asks on its page', LIMIT, async () => {
  const asker = await console.open({ path: '/interfaces/ifc_reports', roles: ['security-admin'] });
  await asker.getByRole('button', { name: '申请下线' }).click();
  await askWith(asker, '疑似被攻击', /下线后，新的调用在一秒内被拒绝/);
  await asker.getByText(/^已申请 · /).waitFor();
  const decider = await console.open({ path: '/requests', roles: ['operator'] });
  await decider.getByRole('row', { name: /疑似被攻击/ }).click();
  const drawer = decider.getByRole('dialog').filter({ hasText: '改为' });
  await drawer.getByText('已下线').waitFor();
  if (PICTURES !== undefined) await picture(decider, 'request-offline');
  await decide(decider, drawer, '已核实');
  const state = async () => ((await console.city.admin('GET', '/interfaces/ifc_reports')) as { state: string }).state;
  await expect.poll(state).toBe('offline');
});

test('who asks for a grant sees on the page of the app that it waits, and why it was refused', LIMIT, async () => {
  const analyst = await console.open({ path: '/callers/A10021', roles: ['analyst'] });
  const choice = analyst.getByRole('combobox', { name: '选择接口' });
  await choice.click();
  await analyst.locator('.ant-select-item-option').first().click();
  await analyst.getByRole('button', { name: '申请授权' }).click();
  await askWith(analyst, '随申办要用');
  const waits = analyst.getByRole('alert').filter({ hasText: /已申请 · 授权应用调用接口：.+等待决定（安全管理员），提交于/ });
  await waits.waitFor();
  if (PICTURES !== undefined) await picture(analyst, 'asked-grant');
  await waits.getByRole('link', { name: '查看申请' }).click();
  await analyst.getByRole('dialog').filter({ hasText: '随申办要用' }).waitFor();

  const keeper = await console.open({ path: '/requests', roles: ['security-admin'] });
  await keeper.getByRole('row', { name: /随申办要用/ }).click();
  const drawer = keeper.getByRole('dialog').filter({ hasText: '授权应用调用接口' });
  await drawer.getByRole('button', { name: '拒绝' }).click();
  const confirm = keeper.getByRole('dialog').filter({ hasText: '申请人会看到您的理由' });
  await confirm.getByRole('textbox', { name: /理由/ }).pressSequentially('先签协议', { delay: 30 });
  await confirm.getByRole('button', { name: '拒绝' }).click();
  await keeper.getByText(/^已拒绝：授权应用调用接口：/).waitFor();
  const auditor = await console.open({ path: '/audit?action=requests.decide', roles: ['audit-admin'] });
  await auditor
    .getByRole('row', { name: /先签协议/ })
    .first()
    .click();
  const trail = auditor.getByRole('dialog').getByRole('table').filter({ hasText: '之后' });
  for (const words of ['申请人', '同意', '否', '操作', '授权应用调用接口']) await expect(trail).toContainText(words);
  await expect(trail).not.toContainText('grants.save');
  if (PICTURES !== undefined) await picture(auditor, 'decision-audit');
  await analyst.goto('/callers/A10021');
  await analyst.getByText(/^申请被 .+ 拒绝 · 授权应用调用接口：/).waitFor();
  await analyst.getByText('先签协议').waitFor();
  if (PICTURES !== undefined) await picture(analyst, 'refused-grant');
});

test('an analyst makes an adapter with a new credential by one request; its value is given where it is decided', LIMIT, async () => {
  const { city } = console;
  const analyst = await console.open({ path: '/adapters/adp_hospital_b', roles: ['analyst'] });
  await analyst.getByRole('button', { name: '申请新凭据' }).click();
  await analyst.getByText('待安全管理员存入').waitFor();
  await analyst.getByRole('button', { name: '保存' }).click();
  await askWith(analyst, '乙院启用口令');
  const keeper = await console.open({ path: '/requests', roles: ['security-admin'] });
  await keeper.getByRole('row', { name: /乙院启用口令/ }).click();
  await keeper.getByText('凭据“hospital_b-login”还不存在').waitFor();
  if (PICTURES !== undefined) await picture(keeper, 'request-credential');
  await keeper.getByRole('button', { name: '存入凭据' }).click();
  await keeper.getByRole('textbox', { name: '值' }).pressSequentially('planted-secret', { delay: 30 });
  await keeper.getByRole('dialog').filter({ hasText: '设置新值' }).getByRole('button', { name: '保存' }).click();
  await giveAgain(keeper, console.passwordOf(keeper));
  await expect(keeper.getByText('凭据“hospital_b-login”还不存在')).toHaveCount(0);
  await decide(keeper, keeper.getByRole('dialog').filter({ hasText: '申请的修改' }), '已存入');
  const credential = async () => ((await city.admin('GET', '/adapters/adp_hospital_b')) as { credential?: string }).credential;
  await expect.poll(credential).toBe('hospital_b-login');
});

/** A flow that calls may start, saved and not published. */
async function madeFlow(): Promise<string> {
  const flowId = `flw_asked_${randomUUID().slice(0, 8)}`;
  await console.city.admin('PUT', `/flows/${flowId}`, chainFlow(flowId, []));
  return flowId;
}

async function askWith(page: Page, reason: string, about = /您无权直接执行/): Promise<void> {
  const dialog = page.getByRole('dialog').filter({ hasText: '提交申请' });
  await dialog.getByText(about).waitFor();
  await dialog.getByRole('textbox', { name: /理由/ }).pressSequentially(reason, { delay: 30 });
  await dialog.getByRole('button', { name: '提交申请' }).click();
  await page.getByText('已提交，等待决定').waitFor();
}

async function decide(page: Page, drawer: Locator, reason: string): Promise<void> {
  await drawer.getByRole('button', { name: '同意并执行' }).click();
  const confirm = page.getByRole('dialog').filter({ hasText: '将以您的名义执行' });
  await confirm.getByRole('textbox', { name: /理由/ }).pressSequentially(reason, { delay: 30 });
  await confirm.getByRole('button', { name: '同意并执行' }).click();
  await expect(drawer).toHaveCount(0);
}

async function picture(page: Page, name: string): Promise<void> {
  for (const width of [1280, 1920]) {
    await page.setViewportSize({ width, height: 900 });
    await page.screenshot({ path: `${PICTURES}/${name}-${width}.png` });
  }
}
