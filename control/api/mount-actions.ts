/**
 * Mounts a route for every action. The route authenticates the request, takes the input from path, query and body, runs
 * the action and sends the response.
 */
import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest, FastifySchema } from 'fastify';
import { Type, type TObject, type TSchema } from 'typebox';
import Value from 'typebox/value';
import { AppError } from '../../engine/contract/values/errors.ts';
import { isRecord } from '../../engine/contract/values/is-record.ts';
import type { Action } from '../action/action.ts';
import { FileOutput, headersOf } from '../action/file-output.ts';
import type { Actor } from '../access/actor.ts';
import type { RunAction, RunOptions } from '../action/run-action.ts';
import type { Authenticate } from './authenticate.ts';
import { toErrorAnswer } from './errors.ts';
import { ROUTES, type Route } from './routes.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /**
     * Builds the OpenAPI description of the route. Called only when the OpenAPI document is read, because it would slow
     * down each start.
     */
    readonly describe?: () => FastifySchema;
  }
}

export interface MountDeps {
  readonly actions: readonly Action[];
  readonly run: RunAction;
  readonly authenticate: Authenticate;
  /**
   * Called when an action has returned its result, for work that belongs to HTTP, such as clearing the cookie after a
   * logout.
   */
  readonly afterAction: (name: string, reply: FastifyReply) => void;
}

const BODY_BYTES = 1024 * 1024;
const LARGE_BODY_BYTES = 10 * BODY_BYTES;
const ACTOR = 'actor';

export function mountActions(app: FastifyInstance, deps: MountDeps): void {
  app.decorateRequest(ACTOR, undefined);
  const byName = new Map(deps.actions.map((action) => [action.name, action]));
  for (const route of ROUTES) {
    const action = byName.get(route.action);
    if (action === undefined)
      throw new AppError('CONTROL_ACTION_UNKNOWN', 'bug', `The route ${route.path} names no action: ${route.action}.`);
    mount(app, deps, route, action);
    byName.delete(route.action);
  }
  if (byName.size > 0) throw new AppError('CONTROL_ACTION_UNROUTED', 'bug', `Actions without a route: ${[...byName.keys()].join(', ')}.`);
}

function mount(app: FastifyInstance, deps: MountDeps, route: Route, action: Action): void {
  let known: InputParts | undefined;
  const partsOf = () => (known ??= splitInput(route, action.input));
  app.route({
    method: route.method,
    url: route.path,
    config: { describe: () => describe(route, action, partsOf()) },
    bodyLimit: route.large === true ? LARGE_BODY_BYTES : BODY_BYTES,
    // Authenticate before reading the body, so that a body without a login uses no memory.
    async onRequest(request) {
      request.setDecorator(ACTOR, await deps.authenticate(request));
    },
    async handler(request, reply) {
      const actor = request.getDecorator<Actor>(ACTOR);
      const input = gather(request, route, partsOf());
      const signal = signalOf(reply);
      const reason = { ...reasonOf(request), ...confirmationOf(request) };
      if (route.progress === true && request.headers.accept?.includes('application/x-ndjson') === true) {
        return streamProgress(reply, (progress) => deps.run(action.name, input, actor, { signal, ...reason, progress }));
      }
      const output = await deps.run(action.name, input, actor, { signal, ...reason });
      deps.afterAction(action.name, reply);
      return output instanceof FileOutput ? reply.headers(headersOf(output)).send(Readable.from(output.content)) : output;
    },
  });
}

interface InputParts {
  readonly params: TObject;
  readonly query: TObject;
  readonly body: TSchema | undefined;
}

/**
 * Splits the input fields: path parameters come from the path. The other fields come from the query (GET, DELETE, and
 * if the whole body is one field) or from the body.
 */
function splitInput(route: Route, input: TObject): InputParts {
  const inPath = new Set([...route.path.matchAll(/:(\w+)/g)].map((match) => match[1] ?? ''));
  const required = new Set<string>((input as { required?: readonly string[] }).required ?? []);
  const pick = (wanted: (name: string) => boolean) =>
    Type.Object(
      Object.fromEntries(
        Object.entries(input.properties)
          .filter(([name]) => wanted(name))
          .map(([name, schema]) => [name, required.has(name) ? schema : Type.Optional(schema)]),
      ),
      { additionalProperties: false },
    );
  const params = pick((name) => inPath.has(name));
  const isInBody = route.method === 'POST' || route.method === 'PUT';
  if (!isInBody) return { params, query: pick((name) => !inPath.has(name)), body: undefined };
  if (route.body !== undefined) {
    const query = pick((name) => !inPath.has(name) && name !== route.body);
    return { params, query, body: route.bodySchema ?? input.properties[route.body] };
  }
  const rest = pick((name) => !inPath.has(name));
  return { params, query: Type.Object({}), body: Object.keys(rest.properties).length === 0 ? undefined : rest };
}

/**
 * Gathers the input. Values of path and query are text and become numbers if the schema says so; the body is used
 * unchanged.
 */
function gather(request: FastifyRequest, route: Route, parts: InputParts): Record<string, unknown> {
  const fromUrl = { ...fromText(parts.query, request.query), ...fromText(parts.params, request.params) };
  const { body } = request;
  if (parts.body === undefined) return fromUrl;
  if (route.body !== undefined) return { ...fromUrl, [route.body]: body };
  if (!isRecord(body ?? {}))
    throw new AppError('REQUEST_MALFORMED', 'input', 'The body must be a JSON object.', {
      values: { problem: 'object' },
      fix: 'Send the fields that are described in /api/docs.',
    });
  return { ...(body as Record<string, unknown> | undefined), ...fromUrl };
}

function fromText(schema: TObject, values: unknown): Record<string, unknown> {
  const plain = { ...(values as Record<string, unknown>) };
  return Value.Convert(schema, plain) as Record<string, unknown>;
}

/** Returns a signal that aborts if the client disconnects before it gets the response. */
function signalOf(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  reply.raw.once('close', () => {
    if (reply.raw.writableFinished) return;
    controller.abort(new AppError('CALLER_LEFT', 'transient', 'The client disconnected before the response.', { fix: 'Ask again.' }));
  });
  return controller.signal;
}

/** Returns the reason that the person entered. It is percent-encoded, since headers are ASCII. */
function reasonOf(request: FastifyRequest): { readonly reason?: string } {
  const header = request.headers['x-kq-reason'];
  return typeof header === 'string' ? { reason: decodedText(header).slice(0, 500) } : {};
}

/**
 * Returns the password that the person entered again, percent-encoded like a reason, and the code of the second factor.
 */
function confirmationOf({ headers }: FastifyRequest): Pick<RunOptions, 'confirmation'> {
  const { 'x-kq-password': password, 'x-kq-code': code } = headers;
  if (typeof password !== 'string' || password === '') return {};
  return { confirmation: { password: decodedText(password), ...(typeof code === 'string' && code !== '' ? { code } : {}) } };
}

function decodedText(header: string): string {
  try {
    return decodeURIComponent(header);
  } catch {
    return header;
  }
}

type Progress = (event: Readonly<Record<string, unknown>>) => void;

/**
 * Writes one JSON value per line. The status is 200 once the stream has started, so the last line contains the result
 * or the error.
 */
async function streamProgress(reply: FastifyReply, work: (progress: Progress) => Promise<unknown>): Promise<FastifyReply> {
  reply.hijack();
  const { raw } = reply;
  const kept = Object.entries(reply.getHeaders()).filter(([, value]) => value !== undefined) as [string, string][];
  raw.writeHead(200, { ...Object.fromEntries(kept), 'content-type': 'application/x-ndjson; charset=utf-8', 'cache-control': 'no-store' });
  const write = (line: unknown) => raw.writable && raw.write(`${JSON.stringify(line)}\n`);
  try {
    write({ result: await work((event) => write({ progress: event })) });
  } catch (error) {
    const { status, body } = toErrorAnswer(error, reply.request);
    write({ error: { status, ...body } });
  }
  raw.end();
  return reply;
}

function describe(route: Route, action: Action, parts: InputParts): FastifySchema {
  const right = action.right === 'self' || action.right === 'member' ? 'any logged-in person' : action.right;
  const domains = typeof action.domain === 'string' ? action.domain : 'depends on the object';
  const answers = {
    200: 'Done',
    400: 'Malformed',
    401: 'Not logged in',
    403: 'Not allowed',
    404: 'Not there',
    409: 'Outdated revision or conflict',
    422: 'Refused, with all issues',
  };
  const stepUp = action.stepUp
    ? '\n\n须再次输入密码 / asks for the password again: header `x-kq-password`, percent-encoded; with a second factor also `x-kq-code`'
    : '';
  const needsReason = action.needsReason ? '\n\n须说明理由 / requires a reason: header `x-kq-reason`, percent-encoded' : '';
  return {
    operationId: action.name,
    summary: action.text['zh-CN'],
    description: `${action.text.en}.\n\n权限 / right: \`${right}\` · 服务域 / domains: \`${domains}\`${stepUp}${needsReason}`,
    tags: [action.name.split('.')[0] ?? 'other'],
    ...(Object.keys(parts.params.properties).length === 0 ? {} : { params: plainSchema(parts.params) }),
    ...(Object.keys(parts.query.properties).length === 0 ? {} : { querystring: plainSchema(parts.query) }),
    ...(parts.body === undefined ? {} : { body: plainSchema(parts.body) }),
    response: Object.fromEntries(
      Object.entries(answers).map(([status, description]) => [status, { description, type: 'object', additionalProperties: true }]),
    ),
  };
}

/** Returns a copy of the schema without `$id`, because the OpenAPI page would try to resolve it. */
function plainSchema(schema: TSchema): Record<string, unknown> {
  return JSON.parse(JSON.stringify(schema, (key, value: unknown) => (key === '$id' ? undefined : value))) as Record<string, unknown>;
}
