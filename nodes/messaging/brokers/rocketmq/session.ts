/** A client of one RocketMQ proxy: signed calls, its settings, and what keeps it known to the proxy. */
import { createHmac, randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Server, Target } from '../broker.ts';
import { openSocket } from '../connect.ts';
import { connectFailed, loginRefused, stopped } from '../errors.ts';
import { endedInTime, within } from '../within.ts';
import { GrpcConnection, GrpcError, type GrpcCall } from './grpc.ts';
import { decode, encode, StatusError, type Settings, type Status } from './protocol.ts';

const SERVICE = '/apache.rocketmq.v2.MessagingService/';
const HEARTBEAT_MS = 10_000;

/** What the client is to the proxy: a producer, or a consumer of one topic. */
export interface Role {
  readonly clientType: 1 | 3;
  readonly group?: string;
  readonly topic?: string;
}

/** Rejects with MESSAGING_CONNECT_FAILED or MESSAGING_STOPPED (transient), MESSAGING_LOGIN_REFUSED or OUTBOUND_REFUSED (input). */
export async function openSession(target: Target, server: Server, role: Role): Promise<Session> {
  const { connectTimeoutMs, clock } = target;
  const socket = await openSocket(target, server, 'h2');
  const grpc = new GrpcConnection(socket, server.host);
  const session = new Session(grpc, target, server, role);
  try {
    await within(clock, connectTimeoutMs, Promise.race([session.begin(), grpc.lost.then((error) => Promise.reject(error))]));
    return session;
  } catch (cause) {
    session.destroy();
    if (target.signal?.aborted) throw stopped();
    throw isLoginRefusal(cause) ? loginRefused('password', cause) : connectFailed(server, cause);
  }
}

/** A proxy without such users closes the call by a code of gRPC. */
function isLoginRefusal(cause: unknown): boolean {
  if (cause instanceof StatusError) return cause.status.code === 40_100 || cause.status.code === 40_300;
  return cause instanceof GrpcError && (cause.status === 7 || cause.status === 16);
}

export class Session {
  readonly server: Server;
  readonly #target: Target;
  readonly #role: Role;
  readonly #grpc: GrpcConnection;
  readonly #clientId: string;
  /** What the proxy decided for this client. */
  settings!: Settings;

  constructor(grpc: GrpcConnection, target: Target, server: Server, role: Role) {
    this.#grpc = grpc;
    this.#target = target;
    this.server = server;
    this.#role = role;
    this.#clientId = `${target.clientName.replace(/[^\w.-]/g, '-')}@${process.pid}@${randomUUID()}`;
  }

  get isOpen(): boolean {
    return this.#grpc.isOpen;
  }

  get lost(): Promise<Error> {
    return this.#grpc.lost;
  }

  /** Calls a method of one answer. Rejects with a GrpcError or the error of the connection. */
  async call<T>(method: string, request: object, answerName = `${method}Response`): Promise<T> {
    let answer: T | undefined;
    const { clock, timeoutMs } = this.#target;
    const { done, cancel } = this.receive(method, request, { answerName, ms: timeoutMs }, (given: T) => (answer = given));
    try {
      await within(clock, timeoutMs, done);
    } catch (error) {
      cancel();
      throw error;
    }
    if (answer === undefined) throw new Error(`${method} has no answer`);
    return answer;
  }

  /** Calls a method of several answers. `ms`: the maximum time of the proxy. */
  receive<T>(
    method: string,
    request: object,
    { answerName = `${method}Response`, ms }: { readonly answerName?: string; readonly ms: number },
    onAnswer: (answer: T) => void,
  ): GrpcCall {
    const read = (bytes: Buffer) => onAnswer(decode<T>(answerName, bytes));
    return this.#grpc.call(SERVICE + method, this.#headers(), encode(`${method}Request`, request), read, ms);
  }

  /** Tells the proxy who this is, and waits until it has said how to behave. */
  async begin(): Promise<void> {
    const { clock, connectTimeoutMs } = this.#target;
    const answered = Promise.withResolvers<void>();
    const stream = this.#grpc.stream(`${SERVICE}Telemetry`, this.#headers(), (bytes) => {
      const { status, settings } = decode<{ readonly status?: Status; readonly settings?: Settings }>('TelemetryCommand', bytes);
      if (settings === undefined || settings === null) {
        if (status !== undefined && status !== null) answered.reject(new StatusError(status));
        return;
      }
      this.settings = settings;
      answered.resolve();
    });
    // Without this stream the proxy forgets the client.
    stream.ended.then(
      () => this.#grpc.fail(new Error('the proxy ended the stream of settings')),
      (error: Error) => {
        answered.reject(error);
        this.#grpc.fail(error);
      },
    );
    stream.write(encode('TelemetryCommand', { settings: this.#ownSettings() }));
    await within(clock, connectTimeoutMs, answered.promise);
    this.#beatLater();
  }

  /** Says goodbye, so that the proxy forgets the client at once. Never rejects. */
  async close(): Promise<void> {
    const { group } = this.#role;
    const goodbye = { ...(group === undefined ? {} : { group: { name: group } }) };
    if (this.isOpen) await endedInTime(this.#target.clock, this.call('NotifyClientTermination', goodbye, 'StatusResponse'));
    this.#grpc.close();
  }

  /** Ends the connection without any goodbye. */
  destroy(): void {
    this.#grpc.close();
  }

  #ownSettings(): object {
    const { clientType, group, topic } = this.#role;
    const { timeoutMs } = this.#target;
    return {
      clientType,
      accessPoint: endpointsOf(this.server),
      requestTimeout: duration(timeoutMs),
      userAgent: { language: 8, version: '5.0.0', platform: process.platform, hostname: hostname() },
      ...(group === undefined
        ? { publishing: { topics: [] } }
        : { subscription: { group: { name: group }, subscriptions: [{ topic: { name: topic }, expression: EVERYTHING }] } }),
    };
  }

  #beatLater(): void {
    const cancel = this.#target.clock.after(HEARTBEAT_MS, () => {
      if (!this.isOpen) return;
      const { clientType, group } = this.#role;
      const beat = { clientType, ...(group === undefined ? {} : { group: { name: group } }) };
      this.call('Heartbeat', beat, 'StatusResponse').catch((error: unknown) => this.#grpc.fail(error as Error));
      this.#beatLater();
    });
    void this.lost.then(() => cancel());
  }

  /** The proxy knows the client by these headers, and checks the signature of the time. */
  #headers(): Record<string, string> {
    const { login } = this.#target;
    const at = new Date(this.#target.clock.now()).toISOString().replace(/[-:]|\.\d+/g, '');
    const headers = {
      'x-mq-protocol': 'v2',
      'x-mq-client-id': this.#clientId,
      'x-mq-client-version': '5.1.0',
      'x-mq-language': 'HTTP',
      'x-mq-request-id': randomUUID(),
      'x-mq-date-time': at,
    };
    if (login === undefined) return headers;
    const signature = createHmac('sha1', login.password).update(at).digest('hex').toUpperCase();
    const signed = `Credential=${login.user}, SignedHeaders=x-mq-date-time, Signature=${signature}`;
    return { ...headers, authorization: `MQv2-HMAC-SHA1 ${signed}` };
  }
}

export const EVERYTHING = { type: 1, expression: '*' } as const;

export function duration(ms: number): { readonly seconds: number; readonly nanos: number } {
  return { seconds: Math.floor(ms / 1000), nanos: (ms % 1000) * 1_000_000 };
}

export function endpointsOf({ host, port }: Server): object {
  const scheme = /^[\d.]+$/.test(host) ? 1 : host.includes(':') ? 2 : 3;
  return { scheme, addresses: [{ host, port }] };
}
