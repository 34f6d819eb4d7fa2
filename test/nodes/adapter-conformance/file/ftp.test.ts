import { prepareVsftpd, startVsftpd } from '../../../servers/vsftpd.ts';
import { createAuthority, type Certificate } from '../../../support/certificates.ts';
import { describeAdapter } from '../kit.ts';
import type { Place } from '../subject.ts';
import { fileSubject, type Files } from './store.ts';

/** The server takes every password, but knows one user only. */
const LOGIN = { credential: 'lab-secret', wrongCredential: 'kit-wrong-1', wrongSettings: { user: 'nobody-here' } };

describeAdapter(
  fileSubject({ name: 'FTP', skip: prepareVsftpd(), without: { certificate: 'see FTPS' } }, async () => ({
    ...(await start()),
    settings: (place) => settingsOf(place),
  })),
);

describeAdapter(
  fileSubject({ name: 'FTPS', skip: prepareVsftpd(), without: {} }, async () => {
    const { ca, issue } = await createAuthority();
    return {
      ...(await start(await issue('127.0.0.1'))),
      tls: (certificate) => startVsftpd({ tls: certificate }),
      settings: (place) => ({ ...settingsOf(place), tls: { mode: 'explicit', ...(place.tls ?? { ca }) } }),
    };
  }),
);

async function start(certificate?: Certificate): Promise<Omit<Files, 'settings'>> {
  const server = await startVsftpd(certificate === undefined ? {} : { tls: certificate });
  const { port, files, kill, restart, stop } = server;
  return { ...LOGIN, port, files, kill, restart, stop };
}

function settingsOf({ host, port, tls }: Place): Readonly<Record<string, unknown>> {
  return { kind: 'ftp', host, port, user: 'lab', idleCloseMs: 200, ...(tls === undefined ? {} : { allowPlain: true }) };
}
