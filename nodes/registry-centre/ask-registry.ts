import type { TSchema, Static } from 'typebox';
import { Value } from 'typebox/value';
import { Agent, buildConnector, request } from 'undici';
import type { FindInstancesContext } from '../../engine/contract/node/find-instances.ts';
import { guardConnector, targetOfUrl } from '../../engine/contract/node/outbound-guard.ts';
import { AppError } from '../../engine/contract/values/errors.ts';
import type { RegistrySettings } from './settings.ts';

export interface Question {
  /** The whole URL. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent by POST as a form. */
  readonly form?: Readonly<Record<string, string>>;
  /** How long the registry centre may take before it answers, besides the usual time. */
  readonly waitMs?: number;
}

export interface RegistryAnswer<T> {
  readonly data: T;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

const MOST_BYTES = 4_194_304;

/**
 * Asks over HTTP, on a connection of its own, and checks the answer by a schema. Rejects with REGISTRY_UNREACHABLE and
 * REGISTRY_ANSWER (transient), REGISTRY_LOGIN and OUTBOUND_REFUSED (input). Redirects are not followed.
 */
export async function askRegistry<Schema extends TSchema>(
  { url, headers = {}, form, waitMs = 0 }: Question,
  schema: Schema,
  settings: RegistrySettings,
  { adapter, outbound, signal, clock }: Pick<FindInstancesContext, 'adapter' | 'outbound' | 'signal' | 'clock'>,
): Promise<RegistryAnswer<Static<Schema>>> {
  const { host, port } = targetOfUrl(url);
  const { ca, serverName } = settings.tls ?? {};
  const { connectTimeoutMs, timeoutMs } = adapter.limits;
  const connect = buildConnector({
    ...{ timeout: connectTimeoutMs, lookup: outbound.lookup(port) },
    ...(ca === undefined ? {} : { ca }),
    ...(serverName === undefined ? {} : { servername: serverName }),
  });
  const dispatcher = new Agent({
    ...{ connections: 1, headersTimeout: 0, bodyTimeout: 0, maxResponseSize: MOST_BYTES },
    connect: guardConnector(outbound, port, connect),
  });
  const end = new AbortController();
  const cancel = clock.after(timeoutMs + waitMs, () => end.abort());
  try {
    const answer = await request(url, {
      dispatcher,
      signal: AbortSignal.any([signal, end.signal]),
      ...(form === undefined
        ? { headers }
        : {
            method: 'POST',
            headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded' },
            body: new URLSearchParams(form).toString(),
          }),
    });
    const text = await answer.body.text();
    if (answer.statusCode === 401 || answer.statusCode === 403) throw loginRefused(host, answer.statusCode);
    if (answer.statusCode !== 200) throw unreadable(host, `HTTP ${answer.statusCode}`);
    return { data: readAnswer(text, schema, host), headers: answer.headers };
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    const { code } = cause as { readonly code?: unknown };
    // The code of an aborted request is a number.
    throw unreachable(host, port, typeof code === 'string' ? code : end.signal.aborted ? 'ETIMEDOUT' : 'error', cause);
  } finally {
    cancel();
    void dispatcher.destroy();
  }
}

function readAnswer<Schema extends TSchema>(text: string, schema: Schema, host: string): Static<Schema> {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    throw unreadable(host, 'no JSON');
  }
  if (Value.Check(schema, data)) return data;
  throw unreadable(host, `unexpected at ${Value.Errors(schema, data)[0]?.instancePath || '/'}`);
}

export function unreachable(host: string, port: number, reason: string, cause: unknown): AppError {
  return new AppError('REGISTRY_UNREACHABLE', 'transient', `The registry centre ${host}:${port} does not respond: ${reason}.`, {
    values: { host, port, reason },
    fix: 'Check the address, the firewall and the certificate with the connection test of the adapter.',
    cause,
  });
}

export function unreadable(host: string, reason: string): AppError {
  return new AppError('REGISTRY_ANSWER', 'transient', `The registry centre ${host} gave no usable answer: ${reason}.`, {
    values: { host, reason },
    fix: 'Check the kind, the address with its path, and for Nacos the version of its API.',
  });
}

function loginRefused(host: string, status: number): AppError {
  return new AppError('REGISTRY_LOGIN', 'input', `The registry centre ${host} refuses the login (HTTP ${status}).`, {
    values: { host, status },
    fix: 'Turn Log in on and correct the credential of the adapter; a token needs the right to read services.',
  });
}
