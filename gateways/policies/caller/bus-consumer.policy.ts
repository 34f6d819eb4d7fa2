import { Type } from 'typebox';
import { definePolicy, type Exchange } from '../../contract.ts';
import type { BusConsumer } from '../../documents/caller-documents.ts';
import { refuse } from '../../errors.ts';
import { adoptTraceId } from '../../shared/identity/adopt-trace-id.ts';
import { peerFingerprint } from '../../shared/peer-fingerprint.ts';
import { readBearer } from '../../shared/identity/read-bearer.ts';

const MAX_TOKEN_LENGTH = 512;

interface KnownToken {
  readonly header: string;
  readonly digest: string;
}

/**
 * Identifies the caller of the bus front by the SHA-256 fingerprint of a client certificate, or by the SM3 digest of a
 * bearer token. The handshake has proved that the caller has the certificate's key. With a `ca`, the certificate must
 * also chain to it.
 */
export default definePolicy({
  name: 'bus-consumer',
  stage: 'claim',
  fronts: ['bus'],
  text: {
    label: { 'zh-CN': '总线消费方', en: 'Bus consumer' },
    help: {
      'zh-CN': '按客户端证书指纹或令牌摘要识别内部系统。',
      en: 'Identifies an internal system by its certificate fingerprint or the digest of its token.',
    },
  },
  options: Type.Object({}, { additionalProperties: false }),
  isDefault: () => true,
  isOptional: () => false,
  compile(_options, _target, _front, { clock, crypto, keepers, settings }) {
    // A connection usually repeats its token. The digest is cached per connection, so that the time of a look-up
    // reveals nothing about the tokens of other callers.
    const known = keepers.ofGateway('bus tokens by connection', () => new WeakMap<object, KnownToken>());
    const digestOf = (socket: object, header: string): string | undefined => {
      const last = known.get(socket);
      if (last?.header === header) return last.digest;
      const token = readBearer(header, MAX_TOKEN_LENGTH);
      if (token === undefined) return undefined;
      const digest = Buffer.from(crypto.digest('sm3', token)).toString('hex');
      known.set(socket, { header, digest });
      return digest;
    };
    const byToken = (exchange: Exchange): BusConsumer | undefined | 'none' => {
      const header = exchange.incoming.get('authorization');
      if (header === undefined) return 'none';
      // Look up the token by its digest. The time of the look-up may reveal something about the digest, but nothing
      // about the token.
      const digest = digestOf(exchange.request.socket, header);
      return digest === undefined ? undefined : exchange.plan.busConsumerByToken(digest);
    };
    const byCertificate = (exchange: Exchange): BusConsumer | undefined => {
      const fingerprint = peerFingerprint(exchange.request.socket, settings.tls?.ca !== undefined);
      return fingerprint === undefined ? undefined : exchange.plan.busConsumerByCertificate(fingerprint);
    };
    return (exchange) => {
      const named = byToken(exchange);
      const consumer = named === 'none' ? byCertificate(exchange) : named;
      const app = consumer && exchange.plan.app(consumer.appId);
      if (app === undefined || (consumer?.expiresAt ?? Infinity) <= clock.now()) return refuse('GW40101');
      exchange.app = app;
      adoptTraceId(exchange, (name) => exchange.incoming.get(name));
      return undefined;
    };
  },
});
