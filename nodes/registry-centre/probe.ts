import type { Health, ProbeContext } from '../../engine/contract/node/probe.ts';
import { targetOfUrl } from '../../engine/contract/node/outbound-guard.ts';
import { AppError } from '../../engine/contract/values/errors.ts';
import { runProbe, type ProbeServer } from '../shared/probe/run-probe.ts';
import { readSettings } from '../shared/read-settings.ts';
import { unreachable } from './ask-registry.ts';
import { createFindInstances } from './find-instances.ts';
import { RegistrySettings } from './settings.ts';

/** A name that no service has: a registry centre that can be asked returns an empty list for it. */
const NOBODY = 'kangqiao-connection-test';

/** Asks each address of the cluster for the instances of a service that does not exist. */
export function probeRegistry(given: ProbeContext): Promise<Health> {
  return runProbe(given, 'http', async (ctx, steps) => {
    let addresses: readonly string[] = [];
    await steps.run({ 'zh-CN': '设置', en: 'Settings' }, () => {
      ({ addresses } = readSettings(ctx.adapter, RegistrySettings));
      return addresses.map((address) => targetOfUrl(address).host).join(', ');
    });
    for (const address of addresses) {
      const { host, port } = targetOfUrl(address);
      const adapter = { ...ctx.adapter, settings: { ...ctx.adapter.settings, addresses: [address] } };
      const { tls } = readSettings(ctx.adapter, RegistrySettings);
      const servers = () => [{ host, port, tls: address.startsWith('https:') ? (tls ?? {}) : undefined }];
      await steps.logIn({ 'zh-CN': `查询 ${host}:${port}`, en: `Ask ${host}:${port}` }, { servers, failed: connectFailed }, async () => {
        const found = await createFindInstances()({ service: NOBODY }, { ...ctx, adapter, waitMs: 0, secret: () => ctx.secret() });
        return `${found.instances.length}`;
      });
    }
  });
}

function connectFailed({ host, port }: ProbeServer, cause: unknown): AppError {
  return cause instanceof AppError ? cause : unreachable(host, port, (cause as NodeJS.ErrnoException).code ?? 'error', cause);
}
