/** A certificate that must not be trusted ends the connection before anything is sent. */
import assert from 'node:assert/strict';
import { createAuthority } from '../../../support/certificates.ts';
import type { Bench } from '../bench.ts';
import { assertExplained, failureOf } from './checks.ts';
import type { Cases } from './outages.ts';
import { startTlsFront } from './tls-front.ts';

const ABOUT_CERTIFICATES = /cert|altname|self.signed|verify|signature/i;

export const certificateCases: Cases = {
  'a certificate that is expired, of another host or of an unknown authority is refused': {
    of: 'certificate',
    async work(bench) {
      const { ca, issue } = await createAuthority();
      const good = await withCertificate(bench, await issue('127.0.0.1'));
      try {
        await isTrusted(bench, good.port, { ca });
        await isRefused(bench, good.port, { ca, serverName: 'other.hospital.example' });
        await isRefused(bench, good.port, {});
      } finally {
        await good.stop();
      }
      const expired = await withCertificate(bench, await issue('127.0.0.1', undefined, new Date(Date.now() - 1000)));
      try {
        await isRefused(bench, expired.port, { ca });
      } finally {
        await expired.stop();
      }
    },
  },
};

function withCertificate({ other }: Bench, certificate: { readonly cert: string; readonly key: string }) {
  const { tls } = other;
  assert.ok(tls !== undefined, 'say in `tls` how the server speaks it');
  return typeof tls === 'function' ? tls(certificate) : startTlsFront(other.port, certificate, tls);
}

/** The other refusals mean something only if the right certificate is accepted. */
async function isTrusted({ place: { host }, optionsAt, probe }: Bench, port: number, tls: { readonly ca: string }): Promise<void> {
  const { steps } = await probe(optionsAt({ host, port, tls }, undefined, {}));
  const failed = steps.find(({ ok }) => !ok);
  assert.ok(failed === undefined, JSON.stringify(failed));
}

async function isRefused(bench: Bench, port: number, tls: { readonly ca?: string; readonly serverName?: string }): Promise<void> {
  const {
    other,
    place: { host },
    optionsAt,
    marker,
    secrets,
    probeFails,
  } = bench;
  const place = { host, port, tls };
  const options = optionsAt(place, undefined, {});
  for (const act of other.acts) {
    const sent = marker();
    const error = await failureOf(act.run(sent, options));
    assert.ok(error.kind === 'transient' || error.kind === 'input', `${error.code} is ${error.kind}`);
    assert.match(error.message, ABOUT_CERTIFICATES);
    assertExplained(error, place, secrets);
    if (act.count !== undefined) assert.equal(await act.count(sent), 0);
  }
  assert.match((await probeFails(options, place)).detail!, ABOUT_CERTIFICATES);
}
