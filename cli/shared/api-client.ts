/**
 * A client of the admin API for the command line. It sends and returns JSON, reports progress lines, and has one error
 * class for errors of control.
 */
import { Agent, fetch } from 'undici';
import { ApiError, ConnectionError } from './api-errors.ts';

export interface ApiTarget {
  readonly address: string;
  readonly token?: string;
  /** PEM of the authority that signed the certificate of control. */
  readonly ca?: string;
  readonly cookie?: string;
  /** The password of the user. It is sent with every call, because dangerous actions require it again. */
  readonly password?: string;
}

export interface ApiClient {
  call(method: string, path: string, body?: unknown): Promise<unknown>;
  /** Sends a POST request and calls `onProgress` for each step that control reports. Returns the result. */
  follow<Progress = Readonly<Record<string, unknown>>>(
    path: string,
    body: unknown,
    onProgress: (event: Progress) => void,
  ): Promise<unknown>;
  /** Logs in and returns a client with the session. This client sends the password with every call. */
  login(name: string, password: string, code?: string): Promise<LoggedIn>;
  /** Returns a client for the same session that sends this password. */
  withPassword(password: string): ApiClient;
  close(): Promise<void>;
}

export interface LoggedIn {
  readonly client: ApiClient;
  readonly mustChangePassword: boolean;
  readonly mustSetUpSecondFactor: boolean;
}

export function createApiClient(target: ApiTarget, signal: AbortSignal): ApiClient {
  const dispatcher = new Agent({
    connect: target.ca === undefined ? {} : { ca: target.ca },
    headersTimeout: 300_000,
    bodyTimeout: 300_000,
  });

  async function send(method: string, path: string, body: unknown, accept: string) {
    const headers = {
      accept,
      'x-kq-client': 'cli',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(target.token === undefined ? {} : { authorization: `Bearer ${target.token}` }),
      ...(target.cookie === undefined ? {} : { cookie: target.cookie }),
      ...(target.password === undefined ? {} : { 'x-kq-password': encodeURIComponent(target.password) }),
    };
    const json = body === undefined ? {} : { body: JSON.stringify(body) };
    try {
      return await fetch(`${target.address}/api/v1${path}`, { method, headers, signal, dispatcher, ...json });
    } catch (error) {
      if (signal.aborted) throw error;
      throw new ConnectionError(
        `Control does not respond at ${target.address}: ${reasonOf(error)}. Start it with \`kangqiao start\`, or set its address with --address.`,
        { cause: error },
      );
    }
  }

  /** The connection ended in the middle of a response: the call may have had its effect or not. */
  function brokenOff(error: unknown): never {
    if (signal.aborted) throw error;
    throw new ConnectionError(`${BROKEN_OFF}: ${reasonOf(error)}.`, { cause: error });
  }

  return {
    async call(method, path, body) {
      const response = await send(method, path, body, 'application/json');
      return readAnswer(response.status, await response.text().catch(brokenOff));
    },
    async follow<Progress>(path: string, body: unknown, onProgress: (event: Progress) => void) {
      const response = await send('POST', path, body, 'application/x-ndjson');
      if (response.headers.get('content-type')?.includes('x-ndjson') !== true)
        return readAnswer(response.status, await response.text().catch(brokenOff));
      for await (const line of linesOf(response.body, brokenOff)) {
        const { progress, result, error } = JSON.parse(line) as Lines<Progress>;
        if (error !== undefined) throw new ApiError(error.status, error);
        if (progress === undefined) return result;
        onProgress(progress);
      }
      throw new ConnectionError(`${BROKEN_OFF}.`);
    },
    async login(name, password, code) {
      const response = await send('POST', '/login', { name, password, ...(code === undefined ? {} : { code }) }, 'application/json');
      const { mustChangePassword, mustSetUpSecondFactor = false } = readAnswer(
        response.status,
        await response.text().catch(brokenOff),
      ) as LoggedIn;
      const cookie = response.headers.getSetCookie()[0]?.split(';')[0] ?? '';
      const { token: _token, ...own } = target;
      return { client: createApiClient({ ...own, cookie, password }, signal), mustChangePassword, mustSetUpSecondFactor };
    },
    withPassword: (password) => createApiClient({ ...target, password }, signal),
    close: () => dispatcher.close(),
  };
}

const BROKEN_OFF = 'Control disconnected before it had finished; check the current state with `kangqiao flow list`';

interface Lines<Progress> {
  readonly progress?: Progress;
  readonly result?: unknown;
  readonly error?: Readonly<Record<string, unknown>> & { readonly status: number };
}

function readAnswer(status: number, text: string): unknown {
  const body = text === '' ? undefined : parseJson(text);
  if (status < 400 && text !== '' && body === undefined) throw new ApiError(status, { message: NOT_CONTROL });
  if (status < 400) return body;
  throw new ApiError(status, (body ?? {}) as Readonly<Record<string, unknown>>);
}

const NOT_CONTROL = 'The response is not JSON, so it is not from control. Check the address and any proxy in front of it.';

/** Returns undefined for a text that is not JSON, for example the error page of a proxy. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Yields complete lines only. A last line without a line break was cut off and is dropped. */
async function* linesOf(body: AsyncIterable<Uint8Array> | null, brokenOff: (error: unknown) => never): AsyncIterable<string> {
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for await (const chunk of body ?? []) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      yield* lines.filter((line) => line !== '');
    }
  } catch (error) {
    brokenOff(error);
  }
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? ('code' in cause ? String(cause.code) : cause.message) : 'unknown';
}
