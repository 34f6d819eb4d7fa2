/** Notices as receivers get them: over HTTP and SMTP, from real servers' point of view. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test, type TestContext } from 'node:test';
import type { AlarmSettings } from '../../../control/alarms/alarm-settings.ts';
import { startMailReceiver, startWebhookReceiver } from '../../support/receivers.ts';
import { openAlarmLab, realSend, webhook } from './alarm-lab.ts';

const KEY = 'a-key-of-the-receiver';

async function openWorld(t: TestContext) {
  const lab = await openAlarmLab();
  const hook = await startWebhookReceiver();
  const mail = await startMailReceiver();
  t.after(() => Promise.all([hook.stop(), mail.stop()]));
  await lab.set(
    {
      receivers: [
        webhook('duty', 'first', hook.url),
        { receiverId: 'team', name: 'Team', on: true, group: 'first', kind: 'mail', to: ['team@kq.test', 'head@kq.test'] },
      ],
      mail: { host: '127.0.0.1', port: mail.port, security: 'none', from: 'kangqiao@kq.test', user: 'kangqiao' },
    },
    { duty: KEY, mail: 'pass-of-mail' },
  );
  const alarms = await lab.start(realSend(lab));
  /** One look, a moment after the last. */
  const look = async (afterMs = 15_000) => {
    lab.clock.shiftWall(afterMs);
    await alarms.look();
  };
  return { lab, hook, mail, look };
}

test('a webhook gets a signed POST with what happened, in both languages', async (t) => {
  const { lab, hook, look } = await openWorld(t);
  lab.problems = [{ rule: 'held', subject: '', values: { count: 12 } }];
  await look();
  const [post] = hook.posts;
  const timestamp = String(post!.headers['x-kq-timestamp']);
  const expected = createHmac('sha256', KEY).update(`${timestamp}.${post!.body}`).digest('hex');
  assert.equal(post!.headers['x-kq-signature'], `sha256=${expected}`);
  assert.equal(timestamp, String(Math.floor(lab.clock.now() / 1000)));
  const { id, environment, alarms } = JSON.parse(post!.body) as {
    id: string;
    environment: string;
    alarms: Record<string, unknown>[];
  };
  assert.deepEqual([environment, post!.headers['x-kq-delivery']], ['TEST', id]);
  const { notice, rule, severity, text, link } = alarms[0]!;
  assert.deepEqual([notice, rule, severity, link], ['opened', 'held', 'warning', 'https://kq.test/held']);
  assert.deepEqual(text, { 'zh-CN': '12 条消息挂起，等人处理', en: '12 messages are held and wait for a person' });
});

test('mail goes to everybody of the receiver, after a login, in both languages', async (t) => {
  const { lab, mail, look } = await openWorld(t);
  lab.problems = [
    {
      rule: 'feed-silent',
      subject: 'flw_a',
      values: { flowId: 'flw_a', lastAt: lab.clock.now(), usual: 2 },
      name: { 'zh-CN': '入院', en: 'Admission' },
    },
  ];
  await look();
  const [got] = mail.mails;
  assert.deepEqual([got!.from, got!.to], ['kangqiao@kq.test', ['team@kq.test', 'head@kq.test']]);
  assert.equal(got!.login, '\0kangqiao\0pass-of-mail');
  const text = decodeMail(got!.data);
  assert.match(text, /“入院”自 .* 起没有消息，平常每 2 分钟内有一条/);
  assert.match(text, /"Admission" got no message since/);
  assert.match(text, /https:\/\/kq\.test\/alarms/);
});

test('a webhook that fails is tried again later; mail that went out is not sent twice', async (t) => {
  const { lab, hook, mail, look } = await openWorld(t);
  hook.status = 500;
  lab.problems = [{ rule: 'held', subject: '', values: { count: 12 } }];
  await look();
  await look();
  assert.deepEqual([hook.posts.length, mail.mails.length], [1, 1], 'not before half a minute has passed');
  hook.status = 204;
  await look(30_000);
  await look(60_000);
  assert.deepEqual([hook.posts.length, mail.mails.length], [2, 1]);
  assert.notEqual(hook.posts[0]!.headers['x-kq-delivery'], hook.posts[1]!.headers['x-kq-delivery']);
});

test('a redirect is a failure: nothing follows it', async (t) => {
  const { lab, hook, look } = await openWorld(t);
  hook.status = 302;
  lab.problems = [{ rule: 'held', subject: '', values: { count: 12 } }];
  await look();
  assert.equal((await lab.alarms())[0]!.pending?.to.join(), 'duty');
});

test('settings refuse what would go out unprotected, and make a key for a webhook that has none', async () => {
  const lab = await openAlarmLab();
  const mail = { host: 'mail.example', port: 25, security: 'none', from: 'a@b.c' } as const;
  const changes: Partial<AlarmSettings>[] = [
    { receivers: [webhook('a', 'first', 'http://example.org/')] },
    { receivers: [webhook('a', 'first', 'https://user:pass@example.org/')] },
    { receivers: [webhook('a'), webhook('a')] },
    { receivers: [{ ...webhook('a'), kind: 'mail', to: ['a@b.c'] }] },
    { mail },
  ];
  for (const change of changes) await assert.rejects(lab.set(change), { code: 'ALARM_SETTINGS_INVALID' });
  const settings = await lab.settings.read();
  const saved = await lab.settings.save({ ...settings, receivers: [webhook('a')] }, {});
  assert.match(saved.newKeys['a']!, /^[\w-]{43}$/);
  assert.equal(await lab.settings.secret('a'), saved.newKeys['a']);
  const again = await lab.settings.save({ ...saved.settings, receivers: [] }, {});
  assert.deepEqual([again.newKeys, await lab.settings.withSecret()], [{}, []], 'who is removed leaves no key');
  await assert.rejects(lab.settings.save(settings, {}), { code: 'STALE_REVISION' });
});

/** Subject and body, whichever transfer encoding was chosen. */
function decodeMail(data: string): string {
  const at = data.indexOf('\r\n\r\n');
  const body = data.slice(at + 4);
  if (/^content-transfer-encoding: base64/im.test(data)) return Buffer.from(body, 'base64').toString();
  const bytes = body
    .replaceAll('=\r\n', '')
    .replaceAll(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString();
}
