/** What adapters over HTTP have in common: a real server with a login, and nodes that write and read there. */
import assert from 'node:assert/strict';
import type { AdapterType } from '../../../engine/contract/node/adapter-type.ts';
import { probeHttp } from '../../../nodes/shared/http/probe.ts';
import { preparePythonHttp, startPythonHttp } from '../../servers/python-http.ts';
import { LARGE_BYTES } from './large-blobs.ts';
import type { Act, OtherSide, Subject } from './subject.ts';

export interface OverHttp extends Pick<Subject, 'name'> {
  readonly adapter: AdapterType;
  /** Below which path the server speaks the protocol. */
  readonly path: string;
  acts(count: NonNullable<Act['count']>): readonly Act[];
}

export function overHttp({ adapter, name, path, acts }: OverHttp): Subject {
  return {
    ...{ adapter, name },
    skip: preparePythonHttp(),
    without: { duplicate: 'it only calls', poison: 'it only calls' },
    async start(): Promise<OtherSide> {
      const server = await startPythonHttp();
      const all = acts((marker) => server.received().split(marker).length - 1);
      return {
        port: server.port,
        ...{ credential: 'lab:lab-secret', wrongCredential: 'lab:kit-wrong-1', tls: 'front', probe: probeHttp, acts: all },
        settings: ({ host, port, tls }) => ({
          baseUrl: `${tls === undefined ? 'http' : 'https'}://${host}:${port}${path}`,
          auth: 'basic',
          ...(tls === undefined ? {} : { tls }),
        }),
        large: {
          async carry({ adapter: given, ...options }) {
            const baseUrl = `http://127.0.0.1:${server.port}/bytes/${LARGE_BYTES}`;
            const larger = { ...given, settings: { ...given.settings, baseUrl } };
            const tooLarge = { code: 'HTTP_TOO_LARGE' };
            for (const act of all) await assert.rejects(act.run('large', { ...options, adapter: larger }), tooLarge);
          },
        },
        kill: () => server.kill(),
        restart: () => server.restart(),
        stop: () => server.stop(),
      };
    },
  };
}
