import type { RunFlow } from '../../engine/contract/node/run-flow.ts';
import type { Clock } from '../../engine/contract/values/clock.ts';
import { createMessage } from '../../engine/contract/values/message.ts';
import type { InterfaceDocument } from '../documents/interface-document.ts';
import { addressesOf } from '../documents/upstream-target.ts';
import { parseJson } from '../shared/parse-json.ts';
import type { UpstreamPools } from '../upstream/create-pools.ts';
import type { AskProvider } from './create-relations.ts';

export interface AskDeps {
  readonly runFlow: RunFlow;
  readonly pools: Pick<UpstreamPools, 'open' | 'release'>;
  readonly clock: Clock;
}

const DEADLINE_MS = 2_000;
const MOST_BYTES = 1024 * 1024;

/**
 * Asks the target of an interface, past its policies: a flow with the body `{relation, subject}`, or a service with the
 * same body or, for GET, in the query. A service is asked at its first instances until one replies with 200, else this
 * rejects.
 */
export function createAskProvider(deps: AskDeps): AskProvider {
  return (provider, question, about) => {
    const { target } = provider;
    return target.kind === 'flow'
      ? askFlow(provider, target.flowId, question, about.traceId, deps)
      : askInTurn(provider, addressesOf(target), question, about.signal, deps);
  };
}

type Question = Parameters<AskProvider>[1];

async function askFlow(provider: InterfaceDocument, flowId: string, question: Question, traceId: string, { runFlow, clock }: AskDeps) {
  const { relation, subject } = question;
  const result = await runFlow.call({
    ...{ flowId, traceId, deadlineMs: clock.now() + DEADLINE_MS, onLeave: () => undefined },
    caller: { interfaceId: provider.interfaceId, appId: '' },
    message: createMessage({ body: { relation, subject }, query: {}, params: {} }, { headers: {} }),
  });
  if (result.outcome !== 'replied' || result.reply.status !== 200) throw new Error('the flow did not reply');
  return result.reply.message.data;
}

const MOST_INSTANCES_ASKED = 3;

async function askInTurn(
  provider: InterfaceDocument,
  addresses: readonly string[],
  question: Question,
  signal: AbortSignal,
  deps: AskDeps,
): Promise<unknown> {
  let failure: unknown;
  for (const address of addresses.slice(0, MOST_INSTANCES_ASKED)) {
    try {
      return await askService(provider, address, question, signal, deps);
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

async function askService(
  { method, path }: InterfaceDocument,
  address: string,
  { relation, subject }: Question,
  signal: AbortSignal,
  { pools }: AskDeps,
): Promise<unknown> {
  const instance = pools.open(address);
  try {
    const isRead = method === 'GET';
    const query = isRead ? `?relation=${encodeURIComponent(relation)}&subject=${encodeURIComponent(subject)}` : '';
    const { statusCode, body } = await instance.pool.request({
      ...{ method, path: instance.prefix + path + query, signal },
      headers: { accept: 'application/json', ...(!isRead && { 'content-type': 'application/json' }) },
      body: isRead ? null : JSON.stringify({ relation, subject }),
    });
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      size += chunk.byteLength;
      if (size > MOST_BYTES) throw new Error('the reply is too large');
      chunks.push(chunk);
    }
    const parsed = parseJson(Buffer.concat(chunks));
    if (statusCode !== 200 || 'problem' in parsed) throw new Error('the service did not reply with JSON');
    return parsed.value;
  } finally {
    pools.release([instance]);
  }
}
