import { isIP } from 'node:net';
import type { Clock } from '../../engine/contract/values/clock.ts';
import { toIssue, type Issue } from '../../engine/contract/values/errors.ts';
import { isRecord } from '../../engine/contract/values/is-record.ts';
import type { Outbound } from '../../engine/outbound/open-outbound.ts';
import { refusalWithin } from '../../engine/outbound/refusal-within.ts';
import type { InterfaceDocument } from '../../gateways/documents/interface-document.ts';

export interface RefusedTargetsServices {
  readonly outbound: Pick<Outbound, 'guard'>;
  readonly clock: Clock;
}

/** Addresses of these classes are no service of anybody. Others may be allowed by an exception before the first call. */
const NEVER: ReadonlySet<unknown> = new Set(['metadata', 'link-local', 'multicast', 'unspecified', 'translated']);
/** Names are looked up only if there are few, because a look-up may take seconds. */
const MOST_NAMES = 20;

/**
 * Finds addresses of an interface that its calls may not connect to. A written address that is never a service, such as
 * the metadata address of a cloud, is an error. A name is a warning, because it may lead elsewhere tomorrow.
 */
export async function findRefusedTargets(
  { outbound, clock }: RefusedTargetsServices,
  document: InterfaceDocument,
  looksUpNames: boolean,
): Promise<readonly Issue[]> {
  const places = placesOf(document).flatMap(({ path, address }) => {
    if (!URL.canParse(address)) return [];
    const { hostname, port, protocol } = new URL(address);
    return [{ path, host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) || (protocol === 'https:' ? 443 : 80) }];
  });
  const names = new Set(places.flatMap(({ host }) => (isIP(host) === 0 ? [host] : [])));
  const asked = places.filter(({ host }) => isIP(host) !== 0 || (looksUpNames && names.size <= MOST_NAMES));
  const issues = await Promise.all(
    asked.map(async ({ path, host, port }): Promise<readonly Issue[]> => {
      const refusal = await refusalWithin(outbound.guard, host, port, clock);
      if (refusal === undefined) return [];
      const isError = isIP(host) !== 0 && NEVER.has(refusal.values['problem']);
      return [{ ...toIssue(refusal, path), severity: isError ? 'error' : 'warning' }];
    }),
  );
  return issues.flat();
}

function placesOf({ target, policies = {} }: InterfaceDocument): readonly { readonly path: string; readonly address: string }[] {
  const mirror = policies['mirror'];
  const mirrored =
    isRecord(mirror) && typeof mirror['address'] === 'string' ? [{ path: '/policies/mirror/address', address: mirror['address'] }] : [];
  if (target.kind === 'flow') return mirrored;
  return [
    ...(target.instances ?? []).map((address, i) => ({ path: `/target/instances/${i}`, address })),
    ...(target.groups ?? []).flatMap(({ instances = [] }, group) =>
      instances.map(({ address }, i) => ({ path: `/target/groups/${group}/instances/${i}/address`, address })),
    ),
    ...mirrored,
  ];
}
