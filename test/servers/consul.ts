/** Consul 1.12 (MPL), one server in memory on free ports of 127.0.0.1. `sh test/servers/consul/build.sh` builds it in minutes. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from './free-port.ts';
import { startProcess, type ServerProcess } from './start-process.ts';

const recipe = fileURLToPath(new URL('consul/build.sh', import.meta.url));

/** Why it cannot be had here, or undefined when it is there. */
export function prepareConsul(): string | undefined {
  return existsSync(binaryPath()) ? undefined : 'allowed: Consul is not built (sh test/servers/consul/build.sh)';
}

export async function startConsul(): Promise<ServerProcess> {
  const folder = mkdtempSync(join(tmpdir(), 'kq-consul-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const [serf, serfWan, rpc] = [await freePort(), await freePort(), await freePort()];
  const ports = { dns: -1, grpc: -1, serf_lan: serf, serf_wan: serfWan, server: rpc };
  const config = JSON.stringify({
    ...{ server: true, bootstrap: true, data_dir: folder, bind_addr: '127.0.0.1', client_addr: '127.0.0.1', node_name: 'test' },
    ...{ ports, disable_update_check: true, connect: { enabled: false }, performance: { raft_multiplier: 1 } },
  });
  return startProcess({
    name: 'Consul',
    command: (port) => [binaryPath(), 'agent', '-log-level=error', `-http-port=${port}`, '-hcl', config],
    scheme: 'http',
    cwd: folder,
    isReady: async (port) => {
      const answer = await fetch(`http://127.0.0.1:${port}/v1/status/leader`);
      return answer.status === 200 && (await answer.text()).length > 2;
    },
  });
}

function binaryPath(): string {
  return spawnSync('sh', [recipe, '--path'], { encoding: 'utf8' }).stdout.trim();
}
