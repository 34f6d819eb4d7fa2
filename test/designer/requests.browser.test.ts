/** What a person may not do they ask for, where they meet the wall; those who may find it in their overview. */
import test, { after, before } from 'node:test';
import { type Console, expect, noBrowser, startConsole } from './browser.ts';

const LIMIT = { skip: noBrowser, timeout: 240_000 };
const PICTURES = process.env['KQ_PICTURES'];

let console: Console;

before(async () => {
  if (noBrowser === false) console = await startConsole();
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

    const keeper = await console.open({ path: '/overview', roles: ['security-admin'] });
    await keeper.getByText('1 项申请等您决定').waitFor();
    if (PICTURES !== undefined) await keeper.screenshot({ path: `${PICTURES}/requests-overview.png` });
    await keeper.getByRole('link', { name: /1 项申请等您决定/ }).click();
    await keeper.getByRole('row', { name: /甲院改用密钥登录/ }).click();
    const drawer = keeper.getByRole('dialog').filter({ hasText: 'adp_hospital_a' });
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
