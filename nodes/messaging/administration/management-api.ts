/** Calls the HTTP API of RabbitMQ's management plugin, with limits of time and size. Every answer is checked by a schema. */
import type { Static, TSchema } from 'typebox';
import { Value } from 'typebox/value';
import { buildConnector, Client } from 'undici';
import { guardConnector } from '../../../engine/contract/node/outbound-guard.ts';
import { AppError } from '../../../engine/contract/values/errors.ts';
import { brokerNotFound } from '../../../engine/contract/node/broker-administration.ts';
import type { Server, Target } from '../brokers/broker.ts';
import { loginRefused } from '../brokers/errors.ts';
import { apiFailed, brokerRefused } from './errors.ts';

/** One step of a path; a list of them cannot be confused with a text that contains slashes. */
export type Path = readonly string[];

type Method = 'GET' | 'PUT' | 'POST' | 'DELETE';

export type Outcome = 'created' | 'done' | 'absent';

const CREATED = 201;
const REDIRECT = 300;
const BAD_REQUEST = 400;
const UNAUTHORIZED = 401;
const FORBIDDEN = 403;
const NOT_FOUND = 404;

export class ManagementApi {
  readonly #target: Target;
  readonly #server: Server;
  readonly #limitBytes: number;
  readonly #client: Client;

  constructor(target: Target, server: Server, limitBytes: number) {
    this.#target = target;
    this.#server = server;
    this.#limitBytes = limitBytes;
    const { tls, outbound, connectTimeoutMs } = target;
    const host = server.host.includes(':') ? `[${server.host}]` : server.host;
    const connect = buildConnector({
      timeout: connectTimeoutMs,
      lookup: outbound.lookup(server.port),
      ...(tls?.ca === undefined ? {} : { ca: tls.ca }),
      ...(tls?.serverName === undefined ? {} : { servername: tls.serverName }),
    });
    this.#client = new Client(`${tls === undefined ? 'http' : 'https'}://${host}:${server.port}`, {
      connect: guardConnector(outbound, server.port, connect),
      headersTimeout: target.timeoutMs,
      bodyTimeout: target.timeoutMs,
      maxResponseSize: limitBytes,
    });
  }

  /** Rejects with NOT_FOUND (input) if there is nothing at the path. */
  async read<Schema extends TSchema>(path: Path, schema: Schema, query = ''): Promise<Static<Schema>> {
    return this.#checked(schema, await this.#ask('GET', path, undefined, query), path);
  }

  /** Asks a question that needs a body. Rejects with NOT_FOUND (input) if there is nothing at the path. */
  async ask<Schema extends TSchema>(path: Path, body: object, schema: Schema): Promise<Static<Schema>> {
    return this.#checked(schema, await this.#ask('POST', path, body), path);
  }

  async change(method: Method, path: Path, body?: object): Promise<Outcome> {
    const { status } = await this.#ask(method, path, body);
    return status === NOT_FOUND ? 'absent' : status === CREATED ? 'created' : 'done';
  }

  async close(): Promise<void> {
    await this.#client.destroy().catch(() => undefined);
  }

  #checked<Schema extends TSchema>(schema: Schema, { status, text }: Answer, path: Path): Static<Schema> {
    if (status === NOT_FOUND) throw brokerNotFound(path.at(-1) ?? '');
    const answer = parse(text);
    if (Value.Check(schema, answer)) return answer;
    throw apiFailed(this.#server, 'it is not that of RabbitMQ');
  }

  async #ask(method: Method, path: Path, body?: object, query = ''): Promise<Answer> {
    const { login, signal } = this.#target;
    const authorization = `Basic ${Buffer.from(`${login?.user ?? ''}:${login?.password ?? ''}`).toString('base64')}`;
    const type = body === undefined ? {} : { 'content-type': 'application/json' };
    let answer: Answer;
    try {
      const { statusCode, body: stream } = await this.#client.request({
        method,
        path: `/api/${path.map(pathStep).join('/')}${query}`,
        headers: { authorization, ...type },
        body: body === undefined ? null : JSON.stringify(body),
        signal: signal ?? null,
      });
      answer = { status: statusCode, text: await stream.text() };
    } catch (cause) {
      throw cause instanceof AppError ? cause : apiFailed(this.#server, cause);
    }
    const { status, text } = answer;
    // Redirects are never followed: they would lead to another server.
    if (status < REDIRECT || status === NOT_FOUND) return answer;
    const reason = reasonIn(text);
    if (status === UNAUTHORIZED && /login failed/i.test(reason)) throw loginRefused('password', undefined);
    if (status === UNAUTHORIZED || status === FORBIDDEN || status === BAD_REQUEST) throw brokerRefused(reason || `HTTP ${status}`);
    throw apiFailed(this.#server, `HTTP ${status}`);
  }
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

/** The server removes steps of dots even if they are percent-encoded, and would then answer for another path. */
function pathStep(step: string): string {
  if (step === '' || step === '.' || step === '..' || !step.isWellFormed()) throw brokerNotFound(step);
  return encodeURIComponent(step);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function reasonIn(text: string): string {
  const { reason } = (parse(text) ?? {}) as { readonly reason?: unknown };
  return typeof reason === 'string' ? reason : '';
}
