import { Type } from 'typebox';
import { askRegistry } from './ask-registry.ts';
import type { FindAt } from './find-at.ts';

/** The parts that are used of `GET /v1/health/service/:service` (Consul API, health). */
const Health = Type.Array(
  Type.Object({
    Node: Type.Object({ Address: Type.String({ maxLength: 255 }) }),
    Service: Type.Object({
      Address: Type.Optional(Type.String({ maxLength: 255 })),
      Port: Type.Integer({ minimum: 0, maximum: 65_535 }),
      Tags: Type.Optional(Type.Union([Type.Null(), Type.Array(Type.String())])),
      Weights: Type.Optional(Type.Object({ Passing: Type.Integer({ minimum: 0 }) })),
    }),
  }),
);

const MOST_WEIGHT = 1000;

/** Asks Consul by blocking queries: with an index, it answers when the list changes or the time is over. */
export function createFindInConsul(): FindAt {
  return async (base, settings, { service, namespace, tag, withUnhealthy = false }, ctx) => {
    const { waitMs, cursor } = ctx;
    const query = new URLSearchParams({
      ...(withUnhealthy ? {} : { passing: 'true' }),
      ...(tag === undefined ? {} : { tag }),
      ...(namespace === undefined ? {} : { ns: namespace }),
      ...(settings.datacenter === undefined ? {} : { dc: settings.datacenter }),
      ...(cursor === undefined ? {} : { index: cursor, wait: `${Math.ceil(waitMs / 1000)}s` }),
    });
    const url = `${base}/v1/health/service/${encodeURIComponent(service)}?${query.toString()}`;
    const headers: Record<string, string> = settings.login ? { 'x-consul-token': await ctx.secret() } : {};
    // Consul adds up to a sixteenth of the time, so that not all questions end at once.
    const { data, headers: told } = await askRegistry({ url, headers, waitMs: waitMs * 1.1 }, Health, settings, ctx);
    return {
      instances: data.map(({ Node, Service }) => ({
        host: Service.Address || Node.Address,
        port: Service.Port,
        weight: Math.min(Service.Weights?.Passing ?? 1, MOST_WEIGHT),
        tags: Service.Tags ?? [],
      })),
      ...cursorOf(told['x-consul-index'], cursor),
    };
  };
}

/** An index that is not above zero, or goes backwards, must be asked without (Consul API, blocking queries). */
function cursorOf(index: string | string[] | undefined, before = '0'): { readonly cursor?: string } {
  const isUsable = typeof index === 'string' && /^[1-9]\d{0,18}$/.test(index) && BigInt(index) >= BigInt(before);
  return isUsable ? { cursor: index } : {};
}
