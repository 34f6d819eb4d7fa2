/**
 * Finds the domains that own an object (decision 0043). An object without a domain belongs to the domains of its
 * parent: a key to its app, a secret to the adapters that may use it, a grant to its app and its interface, an
 * execution to the version that ran it.
 */
import type { BindingStore } from '../../engine/bindings/interface.ts';
import type { ExecutionCatalog } from '../../engine/operate/interface.ts';
import type { FlowCatalog, VersionSummary } from '../../engine/publish/interface.ts';
import type { Registry } from '../registry/registry.ts';
import type { DomainRequirement, Touched } from '../access/domains.ts';

type FindOwner = (id: string) => Promise<Touched>;

/** The method of a store that finds an object by its id. */
interface Find<Found> {
  get(id: string): Promise<Found | undefined>;
}

export interface Owners {
  readonly flow: FindOwner;
  readonly adapter: FindOwner;
  readonly table: FindOwner;
  readonly interface: FindOwner;
  readonly objectRules: FindOwner;
  readonly app: FindOwner;
  readonly grant: FindOwner;
  readonly consumer: FindOwner;
  readonly ipList: FindOwner;
  readonly service: FindOwner;
  readonly secret: FindOwner;
  readonly execution: FindOwner;
  /**
   * Returns the domains of the execution that waits for a message with this token. If none waits, returns the domains
   * of all versions of the flow, since an execution of any of them may start to wait.
   */
  waiter(flowId: string, token: string): Promise<Touched>;
  /**
   * Finds the domains of the flow of an execution: those of its draft and of its current version, not of the version
   * that ran.
   */
  readonly flowOf: FindOwner;
  readonly bulk: FindOwner;
  readonly alarm: FindOwner;
  /**
   * Finds the domains of the object that an alarm or a silence is about: a flow, an adapter, an interface, an object of
   * an app, or the installation.
   */
  readonly alarmSubject: FindOwner;
  readonly silence: FindOwner;
}

export interface OwnersDeps {
  readonly catalog: Pick<FlowCatalog, 'draft' | 'versions' | 'version' | 'revisions' | 'revision'>;
  readonly bindingStore: Pick<BindingStore, 'getAdapter' | 'getTable' | 'listSecrets'>;
  readonly registry: Pick<Registry, 'interfaces' | 'apps' | 'grants' | 'busConsumers' | 'ipLists' | 'objectRules' | 'services'>;
  readonly executions: Pick<ExecutionCatalog, 'ownerOf' | 'holderOf'>;
  readonly bulks: Find<{ readonly domains?: readonly string[] }>;
  readonly alarms: { readonly alarms: Find<{ readonly subject: string }>; readonly silences: Find<{ readonly subject?: string }> };
}

/** Returns the published version that is in service; undefined if there is none. */
export async function versionInService({ versions }: Pick<FlowCatalog, 'versions'>, flowId: string): Promise<VersionSummary | undefined> {
  return (await versions(flowId)).find(({ isCurrent }) => isCurrent);
}

export function createOwners({ catalog, bindingStore, registry, executions, bulks, alarms }: OwnersDeps): Owners {
  const { interfaces, apps, grants, busConsumers, ipLists, objectRules, services } = registry;
  const owners: Owners = {
    async flow(id) {
      const draft = await catalog.draft(id);
      return { id, domains: draft === undefined ? await domainsLeftBehind(catalog, id) : [draft.domain] };
    },
    adapter: ofOne((id) => bindingStore.getAdapter(id)),
    table: ofOne((id) => bindingStore.getTable(id)),
    interface: ofOne((id) => interfaces.get(id)),
    objectRules: ofOne((id) => objectRules.get(id)),
    app: ofOne((id) => apps.get(id)),
    ipList: ofOne((id) => ipLists.get(id)),
    service: ofOne((id) => services.get(id)),
    execution: ofOne((id) => executions.ownerOf(id)),
    async waiter(flowId, token) {
      const holder = await executions.holderOf(flowId, token);
      if (holder !== undefined) return { ...(await owners.execution(holder)), id: flowId };
      const { domains } = await owners.flow(flowId);
      return { id: flowId, domains: domains && [...domains, ...((await domainsLeftBehind(catalog, flowId)) ?? [])] };
    },
    async flowOf(id) {
      const execution = await executions.ownerOf(id);
      if (execution === undefined) return { id, domains: undefined };
      const { domains } = await owners.flow(execution.flowId);
      const serving = await versionInService(catalog, execution.flowId);
      return { id, domains: domains && [...domains, ...(serving === undefined ? [] : [serving.domain])] };
    },
    async grant(id) {
      const grant = await grants.get(id);
      if (grant === undefined) return { id, domains: undefined };
      const both = [await owners.interface(grant.interfaceId), await owners.app(grant.appId)];
      return { id, domains: both.flatMap(({ domains }) => domains ?? [undefined]) };
    },
    async consumer(id) {
      const consumer = await busConsumers.get(id);
      return { id, domains: consumer && ((await owners.app(consumer.value.appId)).domains ?? [undefined]) };
    },
    async secret(id) {
      const secret = (await bindingStore.listSecrets()).find(({ name }) => name === id);
      if (secret === undefined) return { id, domains: undefined };
      const adapters = await Promise.all(secret.adapters.map(owners.adapter));
      return { id, domains: adapters.length === 0 ? [undefined] : adapters.flatMap(({ domains }) => domains ?? [undefined]) };
    },
    async bulk(id) {
      const bulk = await bulks.get(id);
      return { id, domains: bulk && (bulk.domains ?? [undefined]) };
    },
    async alarm(id) {
      const alarm = await alarms.alarms.get(id);
      return { id, domains: alarm && (await owners.alarmSubject(alarm.subject)).domains };
    },
    async alarmSubject(subject) {
      const [, appId] = /^(?:app-key|grant):([^/]+)\//.exec(subject) ?? [];
      // An alarm about a collection has the subject `collection:<domain>/<name>`.
      const [, domain] = /^collection:([^/]+)\//.exec(subject) ?? [];
      if (domain !== undefined) return { id: subject, domains: [domain] };
      const { domains } = await (appId === undefined ? ownerByPrefix(owners, subject) : owners.app(appId));
      return { id: subject, domains: domains ?? [undefined] };
    },
    async silence(id) {
      const silence = await alarms.silences.get(id);
      return { id, domains: silence && (await owners.alarmSubject(silence.subject ?? '')).domains };
    },
  };
  return owners;
}

function ownerByPrefix(owners: Owners, subject: string): Promise<Touched> {
  if (subject.startsWith('adp_')) return owners.adapter(subject);
  // An alarm about an instance group has the subject `<interface>/<group>`.
  return subject.startsWith('ifc_') ? owners.interface(subject.split('/')[0]!) : owners.flow(subject);
}

/**
 * Returns the domains of versions and saved revisions that a removed flow left in the store. They are needed because a
 * new flow with the same id could read these versions and revisions. Returns undefined if there are none.
 */
async function domainsLeftBehind(catalog: OwnersDeps['catalog'], flowId: string): Promise<Touched['domains']> {
  const [versions, revisions] = await Promise.all([catalog.versions(flowId), catalog.revisions(flowId)]);
  if (versions.length + revisions.length === 0) return undefined;
  const published = await Promise.all(versions.map(({ version }) => catalog.version(flowId, version)));
  // The newest revision may be too old to record its domain. Then read the domain from its document.
  const [newest] = revisions;
  const last = newest === undefined || newest.domain !== undefined ? undefined : await catalog.revision(flowId, newest.id);
  const saved = revisions.flatMap(({ domain }) => domain ?? []);
  return [...new Set([...published.map((version) => version?.document.domain), ...saved, ...(last === undefined ? [] : [last.domain])])];
}

function ofOne(find: (id: string) => Promise<{ readonly domain?: string | undefined } | undefined>): FindOwner {
  return async (id) => {
    const found = await find(id);
    return { id, domains: found && [found.domain] };
  };
}

/**
 * Returns the domains that saving a document requires: those of the document that it replaces, if any, and the domain
 * that it names.
 */
export async function saving(stored: Promise<Touched>, document: unknown): Promise<readonly DomainRequirement[]> {
  const names = typeof document === 'object' && document !== null && 'domain' in document ? document.domain : undefined;
  return [{ ...(await stored), mayBeNew: true }, { names }];
}

export async function all(...found: readonly Promise<Touched>[]): Promise<readonly DomainRequirement[]> {
  return Promise.all(found);
}
