/** Load: so many keep-alive connections, each with one request under way. Sockets and a small parser alone, to leave the cores to what is measured. */
import { createHash, createHmac, randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { canonicalRequest, formatAuthorization } from '../../../engine/contract/kq1/kq1.ts';
import { createSoftwareCrypto } from '../../../storage/crypto/software-crypto.ts';
import { serveProgram } from '../measure/program.ts';
import type { LoadOrder, LoadResult } from '../measure/load.ts';

await serveProgram<object, LoadOrder, LoadResult>(() => Promise.resolve({ port: 0, answer: runLoad, stop: () => undefined }));

async function runLoad(order: LoadOrder): Promise<LoadResult> {
  const next = order.sign === undefined ? fixed(order) : await signed(order, order.sign);
  const sockets = await Promise.all(Array.from({ length: order.connections }, () => open(order.port)));
  const latencies: number[] = [];
  const statuses = new Map<number, number>();
  const startedAt = performance.now();
  const endsAt = startedAt + order.durationMs;
  await Promise.all(sockets.map((socket) => drive(socket, next, endsAt, latencies, statuses)));
  const elapsedMs = performance.now() - startedAt;
  latencies.sort((a, b) => a - b);
  const at = (share: number) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? 0;
  return {
    requests: latencies.length,
    perSecond: (latencies.length / elapsedMs) * 1000,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    statuses: [...statuses],
  };
}

function fixed({ method, path, headers, body }: LoadOrder): () => Buffer | undefined {
  const request = toBytes(method, path, headers, body);
  return () => request;
}

/** Signed ahead of time, each with its own nonce, so that the load generator itself is not measured. */
async function signed(
  { method, path, headers, body, durationMs }: LoadOrder,
  sign: NonNullable<LoadOrder['sign']>,
): Promise<() => Buffer | undefined> {
  const { appId, keyId, scheme = 'HMAC-SM3' } = sign;
  const bodyDigest = createHash('sm3').update(body).digest('hex');
  const lines = Object.entries(headers).sort(([a], [b]) => (a < b ? -1 : 1));
  const make = signerOf(sign);
  const ready: Buffer[] = [];
  for (let left = Math.ceil((sign.maxPerSecond * durationMs) / 1000); left > 0; left--) {
    const ts = String(Date.now());
    const nonce = randomBytes(16).toString('base64url');
    const text = canonicalRequest({
      ...{ scheme, method, host: 'localhost', path, query: '', ts, nonce, appId, keyId },
      ...{ headers: lines, bodyDigest },
    });
    const sig = Buffer.from(await make(Buffer.from(text, 'latin1'))).toString('base64url');
    const authorization = formatAuthorization({ scheme, appId, keyId, ts, nonce, signed: lines.map(([name]) => name), sig });
    ready.push(toBytes(method, path, { ...headers, authorization }, body));
  }
  return () => ready.pop();
}

function signerOf({ secret, scheme }: NonNullable<LoadOrder['sign']>): (text: Buffer) => Uint8Array | Promise<Uint8Array> {
  if (scheme === 'SM2-SM3') {
    const crypto = createSoftwareCrypto();
    const key = crypto.importKey({ format: 'pem', pem: secret }, 'SM2-SM3', 'private');
    return (text) => crypto.sign(key, text);
  }
  const bytes = Buffer.from(secret, 'base64url');
  return (text) => createHmac('sm3', bytes).update(text).digest();
}

function toBytes(method: string, path: string, headers: Readonly<Record<string, string>>, body: string): Buffer {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  if (body !== '') lines.push(`content-length: ${Buffer.byteLength(body)}\r\n`);
  return Buffer.from(`${method} ${path} HTTP/1.1\r\nhost: localhost\r\n${lines.join('')}\r\n${body}`);
}

function open(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => resolve(socket));
    socket.once('error', reject);
  });
}

function drive(
  socket: Socket,
  next: () => Buffer | undefined,
  endsAt: number,
  latencies: number[],
  statuses: Map<number, number>,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let sentAt = 0;
    let received = '';
    const send = () => {
      const request = performance.now() < endsAt ? next() : undefined;
      if (request === undefined) {
        socket.destroy();
        resolve();
        return;
      }
      sentAt = performance.now();
      socket.write(request);
    };
    socket.on('data', (chunk: Buffer) => {
      received = received === '' ? chunk.toString('latin1') : received + chunk.toString('latin1');
      if (!isWhole(received)) return;
      const status = Number(received.slice(9, 12));
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      latencies.push(performance.now() - sentAt);
      received = '';
      send();
    });
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('the server closed a connection under load')));
    send();
  });
}

function isWhole(text: string): boolean {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return false;
  const length = /\r\ncontent-length: *([0-9]+)/i.exec(text.slice(0, end));
  if (length !== null) return text.length >= end + 4 + Number(length[1]);
  return text.endsWith('0\r\n\r\n');
}
