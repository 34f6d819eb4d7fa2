import type { Clock } from '../../engine/contract/values/clock.ts';
import { createEnvelopes, type EncryptionOptions } from './envelopes.ts';
import { exchange, methodOf, sent, toAnswer, type Channel, type RequestOptions, type SignedAnswer } from './exchange.ts';
import type { Environment, TransportOptions } from './sdk-crypto.ts';
import { keepSession, sessionRefused, type Credentials, type OpenedSession, type SessionKeeper } from './sessions.ts';

interface ClientOptions {
  /** Base address of the front, for example `https://gateway.example:8443`. */
  readonly baseUrl: string;
  /** Certificate authorities in PEM, if the gateway's certificate is not publicly trusted. Browsers trust their own only. */
  readonly ca?: string;
  readonly timeoutMs?: number;
  readonly clock?: Pick<Clock, 'now'>;
}

export interface SigningClientOptions extends Credentials, ClientOptions {
  /** The platform's public keys in PEM by key id. */
  readonly platformKeys: Readonly<Record<string, string>>;
  /** Encrypts request bodies and opens encrypted responses. If absent, bodies are sent as they are. */
  readonly encryption?: EncryptionOptions;
  /**
   * Signs requests with a session (HMAC-SM3), which the key of the scheme SM2-SM3 opens every half hour. Needs
   * `encryption`, because the platform sends the session's key encrypted.
   */
  readonly sessions?: boolean;
}

export interface UserClientOptions extends ClientOptions {
  /** Returns the user's token (JWT). Called for each session that is opened. */
  token(): string | Promise<string>;
}

export interface SigningClient {
  /**
   * Signs and sends a request and verifies the response. Rejects with one of the SDK_ANSWER_… codes (see
   * `verifyAnswer`), or with SDK_NO_ANSWER (unknown-outcome) if no response arrives.
   */
  fetch(path: string, options?: RequestOptions): Promise<SignedAnswer>;
  close(): Promise<void>;
}

const APP_SESSIONS = '/open/v1/sessions';
const USER_SESSIONS = '/user/v1/sessions';
const CREATED = 201;

/** A client of the open front, for one app. */
export function createSigningClient(environment: Environment, options: SigningClientOptions): SigningClient {
  const { encryption, platformKeys, appId } = options;
  const envelopes = encryption && createEnvelopes(environment.crypto.encryption, encryption);
  const channel = openChannel(environment, options, { platformKeys, envelopes });
  const close = () => channel.transport.close();
  if (options.sessions !== true) return { fetch: (path, request = {}) => exchange(channel, options, path, request), close };
  const open = async () => {
    const answer = await exchange(channel, options, APP_SESSIONS, { method: 'POST' });
    if (answer.status !== CREATED)
      throw sessionRefused(
        answer.status,
        'Sign with an SM2 key, register an encryption key for the app, and pass its private half in `encryption`.',
      );
    return { ...(answer.json() as OpenedSession), appId };
  };
  return { fetch: fetchInSession(channel, keepSession(open, options.clock)), close };
}

/**
 * A client of the user front, for one user. It opens a session with the user's token, and signs requests with it, so
 * that none can be replayed. The user front does not sign its responses.
 */
export function createUserClient(environment: Environment, options: UserClientOptions): SigningClient {
  const channel = openChannel(environment, options, { platformKeys: undefined, envelopes: undefined });
  const url = new URL(USER_SESSIONS, options.baseUrl);
  const open = async () => {
    const headers = { authorization: `Bearer ${await options.token()}` };
    const answer = await sent(channel.transport, url, { method: 'POST', headers, body: undefined, signal: undefined });
    if (answer.status !== CREATED) throw sessionRefused(answer.status, 'Log the user in again for a new token.');
    return toAnswer(answer, answer.body, false).json() as Required<OpenedSession>;
  };
  return { fetch: fetchInSession(channel, keepSession(open, options.clock)), close: () => channel.transport.close() };
}

function openChannel(
  { crypto, openTransport }: Environment,
  { baseUrl, ca, timeoutMs = 10_000, clock = Date }: ClientOptions,
  front: Pick<Channel, 'platformKeys' | 'envelopes'>,
): Channel {
  const options: TransportOptions = { timeoutMs, ...(ca === undefined ? {} : { ca }) };
  return { crypto, transport: openTransport(options), baseUrl, clock, ...front };
}

function fetchInSession(channel: Channel, keeper: SessionKeeper): SigningClient['fetch'] {
  return async (path, request = {}) => {
    const credentials = await keeper.current();
    const answer = await exchange(channel, credentials, path, request);
    if (answer.verified || answer.status !== 401) return answer;
    keeper.forget(credentials);
    // Only a request that is never carried out twice is repeated: nothing proves where an unsigned answer came from.
    const isSafe = request.idempotencyKey !== undefined || methodOf(request) === 'GET';
    return isSafe ? exchange(channel, await keeper.current(), path, request) : answer;
  };
}
