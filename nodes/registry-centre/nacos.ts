import { Type, type Static } from 'typebox';
import type { FindInstancesContext, RegisteredInstance } from '../../engine/contract/node/find-instances.ts';
import { AppError } from '../../engine/contract/values/errors.ts';
import { askRegistry, unreadable } from './ask-registry.ts';
import type { FindAt } from './find-at.ts';
import type { RegistrySettings } from './settings.ts';

/** An instance as all versions of the API return it (Nacos Open API, query instances). */
const Host = Type.Object({
  ip: Type.String({ maxLength: 255 }),
  port: Type.Integer({ minimum: 0, maximum: 65_535 }),
  weight: Type.Number({ minimum: 0 }),
  healthy: Type.Boolean(),
  enabled: Type.Boolean(),
  clusterName: Type.Optional(Type.Union([Type.Null(), Type.String()])),
});
const Hosts = Type.Object({ hosts: Type.Array(Host) });
/** v2 and v3 wrap their answers: `code` 0 is success. v3 returns the instances themselves. */
const Wrapped = Type.Object({ code: Type.Integer(), data: Type.Optional(Type.Union([Type.Null(), Hosts, Type.Array(Host)])) });
const Login = Type.Object({ accessToken: Type.String({ minLength: 1 }), tokenTtl: Type.Integer({ minimum: 1 }) });

const PATHS = {
  v1: { list: '/v1/ns/instance/list', login: '/v1/auth/login' },
  v2: { list: '/v2/ns/instance/list', login: '/v1/auth/login' },
  v3: { list: '/v3/client/ns/instance/list', login: '/v3/auth/user/login' },
} as const;

const MOST_WEIGHT = 1000;
/** A new token is taken before the old one expires. */
const EARLY = 0.8;

/** Asks Nacos, which answers at once. A token is kept until shortly before it expires, or until it is refused. */
export function createFindInNacos(): FindAt {
  let token: { readonly value: string; readonly by: string; readonly until: number } | undefined;
  return async (root, settings, query, ctx) => {
    const search = searchOf(query, settings);
    if (settings.login) {
      const secret = await ctx.secret();
      const by = `${root} ${secret}`;
      if (token === undefined || token.by !== by || token.until <= ctx.clock.monotonic())
        token = { ...(await logIn(root, secret, settings, ctx)), by };
      search.set('accessToken', token.value);
    }
    try {
      return {
        instances: toInstances(
          await readHosts(`${root}${PATHS[settings.api].list}?${search.toString()}`, settings, ctx),
          query.withUnhealthy === true,
        ),
      };
    } catch (error) {
      if (error instanceof AppError && error.code === 'REGISTRY_LOGIN') token = undefined;
      throw error;
    }
  };
}

function searchOf({ service, namespace, group, withUnhealthy }: Parameters<FindAt>[2], { api }: RegistrySettings): URLSearchParams {
  return new URLSearchParams({
    ...{ serviceName: service, groupName: group ?? `DEFAULT_GROUP`, healthyOnly: String(withUnhealthy !== true) },
    // The public namespace has an empty id in v1, and the id "public" in v2 and v3.
    namespaceId: namespace ?? (api === 'v1' ? '' : 'public'),
  });
}

async function logIn(root: string, secret: string, settings: RegistrySettings, ctx: FindInstancesContext) {
  const at = secret.indexOf(':');
  const form = { username: secret.slice(0, Math.max(at, 0)), password: secret.slice(at + 1) };
  const { data } = await askRegistry({ url: root + PATHS[settings.api].login, form }, Login, settings, ctx);
  return { value: data.accessToken, until: ctx.clock.monotonic() + data.tokenTtl * 1000 * EARLY };
}

async function readHosts(url: string, settings: RegistrySettings, ctx: FindInstancesContext): Promise<readonly Static<typeof Host>[]> {
  if (settings.api === 'v1') return (await askRegistry({ url }, Hosts, settings, ctx)).data.hosts;
  const { code, data } = (await askRegistry({ url }, Wrapped, settings, ctx)).data;
  if (code !== 0 || data === undefined || data === null) throw unreadable(new URL(url).hostname, `code ${code}`);
  return 'hosts' in data ? data.hosts : data;
}

function toInstances(hosts: readonly Static<typeof Host>[], withUnhealthy: boolean): readonly RegisteredInstance[] {
  return hosts
    .filter(({ enabled, healthy }) => enabled && (healthy || withUnhealthy))
    .map(({ ip, port, weight, clusterName }) => ({
      ...{ host: ip, port },
      // Weights of Nacos may be fractions, such as 0.5; only 0 takes an instance out.
      weight: weight === 0 ? 0 : Math.min(Math.max(1, Math.round(weight)), MOST_WEIGHT),
      tags: clusterName ? [clusterName] : [],
    }));
}
