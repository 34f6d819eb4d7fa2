/** The connection tests of all adapters against a server that accepts connections and says nothing. */
import assert from 'node:assert/strict';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { before, test, type TestContext } from 'node:test';
import type { Health, ProbeContext, ProbeStep } from '../../../../engine/contract/node/probe.ts';
import { errorText } from '../../../../engine/contract/error-texts/error-texts.ts';
import { AppError } from '../../../../engine/contract/values/errors.ts';
import { anyFile, anywhere } from '../../../../engine/testing/anywhere.ts';
import { resolveAdapter } from '../../../../engine/testing/run-node.ts';
import { wallClock } from '../../../../engine/testing/wall-clock.ts';
import { ENGINES } from '../../../../nodes/database/engines.ts';
import { BROKERS } from '../../../../nodes/messaging/brokers.ts';
import { probeDatabase } from '../../../../nodes/database/probe.ts';
import { probeFiles } from '../../../../nodes/file/probe.ts';
import { probeMail } from '../../../../nodes/mail/probe.ts';
import { probeMessaging } from '../../../../nodes/messaging/probe.ts';
import { probeMllp } from '../../../../nodes/mllp/probe.ts';
import { probeRegistry } from '../../../../nodes/registry-centre/probe.ts';
import { probeHttp } from '../../../../nodes/shared/http/probe.ts';
import { createAuthority } from '../../../support/certificates.ts';
import { assertExplained } from '../../adapter-conformance/cases/checks.ts';

const LIMITS = { connectTimeoutMs: 500, timeoutMs: 1000 };
/** The limits, once, and what a busy machine needs besides. Several attempts would take longer. */
const ENDS_WITHIN_MS = 6000;
const host = '127.0.0.1';

interface Kind {
  readonly name: string;
  readonly protocol: string;
  readonly probe: (ctx: ProbeContext) => Promise<Health>;
  settings(port: number): Readonly<Record<string, unknown>>;
  /** True if TLS begins with the connection. */
  readonly isTls?: true;
  /** True if the settings demand no login. */
  readonly isAnonymous?: true;
}

const database = { database: 'lis', user: 'kq' };
const KINDS: readonly Kind[] = [
  ...Object.keys(BROKERS).flatMap((broker): readonly Kind[] => {
    const one = { protocol: 'messaging', probe: probeMessaging };
    const settings = (port: number) => ({ broker, servers: [{ host, port }] });
    const secure: Kind = { ...one, name: `${broker} with TLS`, settings: (port) => ({ ...settings(port), tls: {} }), isTls: true };
    return [{ ...one, name: broker, settings }, secure];
  }),
  {
    ...{ name: 'kafka without login', protocol: 'messaging', probe: probeMessaging, isAnonymous: true },
    settings: (port) => ({ broker: 'kafka', login: 'none', servers: [{ host, port }] }),
  },
  ...['postgresql', 'mysql', 'mariadb', 'sqlserver', 'oracle'].map((engine): Kind => ({
    name: engine,
    protocol: 'database',
    probe: probeDatabase,
    settings: (port) => ({ engine, host, port, ...database }),
  })),
  ...['ftp', 'sftp'].map((kind): Kind => ({
    ...{ name: kind, protocol: 'file', probe: probeFiles },
    settings: (port) => ({ kind, host, port, user: 'lab', ...(kind === 'sftp' ? { hostKeys: [`SHA256:${'A'.repeat(43)}`] } : {}) }),
  })),
  ...['imap', 'smtp'].flatMap((part) =>
    ['none', 'tls'].map((security): Kind => ({
      ...{ name: `${part}, ${security}`, protocol: 'mail', probe: probeMail },
      settings: (port) => ({ user: 'lab', [part]: { host, port, security } }),
      ...(security === 'tls' ? { isTls: true } : {}),
    })),
  ),
  {
    ...{ name: 'mllp', protocol: 'mllp', probe: probeMllp, isTls: true },
    settings: (port) => ({ host, port, tls: { clientCertificate: true } }),
  },
  ...['http', 'https'].map((scheme): Kind => ({
    ...{ name: scheme, protocol: 'http', probe: probeHttp, ...(scheme === 'https' ? { isTls: true } : {}) },
    settings: (port) => ({ baseUrl: `${scheme}://${host}:${port}`, auth: 'basic' }),
  })),
  ...['consul', 'nacos'].map((kind): Kind => ({
    ...{ name: kind, protocol: 'registry-centre', probe: probeRegistry },
    settings: (port) => ({ kind, addresses: [`http://${host}:${port}`], login: true }),
  })),
];

async function listenSilently(t: TestContext) {
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('error', () => undefined).on('close', () => open.delete(socket));
    socket.resume();
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  t.after(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, open };
}

function contextOf({ protocol, settings }: Kind, port: number, secret: () => Promise<string>): ProbeContext {
  return {
    adapter: resolveAdapter(protocol, { settings: settings(port), limits: LIMITS }),
    ...{ signal: new AbortController().signal, clock: wallClock(), outbound: anywhere, files: anyFile, secret },
  };
}

const { cert, key } = await (await createAuthority()).issue('lis');
const pem = `${cert}\n${key}`;

/** Loading a client library is no part of the time that is measured. */
before(async () => {
  for (const { load } of [...Object.values(BROKERS), ...Object.values(ENGINES)]) await load();
});

const isConnected = ({ name, ok }: ProbeStep) => ok && name.en === 'TCP connection';

for (const kind of KINDS) {
  test(`${kind.name}: the connection test of a silent server ends, and says where`, { timeout: 60_000 }, async (t) => {
    const { port, open } = await listenSilently(t);
    const began = Date.now();
    const { ok, steps } = await kind.probe(contextOf(kind, port, async () => (kind.protocol === 'mllp' ? pem : 'lis:geheim-1')));
    const elapsed = Date.now() - began;
    assert.equal(ok, false);
    assert.ok(steps.some(isConnected), JSON.stringify(steps));
    const { name, error } = steps.at(-1)!;
    if (kind.isTls) assert.equal(name.en, 'TLS handshake');
    assertExplained(error!, undefined, ['geheim-1']);
    assert.ok(elapsed < ENDS_WITHIN_MS, `${elapsed} ms`);
    const end = Date.now() + ENDS_WITHIN_MS;
    while (open.size > 0 && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(open.size, 0, 'connections are left');
  });

  test(`${kind.name}: the connection test does not advise to run it`, { timeout: 60_000 }, async () => {
    const { steps } = await kind.probe(contextOf(kind, 1, async () => (kind.protocol === 'mllp' ? pem : 'lis:geheim-1')));
    const error = steps.at(-1)!.error!;
    for (const language of ['zh-CN', 'en'] as const) {
      const { what, fix = '' } = errorText(error, language);
      assert.match(what, /127\.0\.0\.1:1|REFUSED/);
      assert.doesNotMatch(what + fix, /连接测试|connection test|^出现错误/);
    }
  });

  if (kind.isAnonymous) continue;
  test(`${kind.name}: without its credential, the connection test still connects`, { timeout: 60_000 }, async (t) => {
    const { port } = await listenSilently(t);
    const absent = async () => {
      throw new AppError('SECRET_MISSING', 'input', 'There is no secret "lis".', { values: { name: 'lis' } });
    };
    const { ok, steps } = await kind.probe(contextOf(kind, port, absent));
    assert.equal(ok, false);
    assert.ok(steps.some(isConnected), JSON.stringify(steps));
    const { name, error } = steps.at(-1)!;
    if (kind.isTls) assert.equal(name.en, 'TLS handshake');
    else assert.equal(error?.code, 'SECRET_MISSING');
  });

  if (kind.protocol !== 'messaging' && kind.protocol !== 'mllp') continue;
  test(`${kind.name}: with a malformed credential, the connection test still connects`, { timeout: 60_000 }, async (t) => {
    const { port } = await listenSilently(t);
    for (const secret of ['geheim-1', '']) {
      const { ok, steps } = await kind.probe(contextOf(kind, port, async () => secret));
      assert.equal(ok, false);
      assert.equal(steps.filter(isConnected).length, 1, JSON.stringify(steps));
      const { name, error } = steps.at(-1)!;
      if (kind.isTls) assert.equal(name.en, 'TLS handshake');
      else assert.equal(error?.code, 'MESSAGING_CREDENTIAL');
    }
  });
}
