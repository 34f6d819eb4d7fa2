/** What adapters over HTTP have in common: a real server with a login, one node that writes and one that reads. */
import type { AdapterType } from '../../../engine/contract/node/adapter-type.ts';
import { probeHttp } from '../../../nodes/shared/http/probe.ts';
import { preparePythonHttp, startPythonHttp } from '../../servers/python-http.ts';
import type { Act, Large, OtherSide, Subject } from './subject.ts';

export interface OverHttp extends Pick<Subject, 'name'> {
  readonly adapter: AdapterType;
  /** Below which path the server speaks the protocol. */
  readonly path: string;
  acts(count: NonNullable<Act['count']>): readonly Act[];
  readonly large: Large;
}

export function overHttp({ adapter, name, path, acts, large }: OverHttp): Subject {
  return {
    ...{ adapter, name },
    skip: preparePythonHttp(),
    without: { duplicate: 'no trigger', poison: 'no trigger' },
    async start(): Promise<OtherSide> {
      const server = await startPythonHttp();
      return {
        port: server.port,
        ...{ credential: 'lab:lab-secret', wrongCredential: 'lab:kit-wrong-1', tls: 'front', probe: probeHttp, large },
        settings: ({ host, port, tls }) => ({
          baseUrl: `${tls === undefined ? 'http' : 'https'}://${host}:${port}${path}`,
          auth: 'basic',
          ...(tls === undefined ? {} : { tls }),
        }),
        acts: acts((marker) => server.received().split(marker).length - 1),
        kill: () => server.kill(),
        restart: () => server.restart(),
        stop: () => server.stop(),
      };
    },
  };
}
