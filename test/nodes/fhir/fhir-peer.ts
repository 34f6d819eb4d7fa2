/** A FHIR server for contract tests, and the behaviour of sockets that every node that calls one shows. */
import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import type { TestContext } from 'node:test';
import type { Message } from '../../../engine/contract/values/message.ts';
import type { NodeDefinition } from '../../../engine/contract/node/node.ts';
import { runNode, type RunNodeOptions } from '../../../engine/testing/run-node.ts';
import { httpPeer, tcpPeer, type Received } from '../support/peers.ts';

export interface Sent {
  readonly definition: NodeDefinition;
  readonly config: RunNodeOptions['config'];
  readonly data?: unknown;
  /** What the server returns for it. */
  readonly answer: unknown;
  /** The kind of the error when no answer comes. */
  readonly lost: 'transient' | 'unknown-outcome';
}

type Limits = NonNullable<NonNullable<RunNodeOptions['adapter']>['limits']>;

export async function run(
  { definition, config, data }: Pick<Sent, 'definition' | 'config' | 'data'>,
  baseUrl: string,
  more: Partial<RunNodeOptions> & { readonly limits?: Limits } = {},
): Promise<Message> {
  const { limits = {}, ...options } = more;
  const outcome = await runNode(definition, { config, data, adapter: { settings: { baseUrl }, limits }, ...options } as RunNodeOptions);
  assert.ok('emit' in outcome);
  return outcome.emit!['ok']![0]!;
}

export function json(response: ServerResponse, body: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): void {
  response.writeHead(status, { 'content-type': 'application/fhir+json; charset=utf-8', ...headers });
  response.end(body === undefined ? undefined : JSON.stringify(body));
}

export async function fhirPeer(t: TestContext, answer: (request: Received, response: ServerResponse) => void) {
  return httpPeer(t, answer);
}

export async function waitsForSlowServer(t: TestContext, sent: Sent): Promise<void> {
  const { baseUrl } = await httpPeer(t, (_request, response) => void setTimeout(() => json(response, sent.answer), 120));
  await run(sent, baseUrl, { limits: { timeoutMs: 5000 } });
}

export async function givesUpOnSilentServer(t: TestContext, sent: Sent): Promise<void> {
  const { baseUrl } = await tcpPeer(t, () => undefined);
  await assert.rejects(run(sent, baseUrl, { limits: { timeoutMs: 200 } }), { code: 'HTTP_NO_ANSWER', kind: sent.lost });
}

export async function repeatsWithItsKey(t: TestContext, sent: Sent): Promise<void> {
  const { baseUrl, requests } = await httpPeer(t, (_request, response) => json(response, sent.answer));
  for (const attempt of [1, 2]) await run(sent, baseUrl, { idempotencyKey: 'k-1', attempt });
  const expected = sent.lost === 'transient' ? undefined : 'k-1';
  assert.deepEqual(
    requests.map(({ headers }) => headers['idempotency-key']),
    [expected, expected],
  );
  assert.equal(requests[0]!.body, requests[1]!.body);
}

export async function endsOnCancel(t: TestContext, sent: Sent): Promise<void> {
  const closed = Promise.withResolvers<void>();
  const cancel = new AbortController();
  const { baseUrl } = await tcpPeer(t, (socket) => {
    socket.once('data', () => cancel.abort(new Error('cancelled by a person')));
    socket.once('close', () => closed.resolve());
  });
  await assert.rejects(run(sent, baseUrl, { signal: cancel.signal }), { code: 'HTTP_NO_ANSWER', kind: sent.lost });
  await closed.promise;
}

export const OUTCOME = {
  resourceType: 'OperationOutcome',
  issue: [
    {
      severity: 'error',
      code: 'required',
      expression: ['Patient.name[0].family'],
      diagnostics: '张三 的姓缺失',
      details: { text: '张三' },
    },
    { severity: 'error', code: 'not a code 张三' },
  ],
};

/** A refusal gives the codes and places of the OperationOutcome, but nothing that could name a patient. */
export async function tellsOutcome(t: TestContext, sent: Sent): Promise<void> {
  const { baseUrl } = await httpPeer(t, (_request, response) => json(response, OUTCOME, 422));
  await assert.rejects(run(sent, baseUrl), (error: Error & { code: string; kind: string; values: unknown }) => {
    assert.deepEqual([error.code, error.kind], ['FHIR_REFUSED', 'input']);
    assert.deepEqual(error.values, { status: 422, codes: 'required', places: 'Patient.name[0].family' });
    return !JSON.stringify(error).includes('张三') && !error.message.includes('张三');
  });
  const plain = await httpPeer(t, (_request, response) => void response.writeHead(503).end('<html>busy</html>'));
  await assert.rejects(run(sent, plain.baseUrl), { code: 'HTTP_BUSY', kind: 'transient' });
  const page = await httpPeer(t, (_request, response) => void response.end('<html>'));
  await assert.rejects(run(sent, page.baseUrl), { code: 'FHIR_ANSWER_UNREADABLE' });
}
