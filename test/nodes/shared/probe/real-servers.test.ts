/** The connection test against real servers: its steps, and that no password is shown, whichever way the client logs in. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { Health, ProbeContext } from '../../../../engine/contract/node/probe.ts';
import { anyFile, anywhere } from '../../../../engine/testing/anywhere.ts';
import { resolveAdapter } from '../../../../engine/testing/run-node.ts';
import { wallClock } from '../../../../engine/testing/wall-clock.ts';
import { probeDatabase } from '../../../../nodes/database/probe.ts';
import { probeFiles } from '../../../../nodes/file/probe.ts';
import { probeMail } from '../../../../nodes/mail/probe.ts';
import { probeMessaging } from '../../../../nodes/messaging/probe.ts';
import { prepareDovecot, startDovecot } from '../../../servers/dovecot.ts';
import { prepareMariadb, startMariadb } from '../../../servers/mariadb.ts';
import { prepareMosquitto, startMosquitto } from '../../../servers/mosquitto.ts';
import { preparePostgres, startPostgres } from '../../../servers/postgres.ts';
import { prepareRabbitmq, startRabbitmq } from '../../../servers/rabbitmq.ts';
import { prepareRedis, startRedis } from '../../../servers/redis.ts';
import { prepareSshd, startSshd } from '../../../servers/sshd.ts';
import { prepareVsftpd, startVsftpd } from '../../../servers/vsftpd.ts';
import { createAuthority, type Certificate } from '../../../support/certificates.ts';

const PASSWORD = 'Wei-sheng 1';
const CONNECTED = ['Settings', 'Name lookup (DNS)', 'TCP connection'];

interface Place {
  readonly protocol: string;
  readonly probe: (ctx: ProbeContext) => Promise<Health>;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly secret: string;
  readonly stop: () => Promise<unknown>;
}

interface Kind {
  readonly name: string;
  readonly skip: string | undefined;
  readonly steps: readonly string[];
  /** What its connections show: it was sent, or it came. Absent: nothing but the login went over them. */
  readonly shows?: RegExp;
  start(tls: Certificate, ca: string): Promise<Place>;
}

const host = '127.0.0.1';
const KINDS: readonly Kind[] = [
  {
    name: 'PostgreSQL with TLS and SCRAM',
    skip: preparePostgres(),
    steps: [...CONNECTED, 'TLS handshake', 'Login', 'Readable tables and views'],
    shows: /user\0postgres[\s\S]*p\*{6}/,
    async start(tls, ca) {
      const server = await startPostgres({ password: PASSWORD, tls });
      const settings = { engine: 'postgresql', host, port: server.port, database: 'postgres', user: 'postgres', tls: { ca } };
      return { protocol: 'database', probe: probeDatabase, settings, secret: PASSWORD, stop: () => server.stop() };
    },
  },
  {
    name: 'MariaDB',
    skip: prepareMariadb(),
    steps: [...CONNECTED, 'Login', 'Readable tables and views'],
    shows: /MariaDB/,
    async start() {
      const server = await startMariadb({ password: PASSWORD });
      const settings = { engine: 'mariadb', host, port: server.port, database: 'kq', user: 'kq' };
      return { protocol: 'database', probe: probeDatabase, settings, secret: PASSWORD, stop: () => server.stop() };
    },
  },
  {
    name: 'Redis',
    skip: prepareRedis(),
    steps: ['Settings', 'Name lookup (DNS)', 'TCP connection', 'Login'],
    shows: /\*{6}/,
    async start() {
      const server = await startRedis({ args: ['--requirepass', PASSWORD] });
      const settings = { broker: 'redis', servers: [{ host, port: server.port }] };
      return { protocol: 'messaging', probe: probeMessaging, settings, secret: `default:${PASSWORD}`, stop: () => server.stop() };
    },
  },
  {
    name: 'Mosquitto',
    skip: prepareMosquitto(),
    steps: ['Settings', 'Name lookup (DNS)', 'TCP connection', 'Login'],
    async start() {
      const server = await startMosquitto();
      const settings = { broker: 'mqtt', servers: [{ host, port: server.port }] };
      const secret = `${server.user}:${server.password}`;
      return { protocol: 'messaging', probe: probeMessaging, settings, secret, stop: () => server.stop() };
    },
  },
  {
    name: 'RabbitMQ',
    skip: prepareRabbitmq(),
    steps: ['Settings', 'Name lookup (DNS)', 'TCP connection', 'Login'],
    async start() {
      const server = await startRabbitmq();
      const settings = { broker: 'rabbitmq', servers: [{ host, port: server.port }] };
      return { protocol: 'messaging', probe: probeMessaging, settings, secret: 'guest:guest', stop: () => server.stop() };
    },
  },
  {
    name: 'an FTP server with TLS',
    skip: prepareVsftpd(),
    steps: [...CONNECTED, 'TLS handshake', 'Login', 'Entries of the folder'],
    shows: /AUTH TLS\r\n[\s\S]*USER lab\r\nPASS \*{6}\r\n/,
    async start(tls, ca) {
      const server = await startVsftpd({ tls });
      const settings = { kind: 'ftp', host, port: server.port, user: 'lab', tls: { ca } };
      return { protocol: 'file', probe: probeFiles, settings, secret: PASSWORD, stop: () => server.stop() };
    },
  },
  {
    name: 'an SFTP server',
    skip: prepareSshd(),
    steps: [...CONNECTED, 'Login', 'Entries of the folder'],
    shows: /SSH-2\.0-[\s\S]*SSH-2\.0-OpenSSH/,
    async start() {
      const server = await startSshd();
      const settings = { kind: 'sftp', host, port: server.port, user: server.user, hostKeys: server.hostKeys, folder: server.files };
      return { protocol: 'file', probe: probeFiles, settings, secret: server.userKey, stop: () => server.stop() };
    },
  },
  {
    name: 'an IMAP server with STARTTLS',
    skip: prepareDovecot(),
    steps: ['Receiving server: name lookup (DNS)', 'TCP connection', 'TLS handshake', 'Receiving server: login'],
    shows: /STARTTLS[\s\S]*(AUTHENTICATE PLAIN|LOGIN)\s+\*{6}/,
    async start(tls, ca) {
      const server = await startDovecot({ tls, startTls: true });
      const settings = { user: 'lab', imap: { host, port: server.port, security: 'starttls', ca } };
      return { protocol: 'mail', probe: probeMail, settings, secret: 'secret', stop: () => server.stop() };
    },
  },
];

async function place(t: TestContext, kind: Kind): Promise<Place> {
  const authority = await createAuthority();
  const started = await kind.start(await authority.issue('lab'), authority.ca);
  t.after(started.stop);
  return started;
}

function contextOf({ protocol, settings, secret }: Place): ProbeContext {
  return {
    adapter: resolveAdapter(protocol, { settings }),
    ...{ signal: AbortSignal.timeout(20_000), clock: wallClock(), outbound: anywhere, files: anyFile, secret: async () => secret },
  };
}

/** Everything that a person may see, as text. */
function shownIn({ exchanges = [], ...health }: Health): string {
  const bytes = exchanges.flatMap(({ sent, received }) => [sent, received]);
  return JSON.stringify(health) + bytes.map(({ content }) => Buffer.from(content, 'base64').toString('latin1')).join('');
}

for (const kind of KINDS) {
  test(`${kind.name}: each step is shown, and the login is hidden`, { skip: kind.skip ?? false, timeout: 120_000 }, async (t) => {
    const server = await place(t, kind);
    const health = await server.probe(contextOf(server));
    // The connections for the data of FTP are steps as well.
    const names = [...new Set(health.steps.map(({ name }) => name.en))];
    assert.deepEqual([health.steps.at(-1)?.detail === undefined, health.ok, names], [false, true, kind.steps]);
    const wrong = { ...server, secret: server.protocol === 'file' ? 'not the key' : server.secret.replace(/[^:]+$/, 'other-1 password') };
    const refused = await server.probe(contextOf(wrong));
    if (kind.name !== 'an FTP server with TLS') assert.equal(refused.ok, false);
    if (kind.shows !== undefined) assert.match(shownIn(health), kind.shows);
    for (const secret of [server.secret, wrong.secret].map((whole) => whole.replace(/^[a-z]+:/, ''))) {
      for (const form of [secret, Buffer.from(secret).toString('base64'), Buffer.from(`\0lab\0${secret}`).toString('base64')]) {
        // The user `guest` of RabbitMQ has its name as the password.
        if (secret !== 'guest') for (const shown of [health, refused]) assert.ok(!shownIn(shown).includes(form), `${kind.name} ${form}`);
      }
    }
  });
}
