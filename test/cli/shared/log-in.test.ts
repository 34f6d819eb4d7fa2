/** What the command line asks a person: the second factor, the password for dangerous acts; and the tokens that it makes. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { Secret, TOTP } from 'otpauth';
import { createProgram } from '../../../cli/main.ts';
import type { Terminal } from '../../../cli/shared/terminal.ts';
import { ADMIN_PASSWORD, startControl, type Running } from '../../control/start-control.ts';

test('login sets up the second factor that is demanded, and asks for its code the next time', async (t) => {
  const settings = { host: '127.0.0.1', port: 0, defaultAppId: 'default', accounts: { requireSecondFactor: true } };
  const { running, run, told } = await start(t, { settings });
  let secret = '';
  const code = () => new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: running.clock.now() });
  const answer = (question: string): string => {
    if (question.startsWith('Password')) return ADMIN_PASSWORD;
    secret ||= /secret=([A-Z2-7]+)/.exec(told())?.[1] ?? '';
    return code();
  };
  await run(['login'], answer);
  assert.match(told(), /Recovery codes[^]*([A-Z2-7]{4}-){3}[A-Z2-7]{4}/);
  const questions: string[] = [];
  running.clock.shiftWall(90_000);
  await run(['login'], (question) => {
    questions.push(question);
    return answer(question);
  });
  assert.deepEqual(
    questions.map((question) => question.split(' ')[0]),
    ['Password', 'Code'],
  );
  await run(['flow', 'list']);
});

test('a token for CI is made with the password, works from its file within its rights, and is revoked', async (t) => {
  const { run, printed, folder } = await start(t, {});
  const file = join(folder, 'ci.token');
  await run(['login'], () => ADMIN_PASSWORD);
  const create = ['token', 'create', '--label', 'nightly', '--rights', 'flows.read', '--days', '90', '--out', file];
  await assert.rejects(
    run(create, () => 'not-the-password'),
    { code: 'LOGIN_REFUSED' },
  );
  await run(create, () => ADMIN_PASSWORD);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  await run(['--token-file', file, 'flow', 'list', '--json']);
  await assert.rejects(run(['--token-file', file, 'archive', 'list']), { code: 'PERMISSION_DENIED' });
  await assert.rejects(run(['--token-file', file, 'token', 'list']), { code: 'TOKEN_CANNOT' });
  await run(['token', 'list']);
  const [id = ''] = /^\S+(?=\s+token\s+nightly\s+flows\.read)/m.exec(printed()) ?? [];
  await run(['token', 'revoke', id]);
  await assert.rejects(run(['--token-file', file, 'flow', 'list', '--json']), { code: 'LOGIN_REQUIRED' });
  assert.ok(!printed().includes(readFileSync(file, 'utf8').trim()), 'a token that went into a file is not printed');
});

async function start(t: TestContext, changes: Parameters<typeof startControl>[0]) {
  const running: Running = await startControl(changes);
  t.after(running.stop);
  const folder = mkdtempSync(join(tmpdir(), 'kq-login-'));
  t.after(() => rmSync(folder, { recursive: true }));
  let [out, err] = ['', ''];
  const run = async (args: readonly string[], answer: (question: string) => string = () => assert.fail('nothing is to be asked')) => {
    const terminal: Terminal = {
      print: (text) => void (out += `${text}\n`),
      tell: (text) => void (err += `${text}\n`),
      ask: (question) => Promise.resolve(answer(question)),
      signal: new AbortController().signal,
    };
    const global = ['--data', folder, '--address', running.control.address];
    await createProgram(terminal).parseAsync([...global, ...args], { from: 'user' });
  };
  return { running, run, folder, printed: () => out, told: () => err };
}
