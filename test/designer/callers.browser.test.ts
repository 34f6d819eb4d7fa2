/** A security administrator keeps the keys of citizens' tokens and the identities of systems at the bus gateway. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import test, { after, before } from 'node:test';
import type { Page } from '@playwright/test';
import { signWechat } from '../gateways/support/profile-callers.ts';
import { type Console, expect, giveAgain, noBrowser, startConsole } from './browser.ts';

const PICTURES = process.env['KQ_PICTURES'];
const LIMIT = { skip: noBrowser, timeout: 240_000 };
const TYPED = { delay: 30 };
const ROLES = ['security-admin'];

let console: Console;

before(async () => {
  if (noBrowser === false) console = await startConsole();
});
after(() => (noBrowser === false ? console.close() : undefined));

test('a key of citizens’ tokens is added from its PEM, listed, and removed after saying who loses access', LIMIT, async () => {
  const page = await console.open({ path: '/callers', roles: ROLES });
  await page.getByRole('tab', { name: '用户令牌公钥' }).click();
  await page.getByRole('button', { name: '添加公钥' }).first().click();
  const dialog = page.getByRole('dialog', { name: '添加公钥' });
  await dialog.getByRole('textbox', { name: '密钥编号（kid）' }).pressSequentially('login-2026', TYPED);
  await dialog.getByRole('textbox', { name: '签发者（iss）' }).pressSequentially('https://login.city.example', TYPED);
  await dialog.getByRole('textbox', { name: '受众（aud）' }).pressSequentially('kangqiao', TYPED);
  await dialog.getByRole('combobox', { name: '算法' }).click();
  await page.getByTitle('ES256').click();
  await dialog.locator('input[type=file]').setInputFiles({ name: 'key.pem', mimeType: 'text/plain', buffer: Buffer.from('not a key') });
  await expect(dialog.getByRole('textbox', { name: '公钥（PEM）' })).toHaveValue('not a key');
  const pem = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ type: 'spki', format: 'pem' }).toString();
  await dialog.getByRole('textbox', { name: '公钥（PEM）' }).fill(pem);
  await picture(page, 'user-token-key');
  await dialog.getByRole('button', { name: '添加公钥' }).click();
  await giveAgain(page, console.passwordOf(page));
  const row = page.getByRole('row', { name: /login-2026.*login\.city\.example.*kangqiao.*ES256/ });
  await expect(row).toBeVisible();
  await picture(page, 'user-token-keys');

  await row.getByRole('button', { name: /^删除/ }).click();
  const question = page.getByRole('dialog').filter({ hasText: '持有“https://login.city.example”用此密钥签发的令牌的所有用户' });
  await question.getByRole('textbox', { name: '理由（写入审计）' }).pressSequentially('换新密钥', TYPED);
  await question.getByRole('button', { name: '删除' }).click();
  await giveAgain(page, console.passwordOf(page));
  await expect(row).toHaveCount(0);
});

test(
  'an app may sign in the form of WeChat Pay once its settings say so and its key is proved; the call reaches the hospital',
  LIMIT,
  async (t) => {
    const folder = mkdtempSync(`${tmpdir()}/kq-profile-`);
    t.after(() => rmSync(folder, { recursive: true }));
    const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
    openssl('genpkey', '-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048', '-out', 'key.pem');
    const page = await console.open({ path: '/callers/A10021?tab=settings', roles: ROLES });
    await page.getByText('微信支付 v3 形式').click();
    await page.getByText('微信支付 v3 形式').scrollIntoViewIfNeeded();
    await picture(page, 'profiles-of-app');
    await page.getByRole('button', { name: '保存' }).click();
    await expect(page.getByText('已保存，网关一秒内生效')).toBeVisible();

    await page.getByRole('tab', { name: '密钥与授权' }).click();
    await page.getByRole('button', { name: '上传公钥' }).click();
    const dialog = page.getByRole('dialog', { name: '上传公钥' });
    await dialog.getByRole('textbox', { name: '密钥编号' }).pressSequentially('5157F09E', TYPED);
    await dialog.getByRole('combobox', { name: '签名方案' }).click();
    await page.getByTitle('微信支付 v3 形式').click();
    await dialog.getByRole('textbox', { name: '公钥（PEM）' }).fill(openssl('pkey', '-in', 'key.pem', '-pubout').toString());
    await picture(page, 'key-of-profile');
    await dialog.getByRole('button', { name: '上传公钥' }).click();
    await giveAgain(page, console.passwordOf(page));
    const proof = page.getByRole('dialog', { name: '激活密钥“5157F09E”' });
    const command = await proof.getByLabel('签名命令').textContent();
    const signature = execFileSync('bash', ['-c', command!], { cwd: folder, stdio: 'pipe' }).toString();
    await proof.getByRole('textbox', { name: '签名（base64url）' }).fill(signature);
    await proof.getByRole('button', { name: '激活' }).click();
    await giveAgain(page, console.passwordOf(page));
    await expect(page.getByRole('row', { name: /5157F09E.*签名.*微信支付 v3 形式.*退役/ })).toBeVisible();
    await picture(page, 'keys-with-profile');

    const document = { appId: 'A10021', keyId: '5157F09E', scheme: 'wechatpay-v3' } as Parameters<typeof signWechat>[0]['document'];
    const sign = (text: string) =>
      execFileSync('openssl', ['dgst', '-sha256', '-sign', 'key.pem'], { cwd: folder, input: text }).toString('base64');
    const { headers, target } = signWechat({ document, sign }, { method: 'GET', target: '/open/v1/departments', body: '' });
    const { authorization } = headers as { authorization: string };
    await expect
      .poll(async () => (await console.city.send(`${console.city.open}${target}`, { headers: { authorization } })).status)
      .toBe(200);
    const forged = { authorization: authorization.replace('nonce_str="', 'nonce_str="0') };
    const refused = await console.city.send(`${console.city.open}${target}`, { headers: forged });
    assert.deepEqual([refused.status, (refused.json() as { code: string }).code], [401, 'GW40103']);
  },
);

test('a bus token says which system holds it, and removing it says that this one loses access', LIMIT, async () => {
  const page = await console.open({ path: '/callers/B20001', roles: ROLES });
  await page.getByRole('button', { name: '生成令牌' }).click();
  const dialog = page.getByRole('dialog', { name: '生成令牌' });
  await dialog.getByRole('textbox', { name: '用于哪个系统' }).pressSequentially('门诊挂号系统', TYPED);
  await dialog.getByRole('button', { name: '生成令牌' }).click();
  await giveAgain(page, console.passwordOf(page));
  await expect(page.getByText(/^kqb_/).first()).toBeVisible();
  await page.getByRole('button', { name: '我已交付' }).click();
  const row = page.getByRole('row', { name: /门诊挂号系统.*令牌.*长期有效/ });
  await expect(row).toBeVisible();
  await picture(page, 'bus-tokens');

  await row.getByRole('button', { name: /^删除/ }).click();
  const question = page.getByRole('dialog').filter({ hasText: '“门诊挂号系统”将失去访问' });
  await question.getByRole('textbox', { name: '理由（写入审计）' }).pressSequentially('系统停用', TYPED);
  await question.getByRole('button', { name: '删除' }).click();
  await giveAgain(page, console.passwordOf(page));
  await expect(row).toHaveCount(0);
});

test('an act that fails after it was confirmed says why in its dialog, and leaves the console standing', LIMIT, async () => {
  const colleague = await console.city.person(ROLES);
  const grants = (await colleague.call('GET', '/grants?appId=A10021')).json() as {
    readonly items: readonly { readonly grantId: string }[];
  };
  const page = await console.open({ path: '/callers/A10021', roles: ROLES });
  await page
    .getByRole('button', { name: /^收回授权/ })
    .first()
    .click();
  for (const { grantId } of grants.items) await colleague.call('DELETE', `/grants/${grantId}`, undefined, { 'x-kq-reason': 'colleague' });
  const question = page.getByRole('dialog').filter({ hasText: '一秒内不能再调用' });
  await question.getByRole('textbox', { name: '理由（写入审计）' }).pressSequentially('合同到期', TYPED);
  await question.getByRole('button', { name: '收回授权' }).click();
  await expect(question.getByRole('alert')).toContainText('它可能已被删除');
  await picture(page, 'confirmed-and-failed');
  await question.getByRole('button', { name: '取消' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
});

async function picture(page: Page, name: string): Promise<void> {
  if (PICTURES !== undefined) await page.screenshot({ path: `${PICTURES}/${name}.png` });
}

test('the app of citizens says that all calls of the user front are granted to it', LIMIT, async () => {
  for (const [language, words] of [
    ['zh-CN', '市民经用户网关的全部调用，都以本应用授权和计数'],
    ['en', 'All calls of citizens through the user gateway are granted to, and counted as, this app'],
  ] as const) {
    const page = await console.open({ path: '/callers/CITIZENS', roles: ROLES, language });
    await expect(page.getByText(words)).toBeVisible();
    if (PICTURES !== undefined) await page.screenshot({ path: `${PICTURES}/citizens-${language}.png` });
    await page.goto('/callers?tab=user-tokens');
    await expect(page.getByRole('link', { name: 'CITIZENS' })).toBeVisible();
    if (PICTURES !== undefined) await page.screenshot({ path: `${PICTURES}/user-tokens-${language}.png` });
    await page.getByRole('link', { name: 'CITIZENS' }).click();
    await expect(page.getByText(words)).toBeVisible();
  }
});
