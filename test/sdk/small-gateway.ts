/** An HTTP server that accepts KQ1 requests as a gateway does (no replay check) and signs its answers: the other side in tests of callers. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  canonicalAnswer,
  canonicalRequest,
  collectSignedHeaders,
  digestOfScheme,
  parseAuthorization,
  responseSchemeFor,
  signedAnswerHeaders,
  splitTarget,
  type HeaderPair,
  type Kq1Scheme,
} from '../../engine/contract/kq1/kq1.ts';
import type { KeyHandle } from '../../engine/contract/ports/crypto.ts';
import { createSoftwareCrypto } from '../../storage/crypto/software-crypto.ts';

export interface SmallGateway {
  readonly url: string;
  readonly host: string;
  readonly platformKeys: Readonly<Record<string, string>>;
  /** Changes the next answers on their way, like an attacker in between. */
  tamper: ((answer: { status: number; headers: Record<string, string>; body: Buffer }) => void) | undefined;
  stop(): Promise<void>;
}

export interface RegisteredKey {
  readonly scheme: Kq1Scheme;
  readonly publicPem?: string;
  readonly secret?: string;
}

/** `keys`: by `appId/keyId`. */
export async function startSmallGateway(keys: Readonly<Record<string, RegisteredKey>>): Promise<SmallGateway> {
  const crypto = createSoftwareCrypto();
  const platform = (await crypto.generateKey('SM2-SM3')) as { privatePem: string; publicPem: string };
  const platformKey = crypto.importKey({ format: 'pem', pem: platform.privatePem }, 'SM2-SM3', 'private');
  const hex = (scheme: Kq1Scheme, data: Uint8Array | string) => Buffer.from(crypto.digest(digestOfScheme(scheme), data)).toString('hex');

  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      void answer(Buffer.concat(chunks)).catch((error: unknown) => {
        response.writeHead(400).end(String(error));
      });
    });

    async function answer(body: Buffer): Promise<void> {
      const claim = parseAuthorization(request.headers.authorization ?? '');
      const registered = keys[`${claim.appId}/${claim.keyId}`];
      if (registered?.scheme !== claim.scheme) return void response.writeHead(401).end('unknown key');
      const headers = collectSignedHeaders(request.rawHeaders, claim.signed);
      const target = splitTarget(request.url ?? '');
      const canonical = canonicalRequest({
        ...claim,
        ...target,
        method: request.method ?? '',
        host: request.headers.host ?? '',
        headers,
        bodyDigest: hex(claim.scheme, body),
      });
      const key = keyOf(registered);
      if (!(await crypto.verify(key, Buffer.from(canonical), Buffer.from(claim.sig, 'base64url'))))
        return void response.writeHead(401).end('signature');
      const scheme = responseSchemeFor(claim.scheme);
      const isShared = scheme === claim.scheme && scheme !== 'SM2-SM3';
      const out = {
        status: 200,
        headers: { 'Content-Type': 'application/json' } as Record<string, string>,
        body: Buffer.from(JSON.stringify({ accepted: claim.appId, headers, body: body.toString() })),
      };
      const text = canonicalAnswer({
        requestDigest: hex(scheme, canonical),
        scheme,
        status: out.status,
        nonce: claim.nonce,
        ts: String(Date.now()),
        keyId: isShared ? claim.keyId : 'p1',
        headers: signedAnswerHeaders(Object.entries(out.headers) as HeaderPair[]),
        bodyDigest: hex(scheme, out.body),
      });
      const signature = await crypto.sign(isShared ? key : platformKey, Buffer.from(text));
      const [, , , , , ts = '', keyId = ''] = text.split('\n');
      Object.assign(out.headers, { 'X-KQ-Ts': ts, 'X-KQ-Keyid': keyId, 'X-KQ-Signature': Buffer.from(signature).toString('base64url') });
      gateway.tamper?.(out);
      response.writeHead(out.status, out.headers).end(out.body);
    }
  });

  function keyOf({ scheme, publicPem, secret }: RegisteredKey): KeyHandle {
    if (secret !== undefined) return crypto.importKey({ format: 'raw', bytes: Buffer.from(secret, 'base64url') }, scheme, 'secret');
    return crypto.importKey({ format: 'pem', pem: publicPem ?? '' }, scheme, 'public');
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const gateway: SmallGateway = {
    url: `http://${host}`,
    host,
    platformKeys: { p1: platform.publicPem },
    tamper: undefined,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return gateway;
}
