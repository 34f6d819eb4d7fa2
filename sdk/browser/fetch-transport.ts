import { joined } from '../core/bytes.ts';
import { MAX_ANSWER_BYTES, type Transport, type TransportOptions } from '../core/sdk-crypto.ts';

/** A redirect is an error: the signature is for one address. */
export function openFetchTransport({ timeoutMs }: TransportOptions): Transport {
  const closed = new AbortController();
  return {
    async send(url, { method, headers, body, signal }) {
      const signals = [AbortSignal.timeout(timeoutMs), closed.signal, ...(signal === undefined ? [] : [signal])];
      const response = await fetch(url, {
        ...{ method, headers, redirect: 'error', cache: 'no-store', signal: AbortSignal.any(signals) },
        ...(body === undefined ? {} : { body: new Uint8Array(body) }),
      });
      return { status: response.status, headers: [...response.headers], body: await readBounded(response) };
    },
    close() {
      closed.abort();
      return Promise.resolve();
    },
  };
}

async function readBounded({ body }: Response): Promise<Uint8Array> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  const reader = body?.getReader() as ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>> | undefined;
  for (let read = await reader?.read(); read?.value !== undefined; read = await reader?.read()) {
    size += read.value.length;
    if (size > MAX_ANSWER_BYTES) {
      await reader?.cancel();
      throw new RangeError(`The response is larger than ${MAX_ANSWER_BYTES} bytes.`);
    }
    chunks.push(read.value);
  }
  return joined(...chunks);
}
