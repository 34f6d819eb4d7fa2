/**
 * Targets that are in use at an upgrade stay allowed. They are listed as exceptions, and wait for the security
 * administrator to confirm them.
 */
import { Type } from 'typebox';
import type { Clock } from '../contract/values/clock.ts';
import { isIpRange } from '../contract/calls/ip-range.ts';
import type { Logger } from '../contract/values/observe.ts';
import type { OutboundGuard, RefusedClass } from '../contract/node/outbound-guard.ts';
import type { CollectionSpec, Documents, StoredDocument } from '../contract/ports/documents.ts';
import type { OutboundTarget } from './exception.ts';
import type { OutboundExceptions } from './open-outbound-exceptions.ts';
import { refusalWithin } from './refusal-within.ts';

/** An address that is already in use, and what uses it. */
export interface UsedTarget {
  readonly host: string;
  readonly port: number;
  /** What uses the address, for example an adapter's id. */
  readonly user: string;
}

export interface SeedDeps {
  readonly documents: Documents;
  readonly guard: OutboundGuard;
  readonly exceptions: Pick<OutboundExceptions, 'put'>;
  readonly clock: Clock;
  readonly log: Logger;
}

const spec: CollectionSpec<StoredDocument> = {
  name: 'outbound_seeded',
  schema: Type.Object({ _id: Type.String() }),
  indexes: [],
};

/**
 * Adds exceptions for all targets in use that the guard would now refuse. `kind` says what uses the targets, for
 * example `adapters`. Runs once per kind in each store. If the process crashes meanwhile, the next start runs it again.
 */
export async function seedExceptions(
  kind: string,
  used: () => Promise<readonly UsedTarget[]>,
  { documents, guard, exceptions, clock, log }: SeedDeps,
): Promise<void> {
  const seeded = await documents.open(spec);
  if ((await seeded.get(kind)) !== undefined) return;
  const refused = new Map<string, OutboundTarget & { readonly opens: readonly RefusedClass[]; readonly users: string[] }>();
  for (const { host, port, user } of await used()) {
    const refusal = await refusalWithin(guard, host, port, clock);
    if (refusal === undefined) continue;
    const key = `${host} ${port}`;
    const known = refused.get(key) ?? { host, port, opens: [refusal.values['problem'] as RefusedClass], users: [] };
    known.users.push(user);
    refused.set(key, known);
  }
  for (const { users, host, port, opens } of refused.values()) {
    const reason = `in use before the upgrade: ${users.join(', ')}`.slice(0, 500);
    const target = { host, ...(port === undefined ? {} : { port }), ...(isIpRange(host) ? {} : { opens }) };
    await exceptions.put({ ...target, reason, isConfirmed: false, by: 'upgrade', at: clock.now() });
  }
  if (refused.size > 0) log.warn('outbound.seeded', { kind, targets: [...refused.keys()].join(', ') });
  await seeded.insert({ _id: kind }, { durability: 'full' });
}
