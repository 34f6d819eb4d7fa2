import { Type } from 'typebox';
import { definePolicy, type Claim, type Exchange, type GatewayError } from '../contract.ts';
import type { InterfaceDocument } from '../documents.ts';
import { refuse } from '../errors.ts';
import type { Front } from '../../engine/contract/access.ts';
import type { Crypto, Hash } from '../../engine/contract/ports/crypto.ts';

const DEFAULT_LIMIT_BYTES = 10 * 1024 * 1024;
const DEFAULT_BUDGET_BYTES = 256 * 1024 * 1024;
/** Smaller bodies are read whole: they can be sent again, and cost one write. */
const STREAM_ABOVE_BYTES = 64 * 1024;
const NOTHING = new Uint8Array(0);

/** Who has broken into the DMZ may not have so much held that calls of internal systems are refused. */
const SHARE_OF_DMZ = 0.5;

/** Bytes held by all requests together, and those of them that the DMZ handed over. */
interface Budget {
  usedBytes: number;
  relayedBytes: number;
}

/**
 * Reads the body under a hard cap, counted while it comes (also chunked), and digests it meanwhile. On bus and user fronts a body of declared
 * length that nobody needs to look into is left on the wire for the upstream. All bodies together stay within a budget, then 503.
 */
export default definePolicy({
  name: 'body',
  stage: 'body',
  fronts: ['open', 'user', 'bus'],
  text: {
    label: { 'zh-CN': '请求体上限', en: 'Body limit' },
    help: {
      'zh-CN': '边读取边计数，超过请求体上限（默认 10 MB）返回 GW41301。',
      en: 'Counts while reading; beyond the largest body (10 MB by default) answers GW41301.',
    },
  },
  options: Type.Object({}, { additionalProperties: false }),
  isDefault: () => true,
  isOptional: () => false,
  compile(_options, target, front, { crypto, memo, settings }) {
    const limit = target!.bodyLimitBytes ?? DEFAULT_LIMIT_BYTES;
    const budget = memo<Budget>('body budget', () => ({ usedBytes: 0, relayedBytes: 0 }));
    const budgetBytes = settings.limits?.bodyBudgetBytes ?? DEFAULT_BUDGET_BYTES;
    const mayStream = isStreamable(target!, front);
    return (exchange) => {
      const { incoming } = exchange;
      const declared = incoming.get('content-length');
      if (declared === undefined && !incoming.has('transfer-encoding')) return takeEmpty(exchange, crypto);
      const length = declared === undefined ? undefined : Number(declared);
      if (length !== undefined && !(length <= limit)) return refuse('GW41301');
      if (length === 0) return takeEmpty(exchange, crypto);
      if (incoming.has('expect')) exchange.response.writeContinue();
      if (mayStream && length !== undefined && length > STREAM_ABOVE_BYTES) {
        exchange.isBodyStreamed = true;
        exchange.bytesIn = length;
        return undefined;
      }
      return readBody(exchange, limit, budget, budgetBytes, crypto);
    };
  },
});

function isStreamable({ target, requestSchema, log }: InterfaceDocument, front: Front): boolean {
  return front !== 'open' && target.kind === 'upstream' && requestSchema === undefined && log !== 'in' && log !== 'full';
}

function takeEmpty(exchange: Exchange, crypto: Crypto): undefined {
  exchange.body = NOTHING;
  if (exchange.claim !== undefined) exchange.bodyDigest = crypto.digest(exchange.claim.digestAlgorithm, NOTHING);
  return undefined;
}

function readBody(
  exchange: Exchange,
  limit: number,
  budget: Budget,
  budgetBytes: number,
  crypto: Crypto,
): Promise<GatewayError | undefined> {
  const { request, claim, relay } = exchange;
  const chunks: Buffer[] = [];
  let hash: Hash | undefined;
  let size = 0;
  const count = (bytes: number) => {
    budget.usedBytes += bytes;
    if (relay !== undefined) budget.relayedBytes += bytes;
    return budget.usedBytes <= budgetBytes && (relay === undefined || budget.relayedBytes <= budgetBytes * SHARE_OF_DMZ);
  };
  exchange.onEnd(() => void count(-size));
  return new Promise((resolve) => {
    const settle = (error: GatewayError | undefined) => {
      request.off('data', take).off('end', finish).off('close', leave);
      resolve(error);
    };
    const take = (chunk: Buffer) => {
      size += chunk.length;
      const hasRoom = count(chunk.length);
      exchange.bytesIn = size;
      if (size > limit) return settle(refuse('GW41301'));
      if (!hasRoom) return settle(refuse('GW50301'));
      chunks.push(chunk);
      if (claim !== undefined && chunks.length > 1) {
        hash ??= startHash(crypto, claim, chunks[0]!);
        hash.update(chunk);
      }
    };
    const finish = () => {
      exchange.body = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, size);
      // Of one chunk, as most bodies are, it costs half as much to make it at once.
      if (claim !== undefined) exchange.bodyDigest = hash?.digest() ?? crypto.digest(claim.digestAlgorithm, exchange.body);
      settle(undefined);
    };
    const leave = () => settle(refuse('GW40001'));
    request.on('data', take).on('end', finish).on('close', leave).on('error', leave);
  });
}

function startHash(crypto: Crypto, { digestAlgorithm }: Claim, first: Uint8Array): Hash {
  const hash = crypto.createHash(digestAlgorithm);
  hash.update(first);
  return hash;
}
