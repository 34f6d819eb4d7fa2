import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Clock } from '../contract/values/clock.ts';
import type { Logger } from '../contract/values/observe.ts';

export interface CertificatePair {
  readonly cert: string;
  readonly key: string;
}

export interface CertificateWatch {
  readonly certFile: string;
  readonly keyFile: string;
  /** The pair in use. */
  readonly current: CertificatePair;
  readonly clock: Clock;
  readonly log: Logger;
  /** Called with a new pair that fits together. It may throw, then the old pair stays in use. */
  onChange(pair: CertificatePair): void;
}

const EVERY_MS = 10_000;

/**
 * Looks every ten seconds whether the files have another certificate. Certificate and key are two files, so for a moment
 * they may not fit together; then the old pair stays in use and the files are read again. Returns the function that ends
 * it.
 */
export function watchCertificate({ certFile, keyFile, current, clock, log, onChange }: CertificateWatch): () => void {
  let used = current;
  let refused = '';
  let isStopped = false;
  let cancel = () => {};

  async function look(): Promise<void> {
    const [cert, key] = await Promise.all([readFile(certFile, 'utf8'), readFile(keyFile, 'utf8')]);
    if (cert === used.cert && key === used.key) return;
    try {
      const certificate = new X509Certificate(cert);
      if (!certificate.checkPrivateKey(createPrivateKey(key))) throw new Error('the key does not belong to the certificate');
      onChange({ cert, key });
      used = { cert, key };
      log.info('tls.renewed', { file: certFile, validTo: certificate.validTo });
    } catch (error) {
      if (refused !== cert + key) log.error('tls.not-renewed', error, { file: certFile });
      refused = cert + key;
    }
  }

  const schedule = () => {
    cancel = clock.after(EVERY_MS, () => {
      look()
        .catch((error: unknown) => log.error('tls.not-renewed', error, { file: certFile }))
        .finally(() => (isStopped ? undefined : schedule()));
    });
  };
  schedule();
  return () => {
    isStopped = true;
    cancel();
  };
}
