/** The programs in docs/compatibility-profiles.md, which sign with the openssl command line, against a real gateway. */
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { PROFILE_NAMES } from '../../engine/contract/compatibility/profiles.ts';
import { blocksOf, documentPages } from '../support/document-blocks.ts';
import { buildInterface, buildPlan } from './support/city-plan.ts';
import { startGateway, type TestGateway } from './support/start-gateway.ts';

const OPERATION = 'hospital.appointment.create';
const KEYS = {
  'sorted-sm2': ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:SM2', '-pkeyopt', 'ec_param_enc:named_curve'],
  'wechatpay-v3': ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048'],
  'alipay-rsa2': ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048'],
} as const;

const folder = mkdtempSync(join(tmpdir(), 'kq-profiles-'));
const programs = documentPages()
  .filter((page) => page.endsWith('compatibility-profiles.md'))
  .flatMap(blocksOf)
  .filter(({ language }) => language === 'python');
let started: TestGateway;

before(async () => {
  const keys = PROFILE_NAMES.map((scheme) => {
    execFileSync('openssl', ['genpkey', ...KEYS[scheme], '-out', join(folder, scheme)], { stdio: 'pipe' });
    const publicPem = execFileSync('openssl', ['pkey', '-in', join(folder, scheme), '-pubout'], { stdio: 'pipe' }).toString();
    const keyId = scheme === 'wechatpay-v3' ? 'k7' : scheme;
    return { appId: 'A10021', keyId, revision: 1, scheme, state: 'ACTIVE', fingerprint: 'f', createdAt: 0, publicPem } as const;
  });
  const document = buildInterface({ policies: { 'profile-signature': { operation: OPERATION } } });
  const plan = await buildPlan([], [document]);
  const app = { ...plan.apps[0]!, appId: 'A10021', profiles: [...PROFILE_NAMES] };
  const grant = { grantId: 'grt_a', revision: 1, appId: 'A10021', interfaceId: document.interfaceId };
  started = await startGateway({ ...plan, keys, apps: [...plan.apps, app], grants: [grant] });
});
after(async () => {
  await started.stop();
  rmSync(folder, { recursive: true });
});

test('there is one program for each profile', () => {
  assert.equal(programs.length, PROFILE_NAMES.length);
});

for (const [index, profile] of PROFILE_NAMES.entries()) {
  test(`the program for ${profile} is answered`, async () => {
    const env = { ...process.env, GATEWAY_URL: `http://127.0.0.1:${started.gateway.port}`, SIGN_KEY: join(folder, profile) };
    const { stdout } = await promisify(execFile)('python3', ['-c', programs[index]!.text], { env });
    const answer = JSON.parse(stdout) as Record<string, unknown>;
    const content = profile === 'alipay-rsa2' ? answer['hospital_appointment_create_response'] : answer;
    assert.deepEqual(content, { body: { hospital: 'A', department: '0300' }, query: {}, params: {} });
  });
}
