import { connect as connectPlain, isIP, type Socket } from 'node:net';
import { connect as connectTls, TLSSocket, type ConnectionOptions } from 'node:tls';
import type { Clock } from '../../engine/contract/values/clock.ts';
import { AppError } from '../../engine/contract/values/errors.ts';
import type { OutboundGuard } from '../../engine/contract/node/outbound-guard.ts';
import { isLoopback } from '../shared/is-loopback.ts';
import type { SendSettings } from './settings.ts';

export interface ConnectOptions {
  readonly settings: SendSettings;
  readonly timeoutMs: number;
  /** Checks the address before connecting. Absent only when this process connects to itself. */
  readonly outbound: OutboundGuard | undefined;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** PEM text of certificate and key, if the adapter has them. */
  readonly credential: string | undefined;
}

/**
 * Opens a connection that is ready to send. Rejects with MLLP_TLS_REQUIRED (input) for an unencrypted connection to
 * another machine, with OUTBOUND_REFUSED or MLLP_CREDENTIAL_WRONG (input), otherwise with MLLP_CONNECT_FAILED
 * (transient: nothing was sent).
 */
export async function connect(options: ConnectOptions): Promise<Socket> {
  const { settings, outbound } = options;
  const { host, port, tls } = settings;
  if (tls === undefined && !isLoopback(host) && settings.allowPlain !== true) {
    throw new AppError('MLLP_TLS_REQUIRED', 'input', 'This adapter would send patient data unencrypted.', {
      fix: 'Set tls in its settings; or allowPlain, if the other side does not support TLS and is in the same protected network.',
    });
  }
  // If the host is an IP address, connecting does not call `lookup`, which checks addresses. So check it here.
  if (outbound !== undefined && isIP(host) !== 0) await outbound.resolve(host, port);
  return openConnection(options);
}

function openConnection({ settings, timeoutMs, outbound, signal, clock, credential }: ConnectOptions): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = openSocket(settings, credential, outbound);
    const finish = (cause?: unknown) => {
      cancelTimer();
      signal.removeEventListener('abort', onAbort);
      socket.removeListener('error', finish);
      if (cause === undefined) return resolve(socket);
      socket.on('error', () => undefined).destroy();
      return reject(connectFailed(settings, cause));
    };
    const onAbort = () => finish(new Error('the step was stopped'));
    const cancelTimer = clock.after(timeoutMs, () => finish(new Error(`no connection within ${timeoutMs} ms`)));
    signal.addEventListener('abort', onAbort, { once: true });
    socket.on('error', finish).setNoDelay(true).setKeepAlive(true, 30_000);
    socket.once(socket instanceof TLSSocket ? 'secureConnect' : 'connect', () => finish());
    if (signal.aborted) onAbort();
  });
}

function openSocket(settings: SendSettings, credential: string | undefined, outbound: OutboundGuard | undefined): Socket {
  const { host, port } = settings;
  const lookup = outbound === undefined ? {} : { lookup: outbound.lookup(port) };
  if (settings.tls === undefined) return connectPlain({ host, port, ...lookup });
  try {
    return connectTls({ ...tlsOptions(settings, credential), ...lookup });
  } catch (cause) {
    throw new AppError('MLLP_CREDENTIAL_WRONG', 'input', 'The certificate, key or CA of this adapter is not valid PEM.', {
      fix: 'Store certificate and private key, both as PEM, in the credential of the adapter, and the CA in tls.ca.',
      cause,
    });
  }
}

function tlsOptions({ host, port, tls }: SendSettings, credential: string | undefined): ConnectionOptions {
  const serverName = tls?.serverName ?? (isIP(host) === 0 ? host : undefined);
  return {
    host,
    port,
    minVersion: 'TLSv1.2',
    ...(serverName === undefined ? {} : { servername: serverName }),
    ...(tls?.ca === undefined ? {} : { ca: tls.ca }),
    ...(credential === undefined ? {} : { cert: credential, key: credential }),
  };
}

export function connectFailed({ host, port }: Pick<SendSettings, 'host' | 'port'>, cause: unknown): AppError {
  if (cause instanceof AppError) return cause;
  const reason = (cause as NodeJS.ErrnoException).code ?? (cause as Error).message;
  return new AppError('MLLP_CONNECT_FAILED', 'transient', `No connection to ${host}:${port}: ${reason}.`, {
    values: { host, port, reason },
    fix: 'Check address, firewall and certificate with the connection test of the adapter.',
    cause,
  });
}
