/** Notices as receivers get them: over HTTP and SMTP, from real servers' point of view. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { testAlarm } from '../../../control/alarms/alarms.ts';
import type { AlarmReceiver, AlarmSettings } from '../../../control/alarms/alarm-settings.ts';
import type { NoticeLine } from '../../../control/alarms/notice-text.ts';
import { createOutboundGuard } from '../../../engine/outbound/create-outbound-guard.ts';
import { prepareAiosmtpd, startAiosmtpd } from '../../servers/aiosmtpd.ts';
import { eventually } from '../../conformance/eventually.ts';
import { createAuthority } from '../../support/certificates.ts';
import { startMailReceiver, startWebhookReceiver } from '../../support/receivers.ts';
import { openAlarmLab, realSend, webhook } from './alarm-lab.ts';

const KEY = 'a-key-of-the-receiver';
const team: AlarmReceiver = {
  receiverId: 'team',
  name: 'Team',
  on: true,
  group: 'first',
  kind: 'mail',
  to: ['team@kq.test', 'head@kq.test'],
};
const line: NoticeLine = { kind: 'test', alarm: testAlarm(0) };

async function openWorld(t: TestContext) {
  const lab = await openAlarmLab();
  const hook = await startWebhookReceiver();
  const mail = await startMailReceiver();
  t.after(() => Promise.all([hook.stop(), mail.stop()]));
  await lab.set(
    {
      receivers: [webhook('duty', 'first', hook.url), team],
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
  assert.deepEqual(text, { 'zh-CN': '12 条消息待人工处理', en: '12 messages are held and wait for a decision' });
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
  assert.match(text, /"Admission" has received no message since/);
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

test('mail goes over TLS to a server of a private authority, in both ways, and never to another', { timeout: 180_000 }, async (t) => {
  const missing = prepareAiosmtpd();
  if (missing !== undefined) return t.skip(missing);
  const authority = await createAuthority();
  const stranger = await createAuthority();
  for (const security of ['starttls', 'tls'] as const) {
    const server = await startAiosmtpd(security, await authority.issue('mail'));
    t.after(() => server.stop());
    const lab = await openAlarmLab();
    const send = async (serverCa: string, change: Partial<typeof mail> = {}, password = 'right') => {
      await lab.set({ mail: { ...mail, ...change }, receivers: [team] }, { mail: password });
      return realSend(lab, { serverCa })(team, [line], await lab.settings.read());
    };
    const mail = { host: '127.0.0.1', port: server.port, security, from: 'kangqiao@kq.test', user: 'kangqiao' };
    await send(authority.ca);
    await eventually(() => server.mails.length > 0);
    const [got] = server.mails;
    assert.deepEqual([got!.to, got!.login, got!.isEncrypted], [team.to, 'kangqiao:right', true]);
    assert.match(decodeMail(got!.data), /Test, no action needed/);

    await assert.rejects(send(stranger.ca), { code: 'ALARM_NOT_SENT', fix: /KQ_SERVER_CA_FILE/ });
    await assert.rejects(send(authority.ca, { host: 'localhost' }), { code: 'ALARM_NOT_SENT', fix: /use the server name/ });
    await assert.rejects(send(authority.ca, {}, 'wrong'), { code: 'ALARM_NOT_SENT', message: /EAUTH/ });
    if (security === 'starttls')
      await assert.rejects(send(authority.ca, { security: 'tls' }), { code: 'ALARM_NOT_SENT', fix: /STARTTLS for this port/ });
    assert.equal(server.mails.length, 1);
  }
});

test('mail that is to go over STARTTLS never goes in the clear to a server that offers none', async (t) => {
  const { lab, mail } = await openWorld(t);
  const settings = await lab.settings.read();
  const starttls = { ...settings, mail: { ...settings.mail!, security: 'starttls' as const } };
  await assert.rejects(realSend(lab)(team, [line], starttls), { code: 'ALARM_NOT_SENT' });
  assert.deepEqual(mail.mails, []);
});

test('a webhook may have its certificate from the private authority', async (t) => {
  const authority = await createAuthority();
  let posts = 0;
  const server = createServer(await authority.issue('hook'), (incoming, outgoing) => {
    posts += 1;
    incoming.resume().on('end', () => outgoing.writeHead(204).end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const lab = await openAlarmLab();
  const hook = webhook('duty', 'first', `https://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  await lab.set({ receivers: [hook] }, { duty: KEY });
  const settings = await lab.settings.read();
  await assert.rejects(realSend(lab)(hook, [line], settings), { code: 'ALARM_NOT_SENT', fix: /KQ_SERVER_CA_FILE/ });
  await realSend(lab, { serverCa: authority.ca })(hook, [line], settings);
  assert.equal(posts, 1);
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

test('a receiver at an address that is not open gets nothing, and whoever tests it learns why', async (t) => {
  const { lab, hook, mail } = await openWorld(t);
  const settings = await lab.settings.read();
  const guard = createOutboundGuard({ isExcepted: () => false });
  const send = realSend(lab, { outbound: { guard } });
  for (const receiver of settings.receivers)
    await assert.rejects(send(receiver, [line], settings), { code: 'OUTBOUND_REFUSED', kind: 'input' });
  const named = { ...webhook('duty', 'first', hook.url.replace('127.0.0.1', 'localhost')) };
  await assert.rejects(send(named, [line], settings), { code: 'OUTBOUND_REFUSED' });
  assert.deepEqual([hook.posts.length, mail.mails.length], [0, 0]);
});
