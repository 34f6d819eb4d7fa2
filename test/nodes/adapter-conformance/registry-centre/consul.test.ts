import { anywhere } from '../../../../engine/testing/anywhere.ts';
import { resolveAdapter } from '../../../../engine/testing/run-node.ts';
import { wallClock } from '../../../../engine/testing/wall-clock.ts';
import { createFindInstances } from '../../../../nodes/registry-centre/find-instances.ts';
import { probeRegistry } from '../../../../nodes/registry-centre/probe.ts';
import registryCentre from '../../../../nodes/registry-centre/registry-centre.adapter.ts';
import { prepareConsul, startConsul } from '../../../servers/consul.ts';
import { describeAdapter } from '../kit.ts';

describeAdapter({
  adapter: registryCentre,
  name: 'Consul',
  skip: prepareConsul(),
  without: {
    credentials: 'this server checks no token; test/nodes/registry-centre/find-instances.test.ts has refused ones',
    duplicate: 'it is only asked',
    poison: 'it is only asked',
    '100 MB': 'an answer has at most 4 MB',
  },
  async start() {
    const server = await startConsul();
    const find = createFindInstances();
    return {
      port: server.port,
      ...{ tls: 'front', probe: probeRegistry },
      settings: ({ host, port, tls }) => ({
        kind: 'consul',
        addresses: [`${tls === undefined ? 'http' : 'https'}://${host}:${port}`],
        ...(tls === undefined ? {} : { tls }),
      }),
      acts: [
        {
          name: 'instances of a service',
          effect: 'read',
          run: (service, { adapter, secrets, outbound = anywhere }) =>
            find(
              { service },
              {
                adapter: resolveAdapter('registry-centre', adapter),
                ...{ outbound, signal: new AbortController().signal, clock: wallClock(), waitMs: 0 },
                secret: async () => secrets['']!,
              },
            ),
        },
      ],
      kill: () => server.kill(),
      restart: () => server.restart(),
      stop: () => server.kill(),
    };
  },
});
