import { Agent, request, type Dispatcher } from 'undici';
import type { HeaderPair } from '../../engine/contract/kq1/kq1.ts';
import { MAX_ANSWER_BYTES, type Transport, type TransportOptions } from '../core/sdk-crypto.ts';

const CONNECTIONS = 32;
const CONNECT_MS = 3000;

export function openUndiciTransport({ timeoutMs, ca }: TransportOptions): Transport {
  const agent = new Agent({
    connections: CONNECTIONS,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    maxResponseSize: MAX_ANSWER_BYTES,
    connect: { timeout: Math.min(timeoutMs, CONNECT_MS), ...(ca === undefined ? {} : { ca }) },
  });
  return {
    async send(url, { method, headers: given, body: sent, signal }) {
      const options = { headers: given, body: sent ?? null, dispatcher: agent, ...(signal === undefined ? {} : { signal }) };
      const { statusCode, headers, body } = await request(url, { ...options, method: method as Dispatcher.HttpMethod });
      const pairs = Object.entries(headers).flatMap(([name, value]) => [value ?? []].flat().map((each): HeaderPair => [name, each]));
      return { status: statusCode, headers: pairs, body: new Uint8Array(await body.arrayBuffer()) };
    },
    close: () => agent.close(),
  };
}
