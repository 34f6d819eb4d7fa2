import { createHash } from 'node:crypto';
import { createServer, type AddressInfo } from 'node:net';
import { createSecureContext, type SecureContext } from 'node:tls';
import { Type, type Static } from 'typebox';
import { LISTENER_CIPHERS } from '../../engine/contract/calls/tls-ciphers.ts';
import { AppError, toErrorRecord } from '../../engine/contract/values/errors.ts';
import { createMessage } from '../../engine/contract/values/message.ts';
import { createThrottledWarning } from '../../engine/contract/values/throttled-warning.ts';
import { defineNode, outPort, type ArrivalResult, type Emit, type Stop, type TriggerContext } from '../../engine/contract/node/node.ts';
import { fieldText } from '../../engine/contract/values/texts.ts';
import { isLoopback } from '../shared/is-loopback.ts';
import { readSettings } from '../shared/read-settings.ts';
import { checkMaxBytes, MaxBytes, OutputAs, toContent, type WholeFile } from './content/read-content.ts';
import { matchesGlob } from './paths/glob.ts';
import { nameOf } from './paths/paths.ts';
import { LoginGuard } from './receive/login-guard.ts';
import { Session, type Kept, type Reply, type SessionOptions, type Upload } from './receive/session.ts';
import { FileSettings } from './stores/settings.ts';
import { tooLarge } from './stores/errors.ts';

const Config = Type.Object(
  {
    temporary: Type.Array(Type.String({ minLength: 1, maxLength: 200 }), {
      ...fieldText(
        '临时名称',
        'Temporary names',
        '以这些名称上传的文件，改为其他名称后才启动流程。',
        'A file that is uploaded under such a name starts the flow once it gets another name.',
        { example: '*.tmp' },
      ),
      default: ['*.tmp', '*.part', '*.filepart', '.*'],
      maxItems: 20,
    }),
    output: OutputAs,
    maxBytes: MaxBytes,
  },
  { additionalProperties: false },
);
type Config = Static<typeof Config>;
type Context = TriggerContext<Config>;
type ListenPlace = NonNullable<FileSettings['listen']>;

/** Takes files that hospitals upload by FTP. An upload is confirmed after it is stored safely. */
export default defineNode({
  type: 'file.receive',
  major: 1,
  kind: 'trigger',
  category: 'trigger',
  icon: 'hard-drive-upload',
  text: {
    label: { 'zh-CN': '接收上传的文件', en: 'Receive uploads' },
    help: {
      'zh-CN': '作为 FTP 服务器（TLS）接收医院上传的文件，安全存储后才确认上传成功。',
      en: 'Is an FTP server (TLS) to which hospitals upload files; each upload is confirmed after it is safely stored.',
    },
    words: 'FTP 服务器 上传',
  },
  ports: { in: [], out: [outPort] },
  adapter: 'file',
  samples: [
    { name: { 'zh-CN': '一份检验结果', en: 'A laboratory result' }, data: '编号,项目,结果\n1017,GLU,5.1\n', mediaType: 'text/csv' },
  ],
  config: Config,
  check: checkMaxBytes,
  keyNames: () => [],
  listen,
});

async function listen(ctx: Context, emit: Emit): Promise<Stop> {
  const { listen: place, nameCharset, kind } = readSettings(ctx.adapter!, FileSettings);
  if (kind !== 'server' || place === undefined) {
    throw new AppError('ADAPTER_SETTINGS_WRONG', 'input', 'The adapter has no address to listen on.', {
      values: { problem: 'nowhere' },
      fix: 'Choose the platform as FTP server in its settings, and set listen.host and listen.port.',
    });
  }
  const guard = new LoginGuard(await ctx.secret(), ctx.clock);
  if (!guard.hasUsers) throw noUsers();
  const { host, port, passiveFrom, passiveTo, announce, maxConnections, idleTimeoutMs } = place;
  const options: SessionOptions = {
    ...{ clock: ctx.clock, guard, secureContext: await secureContextOf(ctx, place), announce, nameCharset: nameCharset!, idleTimeoutMs },
    passive: { host, from: passiveFrom, to: Math.max(passiveFrom, passiveTo) },
    isTemporary: (path) => matchesGlob(nameOf(path), ctx.config.temporary),
    receive: (upload) => receive(ctx, emit, upload),
    toReply: createToReply(ctx),
  };
  const sessions = new Set<Session>();
  const server = createServer({ noDelay: true, keepAlive: true }, (socket) => {
    const address = socket.remoteAddress ?? '';
    if (guard.isBlocked(address)) {
      socket.on('error', () => undefined).write('421 Too many failed logins\r\n');
      return socket.destroySoon();
    }
    const session = new Session(socket, options);
    sessions.add(session);
    return socket.on('close', () => sessions.delete(session));
  });
  server.maxConnections = maxConnections;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => reject(listenFailed(host, port, cause)));
    server.listen(port, host, resolve);
  });
  ctx.log.info('file.receiving', { host, port: (server.address() as AddressInfo).port });
  return {
    async stop() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      await Promise.all([...sessions].map((session) => session.stop()));
      await closed;
    },
  };
}

/** TLS is demanded except on loopback. */
async function secureContextOf(ctx: Context, { host, tls = !isLoopback(host) }: ListenPlace): Promise<SecureContext | undefined> {
  if (!tls && isLoopback(host)) return undefined;
  if (!tls) {
    throw new AppError('FILE_TLS_REQUIRED', 'input', 'Receiving by FTP without TLS is only possible on loopback.', {
      values: { problem: 'loopback' },
      fix: 'Do not turn TLS off in the adapter, or listen on 127.0.0.1.',
    });
  }
  const material = await ctx.tls();
  if (material !== undefined) return createSecureContext({ ...material, minVersion: 'TLSv1.2', ciphers: LISTENER_CIPHERS });
  throw new AppError('FILE_TLS_REQUIRED', 'input', 'There is no certificate for the listener.', {
    values: { problem: 'certificate' },
    fix: 'Configure a TLS certificate for the platform, or listen on 127.0.0.1.',
  });
}

/** Reads an upload whole. Blobs of uploads that are not handed in are removed by the engine after a day. */
async function receive(ctx: Context, emit: Emit, { user, data }: Upload): Promise<Kept> {
  const { output, maxBytes } = ctx.config;
  const digest = createHash('sha256');
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  async function* counted(): AsyncIterable<Uint8Array> {
    for await (const chunk of data) {
      sizeBytes += chunk.length;
      if (sizeBytes > maxBytes) throw tooLarge(maxBytes);
      digest.update(chunk);
      yield chunk;
    }
  }
  let blob: WholeFile['blob'];
  if (output === 'blob') blob = await ctx.blobs.put(counted(), { limitBytes: maxBytes });
  else for await (const chunk of counted()) chunks.push(chunk);
  const sha256 = digest.digest('hex');
  const state = { sizeBytes, modifiedAtMs: undefined };
  return {
    sizeBytes,
    async handIn(path) {
      const file = { name: nameOf(path), state, output, charset: ctx.adapter!.charset, sha256, blob, bytes: Buffer.concat(chunks) };
      const { sha256: _same, ...content } = toContent(file);
      const headers = { ...content.headers, 'file-path': path, 'file-user': user };
      // A client that sends the same file again has seen no confirmation.
      const dedupeKey = createHash('sha256')
        .update(JSON.stringify([ctx.adapter!.adapterId, user, path, sha256]))
        .digest('base64url');
      return replyOf(await emit({ message: createMessage(content.data, { ...content, headers }), dedupeKey }));
    },
  };
}

function replyOf(result: ArrivalResult): Reply {
  if (result.status !== 'refused') return { code: 226, text: 'Stored' };
  const { kind, code } = result.error;
  return kind === 'input' ? { code: 553, text: `Refused: ${code}` } : { code: 451, text: `Try again later: ${code}` };
}

function createToReply(ctx: Context): (error: unknown) => Reply {
  const warn = createThrottledWarning(ctx.log, ctx.clock, 'file.upload-failed');
  return (error) => {
    if (!(error instanceof AppError)) {
      // The client was cut, or the store is away.
      warn({ code: toErrorRecord(error).code });
      return { code: 426, text: 'The transfer was cut' };
    }
    const { code, kind } = error;
    warn({ code });
    if (code === 'FILE_TOO_LARGE' || code === 'BLOB_TOO_LARGE') return { code: 552, text: `Refused: ${code}` };
    return kind === 'input' ? { code: 553, text: `Refused: ${code}` } : { code: 451, text: `Try again later: ${code}` };
  };
}

function noUsers(): AppError {
  return new AppError('FILE_NO_USERS', 'input', 'The adapter has no users who may upload.', {
    fix: 'Store its credential with one user per line, as name:password.',
  });
}

function listenFailed(host: string, port: number, cause: NodeJS.ErrnoException): AppError {
  const reason = cause.code ?? 'error';
  return new AppError('FILE_LISTEN_FAILED', 'input', `Cannot listen on ${host}:${port} (${reason}).`, {
    values: { host, port, reason },
    fix: 'Free the port, or choose another in the settings of the adapter.',
    cause,
  });
}
