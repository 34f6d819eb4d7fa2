import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { Type } from 'typebox';
import { fieldText } from '../../../engine/contract/values/texts.ts';
import { definePolicy, type Exchange, type GatewayError, type PolicyDeps } from '../../contract.ts';
import { bodyLimitOf, refuseTooLarge } from '../../content/body-limit.ts';
import { ENCODINGS, type Encoding } from '../../content/content-encodings.ts';
import { refuse } from '../../errors.ts';

const DEFAULT_RATIO = 100;
/** Short bodies may be packed more tightly: a form of blanks is no attack. */
const FREE_BYTES = 64 * 1024;
const CHUNK_BYTES = 64 * 1024;

/**
 * Unpacks compressed bodies, so that all later checks, the flow and the upstream see the content. The signature covers
 * the body as sent. The unpacked bytes are counted while they appear, so a small body that unpacks to a huge one is
 * stopped early. Which encodings are accepted is checked early, by the policy `media-type`.
 */
export default definePolicy({
  name: 'content-encoding',
  stage: 'decrypt',
  fronts: ['open', 'user', 'bus'],
  text: {
    label: { 'zh-CN': '压缩的请求体', en: 'Compressed bodies' },
    help: {
      'zh-CN': '接受按列出方式压缩的请求体，边解压边计数；签名针对发送的（压缩后的）内容。其他编码返回 GW41502。',
      en: 'Accepts bodies that are compressed in a listed way, and counts while it unpacks them. The signature covers the body as sent. Other encodings get GW41502.',
    },
  },
  options: Type.Object(
    {
      accept: Type.Array(Type.Union(ENCODINGS.map((name) => Type.Literal(name))), {
        ...fieldText('接受的压缩方式', 'Accepted encodings', 'Content-Encoding 的值。', 'Values of Content-Encoding.', { example: 'gzip' }),
        minItems: 1,
        maxItems: ENCODINGS.length,
        uniqueItems: true,
      }),
      maxRatio: Type.Optional(
        Type.Integer({
          ...fieldText(
            '最大压缩比',
            'Largest ratio',
            '解压后与压缩后大小之比的上限，不填时为 100；64 KB 以内不限。请求体上限按解压后计算。',
            'How many times larger the body may become, 100 if left out; up to 64 KB there is no limit. The body limit counts unpacked bytes.',
          ),
          minimum: 1,
          maximum: 1000,
        }),
      ),
    },
    { additionalProperties: false },
  ),
  reads: () => ({ body: true }),
  isDefault: () => false,
  isOptional: () => true,
  compile({ maxRatio = DEFAULT_RATIO }, target, _front, { bodies }) {
    const limit = bodyLimitOf(target!);
    const tooLarge = refuseTooLarge(limit);
    return (exchange) => {
      const encoding = exchange.incoming.get('content-encoding')?.toLowerCase();
      const { body } = exchange;
      if (encoding === undefined || encoding === 'identity' || body === undefined || body.byteLength === 0) return undefined;
      const most = Math.min(limit, Math.max(FREE_BYTES, maxRatio * body.byteLength));
      return unpack(exchange, encoding as Encoding, { most, tooLarge: most < limit ? TOO_DENSE : tooLarge, bodies });
    };
  },
});

const TOO_DENSE = refuse('GW41301', {
  text: {
    'zh-CN': '请求体的压缩比超出该接口的上限：请减少内容，或不压缩发送',
    en: 'The body is compressed more tightly than this interface allows: send less, or send it uncompressed.',
  },
});
const DAMAGED = refuse('GW40001', {
  text: {
    'zh-CN': '请求体无法解压：内容须是完整的一份，且与 Content-Encoding 一致',
    en: 'The body cannot be unpacked: it must be whole, with nothing behind it, and fit the Content-Encoding.',
  },
});

interface Unpacking extends Pick<PolicyDeps, 'bodies'> {
  readonly most: number;
  readonly tooLarge: GatewayError;
}

function unpack(exchange: Exchange, encoding: Encoding, { most, tooLarge, bodies }: Unpacking): Promise<GatewayError | undefined> {
  const packed = exchange.body!;
  const stream = MAKERS[encoding]();
  const chunks: Buffer[] = [];
  let size = 0;
  let taken = 0;
  exchange.onEnd(() => {
    bodies.give(taken);
    taken = 0;
    stream.destroy();
  });
  return new Promise((resolve) => {
    const settle = (error: GatewayError | undefined) => {
      stream.destroy();
      resolve(error);
    };
    stream.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > most) return settle(tooLarge);
      if (!bodies.take(chunk.length)) return settle(refuse('GW50301'));
      taken += chunk.length;
      chunks.push(chunk);
    });
    stream.on('end', () => {
      // A second reader could take bytes behind the end for another body.
      if (stream.bytesWritten !== packed.byteLength) return settle(DAMAGED);
      exchange.body = Buffer.concat(chunks, size);
      delete exchange.headers['content-encoding'];
      settle(undefined);
    });
    stream.on('error', () => settle(DAMAGED));
    stream.on('close', () => resolve(DAMAGED));
    stream.end(packed);
  });
}

const OPTIONS = { chunkSize: CHUNK_BYTES };
const MAKERS = {
  gzip: () => createGunzip(OPTIONS),
  deflate: () => createInflate(OPTIONS),
  br: () => createBrotliDecompress(OPTIONS),
} as const;
