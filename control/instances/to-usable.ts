import type { RegisteredInstance } from '../../engine/contract/node/find-instances.ts';
import type { Clock } from '../../engine/contract/values/clock.ts';
import { AppError } from '../../engine/contract/values/errors.ts';
import type { Outbound } from '../../engine/outbound/open-outbound.ts';
import { refusalWithin } from '../../engine/outbound/refusal-within.ts';
import { MOST_INSTANCES, type GroupInstance, type InstanceSource } from '../../gateways/documents/upstream-target.ts';

const MOST_TAGS = 20;
const MOST_TAG = 64;
const HOST = /^[A-Za-z0-9.:_-]{1,255}$/;

/**
 * Returns the instances as gateways take them, by address. Leaves out what is no address and what connections may not
 * go to. Rejects with REGISTRY_EMPTY or REGISTRY_TOO_MANY (input) if the list must not replace the last one, and with
 * OUTBOUND_REFUSED (input) if all its addresses are refused.
 */
export async function toUsable(
  found: readonly RegisteredInstance[],
  source: InstanceSource,
  { outbound, clock }: { readonly outbound: Pick<Outbound, 'guard'>; readonly clock: Clock },
): Promise<readonly GroupInstance[]> {
  if (found.length > MOST_INSTANCES) throw tooMany(source, found.length);
  const byAddress = new Map(
    found.filter(({ host, port }) => HOST.test(host) && port > 0).map((instance) => [addressOf(instance, source), instance]),
  );
  if (byAddress.size === 0) throw empty(source);
  const usable: GroupInstance[] = [];
  let refusal: AppError | undefined;
  for (const [address, { host, port, weight, tags }] of [...byAddress].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const refused = await refusalWithin(outbound.guard, host, port, clock);
    refusal ??= refused;
    if (refused === undefined)
      usable.push({
        address,
        weight,
        tags: tags
          .map((tag) => tag.slice(0, MOST_TAG))
          .filter(isTag)
          .slice(0, MOST_TAGS),
      });
  }
  if (usable.length === 0) throw refusal!;
  return usable;
}

function addressOf({ host, port }: RegisteredInstance, { https = false, prefix = '' }: InstanceSource): string {
  return `${https ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}${prefix}`;
}

function isTag(tag: string, at: number, all: readonly string[]): boolean {
  return /^[\x20-\x7e]+$/.test(tag) && all.indexOf(tag) === at;
}

function empty({ service }: InstanceSource): AppError {
  return new AppError('REGISTRY_EMPTY', 'input', `The registry centre names no instance of ${service}.`, {
    values: { service },
    fix: 'The last list stays in use. Check that the service is registered and passes its checks, and its namespace, group and tag.',
  });
}

function tooMany({ service }: InstanceSource, count: number): AppError {
  return new AppError(
    'REGISTRY_TOO_MANY',
    'input',
    `The registry centre names ${count} instances of ${service}, more than ${MOST_INSTANCES}.`,
    {
      values: { service, count, most: MOST_INSTANCES },
      fix: 'The last list stays in use. Ask for fewer by tag or group.',
    },
  );
}
