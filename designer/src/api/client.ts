/**
 * The client of the admin API. `call` is for a plain call, `readList` for a whole list, and `callWithProgress` for long
 * work.
 */
import type { Issue } from '../../../engine/contract/values/errors.ts';
import type { Input, ListId, OperationId, Output } from './operation-types.ts';
import { OPERATIONS } from './operations.ts';
import type { Progress } from './progress.ts';
import { readPages } from './read-pages.ts';
import { askConfirmation, type Confirmation } from './step-up.ts';

export interface CallOptions {
  readonly signal?: AbortSignal;
  /** The user's reason for the call, which the audit trail stores. */
  readonly reason?: string;
}

/** An error of the API: a refusal, or no response at all (code `UNREACHABLE`, status 0). */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly code: string;
  readonly fix: string | undefined;
  readonly values: Readonly<Record<string, string | number | boolean>>;
  readonly issues: readonly Issue[];
  readonly requestId: string | undefined;
  /**
   * The whole response body. If a save was refused because its revision is outdated, it contains the version that was
   * sent (`yours`) and the platform's current version (`theirs`).
   */
  readonly body: Readonly<Record<string, unknown>>;

  constructor(status: number, body: Readonly<Record<string, unknown>>) {
    super(typeof body['message'] === 'string' ? body['message'] : 'The platform gave no readable answer.');
    this.status = status;
    this.body = body;
    this.code = typeof body['code'] === 'string' ? body['code'] : 'UNREACHABLE';
    this.fix = typeof body['fix'] === 'string' ? body['fix'] : undefined;
    this.values = (body['values'] ?? {}) as ApiError['values'];
    this.issues = (body['issues'] ?? []) as readonly Issue[];
    this.requestId = typeof body['requestId'] === 'string' ? body['requestId'] : undefined;
  }
}

/** Thrown if the user closed the password prompt. Nothing was done, and no error is shown. */
export class ConfirmationGivenUp extends ApiError {
  constructor() {
    super(403, { code: 'STEP_UP_REQUIRED', message: 'The password was not given.' });
  }
}

/** Name of the window event that is sent when the platform no longer knows the session. */
export const LOGGED_OUT = 'kq-logged-out';

/** Calls one operation and returns its output. Throws ApiError if the call is refused or gets no response. */
export async function call<Id extends OperationId>(id: Id, input: Input<Id>, options: CallOptions = {}): Promise<Output<Id>> {
  const response = await send(id, input as Record<string, unknown>, options);
  return (await readJson(response, options.signal)) as Output<Id>;
}

/** Calls a list operation again and again until it has read all pages. Returns the whole list. */
export function readList<Id extends ListId>(id: Id, input: Input<Id>, options: CallOptions = {}): Promise<Output<Id>> {
  return readPages((after) => call(id, after === undefined ? input : Object.assign({}, input, { after }), options));
}

/**
 * Calls an operation that takes long, and calls `onProgress` at every step. Aborting `signal` also stops the work on
 * the server.
 */
export async function callWithProgress<Id extends OperationId>(
  id: Id,
  input: Input<Id>,
  onProgress: (event: Progress<Id>) => void,
  options: CallOptions = {},
): Promise<Output<Id>> {
  const response = await send(id, input as Record<string, unknown>, options, 'application/x-ndjson');
  if (response.headers.get('content-type')?.startsWith('application/x-ndjson') !== true || response.body === null)
    return (await readJson(response, options.signal)) as Output<Id>;
  for await (const line of linesOf(response.body, options.signal)) {
    const event = parse(line) as { progress?: Progress<Id>; result?: unknown; error?: Record<string, unknown> } | undefined;
    // The connection ended within a line.
    if (event === undefined) break;
    if (event.progress !== undefined) onProgress(event.progress);
    if (event.error !== undefined) throw new ApiError(Number(event.error['status'] ?? 500), event.error);
    if ('result' in event) return event.result as Output<Id>;
  }
  throw unreachable();
}

/** Calls an operation that returns a file, and returns its bytes. */
export async function callForFile<Id extends OperationId>(id: Id, input: Input<Id>, options: CallOptions = {}): Promise<Blob> {
  const response = await send(id, input as Record<string, unknown>, options, 'application/octet-stream');
  if (!response.ok) await readJson(response, options.signal);
  return orUnreachable(response.blob(), options.signal);
}

/** Logs in. This is not one of the operations, since it creates the session. */
export async function login(name: string, password: string, code?: string): Promise<void> {
  await readJson(await fetchJson('POST', '/api/v1/login', { name, password, ...(code === undefined ? {} : { code }) }, {}));
}

/** Error codes for a wrong or missing confirmation. The user is then asked for the password again. */
const UNCONFIRMED: ReadonlySet<string> = new Set(['STEP_UP_REQUIRED', 'STEP_UP_REFUSED']);

/** Sends an operation. If it requires confirmation, asks for the password until it is right or the user gives up. */
async function send(id: OperationId, input: Record<string, unknown>, options: CallOptions, accept?: string): Promise<Response> {
  if (!('stepUp' in OPERATIONS[id])) return sendOnce(id, input, options, accept);
  for (let problem: ApiError | undefined; ;) {
    const confirmation = await askConfirmation(problem);
    if (confirmation === undefined) throw new ConfirmationGivenUp();
    const response = await sendOnce(id, input, { ...options, confirmation }, accept);
    if (response.status !== 403) return response;
    const text = await orUnreachable(response.clone().text(), options.signal);
    problem = new ApiError(403, (parse(text) ?? {}) as Record<string, unknown>);
    if (!UNCONFIRMED.has(problem.code)) return response;
  }
}

type SendOptions = CallOptions & { readonly confirmation?: Confirmation };

async function sendOnce(id: OperationId, input: Record<string, unknown>, options: SendOptions, accept?: string): Promise<Response> {
  const operation: { readonly method: string; readonly path: string; readonly body?: string } = OPERATIONS[id];
  // The reason of a mutation is sent in a header.
  const { $reason: _reason, ...rest } = input;
  const path = operation.path.replace(/:(\w+)/g, (_all, name: string) => {
    const value = rest[name];
    delete rest[name];
    return encodeURIComponent(String(value));
  });
  const isInBody = operation.method === 'POST' || operation.method === 'PUT';
  const { [operation.body ?? '']: whole, ...others } = rest;
  const body = !isInBody ? undefined : operation.body === undefined ? rest : whole;
  const query = isInBody && operation.body === undefined ? '' : queryOf(others);
  const response = await fetchJson(operation.method, `/api/v1${path}${query}`, body, options, accept);
  // The caller of `me.get` handles an ended session itself.
  if (response.status === 401 && id !== 'me.get') window.dispatchEvent(new Event(LOGGED_OUT));
  return response;
}

async function fetchJson(
  method: string,
  url: string,
  body: unknown,
  { signal, reason, confirmation }: SendOptions,
  accept = 'application/json',
): Promise<Response> {
  const headers: Record<string, string> = { accept, 'x-kq-client': 'console' };
  if (body !== undefined) headers['content-type'] = 'application/json';
  if (reason !== undefined) headers['x-kq-reason'] = encodeURIComponent(reason);
  if (confirmation !== undefined) headers['x-kq-password'] = encodeURIComponent(confirmation.password);
  if (confirmation?.code !== undefined) headers['x-kq-code'] = encodeURIComponent(confirmation.code);
  const json = body === undefined ? {} : { body: JSON.stringify(body) };
  const answer = fetch(url, { method, headers, credentials: 'same-origin', ...json, ...(signal === undefined ? {} : { signal }) });
  return orUnreachable(answer, signal);
}

async function readJson(response: Response, signal?: AbortSignal): Promise<unknown> {
  const text = await orUnreachable(response.text(), signal);
  const body = parse(text);
  if (response.ok && body !== undefined) return body;
  throw new ApiError(response.status, (body ?? {}) as Record<string, unknown>);
}

function parse(text: string): unknown {
  try {
    return text === '' ? {} : JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A response that ends in the middle counts as no response: the call may have had its effect or not. */
async function orUnreachable<T>(answer: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (signal?.aborted === true) throw error;
    throw unreachable();
  }
}

function unreachable(): ApiError {
  return new ApiError(0, {
    code: 'UNREACHABLE',
    message: 'The platform cannot be reached.',
    fix: 'Check the network; the page goes on by itself.',
  });
}

function queryOf(values: Readonly<Record<string, unknown>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined) continue;
    for (const one of Array.isArray(value) ? (value as unknown[]) : [value]) query.append(name, String(one));
  }
  return query.size === 0 ? '' : `?${query.toString()}`;
}

async function* linesOf(stream: ReadableStream<Uint8Array>, signal: AbortSignal | undefined): AsyncGenerator<string> {
  const reader = stream.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>).getReader();
  let rest = '';
  for (;;) {
    const { done, value } = await orUnreachable(reader.read(), signal);
    if (done) break;
    const lines = (rest + value).split('\n');
    rest = lines.pop() ?? '';
    yield* lines.filter((line) => line !== '');
  }
  if (rest !== '') yield rest;
}
