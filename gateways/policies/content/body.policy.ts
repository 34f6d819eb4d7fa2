import { Type } from 'typebox';
import { definePolicy, type Exchange, type GatewayError, type PolicyDeps } from '../../contract.ts';
import { bodyLimitOf, refuseTooLarge } from '../../content/body-limit.ts';
import { refuse } from '../../errors.ts';
import type { Crypto, DigestAlgorithm, Hash } from '../../../engine/contract/ports/crypto.ts';

/**
 * Bodies up to this size are read as a whole. Then the request can be sent again to another instance, and takes only
 * one write.
 */
const STREAM_ABOVE_BYTES = 64 * 1024;
const NOTHING = new Uint8Array(0);

/**
 * Reads the body and computes its digest. Counts the bytes as they arrive (also chunked) and stops at the limit. On the
 * bus and user fronts, a larger body is not read here if its length is declared and no policy needs its content; the
 * call stage streams it to the upstream. All bodies together stay within a memory budget. When the memory is full, a
 * body of the network that holds the most bytes is refused with 503.
 */
export default definePolicy({
  name: 'body',
  stage: 'body',
  fronts: ['open', 'user', 'bus'],
  text: {
    label: { 'zh-CN': '请求体上限', en: 'Body limit' },
    help: {
      'zh-CN': '边读取边计数，超过请求体上限（默认 10 MB）返回 GW41301。',
      en: 'Counts while reading; a body that is too large (10 MB by default) is refused with GW41301.',
    },
  },
  options: Type.Object({}, { additionalProperties: false }),
  isDefault: () => true,
  isOptional: () => false,
  explain:
    (_options, target, _front, { crypto }) =>
    (exchange) => {
      const { body = NOTHING, profile } = exchange;
      const limit = bodyLimitOf(target!, profile);
      if (body.byteLength > limit) return refuseTooLarge(limit);
      const algorithm = digestAlgorithmOf(exchange);
      if (algorithm !== undefined) exchange.bodyDigest = crypto.digest(algorithm, body);
      return undefined;
    },
  compile(_options, target, _front, { bodies, crypto }) {
    const usual = limitedTo(bodyLimitOf(target!));
    return (exchange) => {
      const { incoming, profile } = exchange;
      const { limit, tooLarge } = profile === undefined ? usual : limitedTo(bodyLimitOf(target!, profile));
      const declared = incoming.get('content-length');
      if (declared === undefined && !incoming.has('transfer-encoding')) return takeEmpty(exchange, crypto);
      const length = declared === undefined ? undefined : Number(declared);
      if (length !== undefined && !(length <= limit)) return tooLarge;
      if (length === 0) return takeEmpty(exchange, crypto);
      if (incoming.has('expect')) exchange.response.writeContinue();
      if (
        length !== undefined &&
        length > STREAM_ABOVE_BYTES &&
        exchange.handling.bodyReaders.length === 0 &&
        exchange.claim === undefined
      ) {
        exchange.isBodyStreamed = true;
        exchange.bytesIn = length;
        return undefined;
      }
      return readBody(exchange, limit, tooLarge, { bodies, crypto });
    };
  },
});

function limitedTo(limit: number) {
  return { limit, tooLarge: refuseTooLarge(limit) };
}

/** A KQ1 signature covers the digest of the body; compatibility profiles cover the body itself. */
function digestAlgorithmOf({ claim }: Exchange): DigestAlgorithm | undefined {
  return claim?.kind === 'kq1' ? claim.digestAlgorithm : undefined;
}

function takeEmpty(exchange: Exchange, crypto: Crypto): undefined {
  exchange.body = NOTHING;
  const algorithm = digestAlgorithmOf(exchange);
  if (algorithm !== undefined) exchange.bodyDigest = crypto.digest(algorithm, NOTHING);
  return undefined;
}

function readBody(
  exchange: Exchange,
  limit: number,
  tooLarge: GatewayError,
  { bodies, crypto }: Pick<PolicyDeps, 'bodies' | 'crypto'>,
): Promise<GatewayError | undefined> {
  const { request } = exchange;
  const algorithm = digestAlgorithmOf(exchange);
  const chunks: Buffer[] = [];
  let hash: Hash | undefined;
  let size = 0;
  return new Promise((resolve) => {
    const settle = (error: GatewayError | undefined) => {
      request.off('data', take).off('end', finish).off('close', leave);
      arriving.end();
      if (error !== undefined) chunks.length = 0;
      resolve(error);
    };
    const arriving = bodies.begin(exchange, (why) => settle(why === 'slow' ? TOO_SLOW : refuse('GW50301')));
    exchange.onEnd(arriving.release);
    const take = (chunk: Buffer) => {
      size += chunk.length;
      exchange.bytesIn = size;
      if (size > limit) return settle(tooLarge);
      if (!arriving.add(chunk.length)) return settle(refuse('GW50301'));
      chunks.push(chunk);
      if (algorithm !== undefined && chunks.length > 1) {
        hash ??= startHash(crypto, algorithm, chunks[0]!);
        hash.update(chunk);
      }
    };
    const finish = () => {
      exchange.body = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, size);
      // Most bodies have one chunk. For these, computing the digest at once costs half as much.
      if (algorithm !== undefined) exchange.bodyDigest = hash?.digest() ?? crypto.digest(algorithm, exchange.body);
      settle(undefined);
    };
    const leave = () => settle(refuse('GW40001'));
    request.on('data', take).on('end', finish).on('close', leave).on('error', leave);
  });
}

const TOO_SLOW = refuse('GW40801', {
  text: {
    'zh-CN': '请求体到达过慢（低于每秒 1 KB），已停止等待：请检查网络后重新发送',
    en: 'The body arrived too slowly (less than 1 KB per second): check the network and send it again.',
  },
});

function startHash(crypto: Crypto, algorithm: DigestAlgorithm, first: Uint8Array): Hash {
  const hash = crypto.createHash(algorithm);
  hash.update(first);
  return hash;
}
