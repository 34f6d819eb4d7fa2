/**
 * The events about what people and programs did: one for each act of the audit trail that is listed here. The trail is
 * complete and ordered, so these events are too.
 */
import type { NewEvent } from '../../engine/topics/bus-topic-store.ts';
import type { BusTopic } from '../../engine/contract/values/bus-event.ts';
import { isRecord } from '../../engine/contract/values/is-record.ts';
import type { AuditLine } from '../audit/audit-line.ts';
import type { Owners } from '../action/owners.ts';
import { domainsOf } from './domains-of.ts';

type OwnerKind = 'flow' | 'adapter' | 'table' | 'interface' | 'service' | 'app' | 'ipList' | 'objectRules' | 'secret';

interface EventKind {
  readonly topic: BusTopic;
  readonly type: string | ((line: AuditLine) => string);
  /** What the subject is; absent if it belongs to the whole installation. */
  readonly owner?: OwnerKind;
  /** The subject of the audit line names files or several objects, which the event does not tell. */
  readonly hidesSubject?: true;
}

const life = (owner: OwnerKind, type: EventKind['type']): EventKind => ({ topic: 'lifecycle', type, owner });
const managed = (type: string, owner?: OwnerKind): EventKind => ({ topic: 'management', type, ...(owner && { owner }) });
const whole = (type: string): EventKind => ({ topic: 'management', type, hidesSubject: true });
/** A save without an earlier state created the object. */
const saved = (object: string) => (line: AuditLine) => `${object}.${isRecord(line.before) ? 'changed' : 'registered'}`;
/** The subject of these acts ends with the new state. */
const toState = (object: string) => (line: AuditLine) => `${object}.${line.subject?.split(' ')[1] ?? 'changed'}`;

/** The events by the name of the act. */
const EVENT_KINDS: Readonly<Record<string, EventKind>> = {
  'interfaces.save': life('interface', saved('interface')),
  'interfaces.set-state': life('interface', toState('interface')),
  'interfaces.remove': life('interface', 'interface.removed'),
  'interfaces.set-breaker': life('interface', (line) => `interface.breaker-${line.subject?.split(' ')[1] ?? 'changed'}`),
  'services.save': life('service', saved('service')),
  'services.set-state': life('service', toState('service')),
  'services.remove': life('service', 'service.removed'),
  'flows.publish': life('flow', 'flow.published'),
  'flows.rollback': life('flow', 'flow.rolled-back'),
  'flows.unpublish': life('flow', 'flow.unpublished'),
  'flows.remove': life('flow', 'flow.removed'),
  'apps.save': managed('app.saved', 'app'),
  'apps.remove': managed('app.removed', 'app'),
  'grants.save': managed('grant.saved', 'app'),
  'grants.remove': managed('grant.removed'),
  'keys.upload': managed('app-key.uploaded', 'app'),
  'keys.create-secret': managed('app-key.created', 'app'),
  'keys.activate': managed('app-key.activated', 'app'),
  'keys.retire': managed('app-key.retired', 'app'),
  'keys.revoke': managed('app-key.revoked', 'app'),
  'adapters.save': managed('adapter.saved', 'adapter'),
  'adapters.remove': managed('adapter.removed', 'adapter'),
  'tables.save': managed('code-table.saved', 'table'),
  'tables.remove': managed('code-table.removed', 'table'),
  'secrets.save': managed('secret.saved', 'secret'),
  'secrets.remove': managed('secret.removed', 'secret'),
  'ip-lists.save': managed('address-list.saved', 'ipList'),
  'ip-lists.remove': managed('address-list.removed', 'ipList'),
  'object-rules.save': managed('object-rules.saved', 'objectRules'),
  'object-rules.remove': managed('object-rules.removed', 'objectRules'),
  'outbound.allow': managed('outbound-exception.added'),
  'outbound.remove': managed('outbound-exception.removed'),
  'safe-sites.save': managed('safe-site.saved'),
  'safe-sites.remove': managed('safe-site.removed'),
  'blocked-callers.block': managed('caller.blocked'),
  'blocked-callers.unblock': managed('caller.unblocked'),
  'platform-keys.create': managed('platform-key.created'),
  'platform-keys.activate': managed('platform-key.activated'),
  'platform-keys.revoke': managed('platform-key.revoked'),
  'accounts.create': managed('account.created'),
  'accounts.update': managed('account.changed'),
  'gateways.drain': managed('gateway.draining'),
  'gateways.resume': managed('gateway.resumed'),
  'bundles.import': whole('bundle.imported'),
  'system.backup': whole('store.backed-up'),
  'system.move': whole('store.moved'),
  'system.restore': whole('store.restored'),
  'archive.run': whole('archive.started'),
};

/** What an event tells of the new state. Other fields may contain texts of people. */
const TOLD = ['state', 'revision', 'version'] as const;

export interface AuditedEvent {
  readonly topic: BusTopic;
  readonly event: NewEvent;
}

/** Returns the event about an audit line; undefined if there is none: it failed, or is no act that topics tell of. */
export async function auditedEvent(
  line: AuditLine,
  owners: Owners,
  lastDomains: (subject: string) => Promise<readonly string[]>,
): Promise<AuditedEvent | undefined> {
  const kind = EVENT_KINDS[line.action];
  if (kind === undefined || line.phase !== 'result' || line.outcome !== 'done') return undefined;
  const subject = kind.hidesSubject ? undefined : line.subject?.split(/[ @]/)[0];
  const after = isRecord(line.after) ? line.after : {};
  const told = Object.fromEntries(TOLD.flatMap((name) => (after[name] === undefined ? [] : [[name, after[name]]])));
  const event: NewEvent = {
    id: `audit-${line.number}`,
    type: typeof kind.type === 'string' ? kind.type : kind.type(line),
    subject,
    at: line.at,
    data: { act: line.action, by: line.actor, ...told },
    domains: await ownersOf(subject, kind.owner, owners, lastDomains),
  };
  return { topic: kind.topic, event };
}

/** An object that is gone belongs to the domains that the event before it had. */
async function ownersOf(
  subject: string | undefined,
  kind: OwnerKind | undefined,
  owners: Owners,
  lastDomains: (subject: string) => Promise<readonly string[]>,
): Promise<readonly string[]> {
  if (kind === undefined || subject === undefined) return [];
  const found = await owners[kind](subject.split('/')[0]!);
  return found.domains === undefined ? lastDomains(subject) : domainsOf(found);
}
