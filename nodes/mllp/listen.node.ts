import { createServer as createPlainServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, TLSSocket } from 'node:tls';
import { Type, type Static } from 'typebox';
import { AppError } from '../../engine/contract/values/errors.ts';
import { bothTexts } from '../../engine/contract/error-texts/error-texts.ts';
import { valuesBy } from '../../engine/contract/values/named-values.ts';
import { defineNode, outPort, type ConfigProblem, type Emit, type Stop, type TriggerContext } from '../../engine/contract/node/node.ts';
import type { Message } from '../../engine/contract/values/message.ts';
import { fieldEditor, fieldText, type Text } from '../../engine/contract/values/texts.ts';
import { createThrottledWarning } from '../../engine/contract/values/throttled-warning.ts';
import { admission } from '../shared/hl7/admission.ts';
import { decodeHl7 } from '../shared/hl7/charset-names.ts';
import { readHl7, type Hl7Message } from '../shared/hl7/message.ts';
import { parseHl7Path } from '../shared/hl7/paths.ts';
import { LISTENER_CIPHERS } from '../../engine/contract/calls/tls-ciphers.ts';
import { isLoopback } from '../shared/is-loopback.ts';
import { readSettings } from '../shared/read-settings.ts';
import { describeHl7, parseKeyPaths } from './describe-hl7.ts';
import { compilePeers, isCertificatePeer, type Peer } from './peers.ts';
import { checkLaterReply } from './answers.ts';
import { serveConnection, type Connection, type ConnectionOptions } from './serve-connection.ts';
import { ListenSettings } from './settings.ts';

const Config = Type.Object(
  {
    keys: valuesBy('key', Type.String({ ...fieldEditor('hl7-path'), maxLength: 40 }), {
      ...fieldText(
        '业务键',
        'Business keys',
        '名称 -> HL7 路径；可用于去重、顺序与查询。',
        'Name -> HL7 path; used for dedupe, lanes and search.',
        { example: 'patient: PID-3.1' },
      ),
      default: {},
      maxProperties: 10,
    }),
    peers: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 200 }), {
        ...fieldText(
          '对端',
          'Peers',
          '代替适配器中的对端表；空表拒绝所有连接。',
          'Replaces the adapter’s list; an empty list refuses all.',
          { example: '10.1.2.3' },
        ),
        maxItems: 1000,
      }),
    ),
  },
  { additionalProperties: false },
);
type Config = Static<typeof Config>;

/**
 * Receives a hospital's HL7 v2 feed over MLLP. The data is the decoded text. The ACK is sent once the message is
 * stored safely.
 */
export default defineNode({
  type: 'mllp.listen',
  major: 1,
  kind: 'trigger',
  category: 'trigger',
  icon: 'ear',
  text: {
    label: { 'zh-CN': 'MLLP 接收', en: 'MLLP listen' },
    help: {
      'zh-CN': '接收医院经 MLLP 发来的 HL7 v2 消息，消息安全存储后才应答 ACK。',
      en: 'Receives HL7 v2 messages over MLLP and acknowledges each after it is safely stored.',
    },
  },
  ports: { in: [], out: [outPort] },
  adapter: 'mllp',
  canReply: true,
  samples: [admission],
  config: Config,
  check: checkConfig,
  keyNames: ({ keys }) => Object.keys(keys),
  listen,
  checkReply: (message, reply) => checkLaterReply(reply, readCorrected(message), message.charset),
  describe: ({ keys }, message) => describeHl7(readCorrected(message), parseKeyPaths(keys)),
});

function checkConfig(config: Config): ConfigProblem[] {
  const problems = Object.entries(config.keys).map(([name, path]) => ({
    path: `/keys/${name}`,
    problem: problemOf(() => parseHl7Path(path)),
  }));
  problems.push({ path: '/peers', problem: problemOf(() => compilePeers(config.peers ?? [])) });
  return problems.flatMap(({ path, problem }) => (problem === undefined ? [] : [{ path, message: problem }]));
}

function problemOf(attempt: () => unknown): Text | undefined {
  try {
    attempt();
    return undefined;
  } catch (error) {
    return bothTexts(error as AppError);
  }
}

/** Reads a message that a person corrected: text, or bytes in the charset of the message. */
function readCorrected({ data, charset }: Message): Hl7Message {
  return readHl7(data instanceof Uint8Array ? decodeHl7(Buffer.from(data), charset).text : String(data));
}

async function listen(ctx: TriggerContext<Config>, emit: Emit): Promise<Stop> {
  const settings = readSettings(ctx.adapter!, ListenSettings);
  const { host, port } = listenAddress(settings);
  const peers = ctx.config.peers ?? settings.peers ?? [];
  if (peers.length === 0) ctx.log.warn('mllp.no-peers', { adapter: ctx.adapter!.adapterId });
  const isAllowed = compilePeers(peers);
  const connections = new Set<Connection>();
  const sockets = new Set<Socket>();
  const server = await createServer(ctx, settings, host, peers.some(isCertificatePeer));
  server.maxConnections = settings.maxConnections!;
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  const warnOfPeer = createThrottledWarning(ctx.log, ctx.clock, 'mllp.peer-refused');
  server.on(server.listenerCount('tlsClientError') > 0 ? 'secureConnection' : 'connection', (socket: Socket) => {
    if (!isAllowed(peerOf(socket))) {
      warnOfPeer({ address: socket.remoteAddress });
      return socket.destroy();
    }
    const connection = serveConnection(socket, connectionOptions(ctx, settings, emit));
    connections.add(connection);
    return socket.on('close', () => connections.delete(connection));
  });
  await bind(server, host, port);
  ctx.log.info('mllp.listening', { host, port: (server.address() as AddressInfo).port });
  return {
    async stop() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      await Promise.all([...connections].map((connection) => connection.stop()));
      // These sockets are still in their TLS handshake, so no connection object closes them.
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function listenAddress(settings: ListenSettings): { readonly host: string; readonly port: number } {
  const host = settings.listen?.host ?? settings.host;
  const port = settings.listen?.port ?? settings.port;
  if (host !== undefined && port !== undefined) return { host, port };
  throw new AppError('ADAPTER_SETTINGS_WRONG', 'input', 'The adapter has no address to listen on.', {
    values: { problem: 'nowhere' },
    fix: 'Set listen.host and listen.port in the settings of the adapter.',
  });
}

/** Requires TLS 1.2 or newer, except on loopback. Requests a client certificate if `requestCert` is set. */
async function createServer(ctx: TriggerContext<Config>, settings: ListenSettings, host: string, requestCert: boolean): Promise<Server> {
  const isTls = settings.listenTls ?? !isLoopback(host);
  if (!isTls && !isLoopback(host)) {
    throw new AppError('MLLP_TLS_REQUIRED', 'input', 'MLLP without TLS is only possible on loopback.', {
      values: { problem: 'loopback', host },
      fix: 'Remove listenTls: false from the adapter, or listen on 127.0.0.1.',
    });
  }
  // A sender may close its side after the last message and still wait for the ACK, so keep the other side open.
  if (!isTls) return createPlainServer({ allowHalfOpen: true });
  const material = await ctx.tls();
  if (material === undefined)
    throw new AppError('MLLP_TLS_REQUIRED', 'input', 'There is no certificate for the listener.', {
      values: { problem: 'certificate' },
      fix: 'Configure a TLS certificate for the platform, or listen on 127.0.0.1.',
    });
  const server = createTlsServer({
    ...material,
    requestCert,
    rejectUnauthorized: false,
    minVersion: 'TLSv1.2',
    ciphers: LISTENER_CIPHERS,
    handshakeTimeout: 10_000,
    allowHalfOpen: true,
  });
  return server.on('tlsClientError', (error: Error) => ctx.log.debug('mllp.tls-failed', { reason: error.message }));
}

function peerOf(socket: Socket): Peer {
  const isVerified = socket instanceof TLSSocket && socket.authorized;
  const name = isVerified ? socket.getPeerCertificate().subject?.CN : undefined;
  return { address: socket.remoteAddress, certificateName: typeof name === 'string' ? name : undefined };
}

function connectionOptions(ctx: TriggerContext<Config>, settings: ListenSettings, emit: Emit): ConnectionOptions {
  return {
    charset: ctx.adapter!.charset,
    maxFrameBytes: settings.maxFrameBytes!,
    // Of a connection's messages that wait for a reply, the next begins after the one before it.
    maxUnhandled: ctx.replies ? 1 : settings.maxUnhandled!,
    replies: ctx.replies,
    idleTimeoutMs: settings.idleTimeoutMs!,
    frameTimeoutMs: settings.frameTimeoutMs!,
    ackTimeoutMs: settings.ackTimeoutMs!,
    keys: parseKeyPaths(ctx.config.keys),
    emit,
    clock: ctx.clock,
    log: ctx.log,
  };
}

function bind(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.on('error', (cause: NodeJS.ErrnoException) =>
      reject(
        new AppError('MLLP_LISTEN_FAILED', 'input', `Cannot listen on ${host}:${port} (${cause.code ?? 'error'}).`, {
          values: { host, port, reason: cause.code ?? 'error' },
          fix: 'Free the port, or choose another in the settings of the adapter.',
          cause,
        }),
      ),
    );
    server.listen(port, host, resolve);
  });
}
