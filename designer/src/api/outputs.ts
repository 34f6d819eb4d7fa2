/**
 * The output of each operation, in the server's own types. Types only, so no server code is bundled. An operation
 * that is missing here returns `unknown`.
 */
import type { AccountItem, AccountList } from '../../../control/accounts/accounts.ts';
import type { ArchiveReport } from '../../../control/executions/archive.ts';
import type { AdapterDocument, CodeTable } from '../../../engine/contract/node/adapter.ts';
import type { Permission, Role } from '../../../engine/contract/access/access.ts';
import type { Domains } from '../../../engine/contract/values/domain.ts';
import type { Health } from '../../../engine/contract/node/node.ts';
import type { Issue } from '../../../engine/contract/values/errors.ts';
import type { FlowDocument, FlowVersion } from '../../../engine/contract/flow/flow-document.ts';
import type { ArchiveRun } from '../../../engine/archive/archive-runs.ts';
import type { ExecutionDetails, ExecutionPage } from '../../../engine/operate/interface.ts';
import type { FlowSummary, PublishReport, TestReport } from '../../../engine/publish/interface.ts';
import type { AppDocument, BusConsumer, GrantDocument, InterfaceDocument, UserTokenKey } from '../../../gateways/documents.ts';
import type { AlarmList, AlarmSettingsAnswer, SilenceList } from '../../../control/alarms/alarms.ts';
import type { AlarmSettings } from '../../../control/alarms/alarm-settings.ts';
import type { ActPage, AuditedActions, AuditPage, NamedAct, ObjectList, VerifyReport } from '../../../control/audit-trail/audit.ts';
import type { IntegrityView } from '../../../control/integrity/integrity.ts';
import type { AdapterList, AdapterTypeList } from '../../../control/adapters/adapters.ts';
import type { CallReport } from '../../../control/adapters/call-states.ts';
import type { OfferList } from '../../../control/adapters/read-offers.ts';
import type { AppList } from '../../../control/callers/apps.ts';
import type { DraftRevisionList, FlowVisit } from '../../../control/flows/draft-revisions.ts';
import type { VersionList } from '../../../control/flows/flow-versions.ts';
import type { KeysAnswer } from '../../../control/executions/executions.ts';
import type { BulkAnswer } from '../../../control/held/held.ts';
import type { NamedHeldGroups } from '../../../control/held/held-groups.ts';
import type { InterfaceList } from '../../../control/interfaces/interfaces.ts';
import type { FlowList } from '../../../control/flows/list-flows.ts';
import type { PayloadAnswer } from '../../../control/executions/execution-payload.ts';
import type { DomainList } from '../../../control/accounts/domain-names.ts';
import type { ConcludeAnswer } from '../../../control/executions/conclude.ts';
import type { ResendAnswer } from '../../../control/executions/resend.ts';
import type { Sample } from '../../../control/executions/samples.ts';
import type { FlowLive, FlowLiveDetail } from '../../../control/flows/live-flows.ts';
import type { BundleDocument } from '../../../control/bundles/bundle-document.ts';
import type { BundleReport } from '../../../control/bundles/import-bundle.ts';
import type { NodePorts, NodeTypeList, UpgradedNode } from '../../../control/flows/node-types.ts';
import type { OutboundList } from '../../../control/outbound/outbound.ts';
import type { RequestDetails, RequestItem, RequestList } from '../../../control/requests/requests.ts';
import type { Overview } from '../../../control/overview/overview.ts';
import type { PolicyList } from '../../../control/interfaces/policies.ts';
import type { SecretList } from '../../../control/secrets/secrets.ts';
import type { SystemReport } from '../../../control/system/system.ts';
import type { TableList } from '../../../control/tables/tables.ts';
import type { TrialAnswer } from '../../../control/flows/trials.ts';
import type { Uses } from '../../../control/flows/uses.ts';
import type { Account } from '../../../control/auth/account-store.ts';
import type { Bulk } from '../../../control/held/bulk-store.ts';
import type { Revised } from '../../../control/registry/registry.ts';
import type { AppKey } from '../../../control/registry/key-store.ts';

interface Items<T> {
  readonly items: readonly T[];
}

export interface Me {
  readonly name: string;
  /** The environment whose adapter settings are used. */
  readonly environment: string;
  readonly roles: readonly Role[];
  readonly domains: Domains;
  readonly permissions: readonly Permission[];
  readonly mustChangePassword: boolean;
  readonly mustSetUpSecondFactor: boolean;
  readonly hasSecondFactor: boolean;
  /** True if no user may go without a second factor. */
  readonly isSecondFactorDemanded: boolean;
  readonly isPasswordOneTime: boolean;
  /** Absent if passwords do not expire. */
  readonly passwordExpiresAt?: number;
}

export type { FlowSummary, FlowLive, FlowLiveDetail, AccountItem, Role, NamedAct };

export interface SessionLine {
  readonly id: string;
  readonly kind: 'session' | 'token';
  readonly label: string;
  /** The address from which the session was opened. */
  readonly from?: string;
  /** For a token; if absent, it has all permissions of its owner. */
  readonly rights?: readonly Permission[];
  readonly createdAt: number;
  readonly lastSeenAt: number;
  readonly expiresAt: number;
  readonly current: boolean;
}

export interface Outputs {
  'me.get': Me;
  'domains.list': DomainList;
  'flows.list': FlowList;
  'flows.live': FlowLiveDetail;
  'flows.uses': Uses;
  'flows.get': FlowDocument;
  'flows.save': FlowDocument;
  'flows.validate': { readonly valid: boolean; readonly issues: readonly Issue[] };
  'flows.test': TestReport;
  'flows.trial': TrialAnswer;
  'flows.samples': Items<Sample>;
  'flows.publish': PublishReport;
  'flows.rollback': PublishReport;
  'flows.versions': VersionList;
  'flows.version': FlowVersion;
  'flows.revisions': DraftRevisionList;
  'flows.revision': FlowDocument;
  'flows.visit': FlowVisit;
  'bundles.export': BundleDocument;
  'bundles.import': BundleReport;
  'nodes.list': NodeTypeList;
  'nodes.ports': NodePorts;
  'nodes.upgrade': UpgradedNode;
  'adapters.list': AdapterList;
  'adapters.get': AdapterDocument;
  'adapters.calls': CallReport;
  'adapters.save': AdapterDocument;
  'adapters.test': Health;
  'adapters.try': Health;
  'adapters.types': AdapterTypeList;
  'adapters.offers': OfferList;
  'tables.list': TableList;
  'tables.get': CodeTable;
  'tables.save': CodeTable;
  'secrets.list': SecretList;
  'outbound.list': OutboundList;
  'interfaces.list': InterfaceList;
  'interfaces.get': InterfaceDocument;
  'interfaces.calls': CallReport;
  'interfaces.save': InterfaceDocument;
  'interfaces.validate': { readonly valid: boolean; readonly issues: readonly Issue[] };
  'interfaces.set-state': InterfaceDocument;
  'policies.list': PolicyList;
  'apps.list': AppList;
  'apps.get': AppDocument;
  'apps.save': AppDocument;
  'grants.save': GrantDocument;
  'keys.list': Items<AppKey>;
  'keys.upload': { readonly key: AppKey; readonly challenge: string };
  'keys.create-secret': { readonly key: AppKey; readonly secret: string };
  'grants.list': Items<GrantDocument>;
  'bus-consumers.list': Items<Revised<BusConsumer>>;
  'bus-consumers.create-token': { readonly id: string; readonly appId: string; readonly token: string };
  'user-token-keys.list': Items<Revised<UserTokenKey>>;
  'executions.list': ExecutionPage;
  'executions.search': ExecutionPage;
  'executions.keys': KeysAnswer;
  'executions.held': ExecutionPage;
  'archive.get': ArchiveReport;
  'archive.run': ArchiveRun;
  'archive.stop': { readonly stopped: boolean };
  'held.groups': NamedHeldGroups;
  'executions.retry-many': BulkAnswer;
  'executions.resend-many': BulkAnswer;
  'executions.conclude-many': BulkAnswer;
  'executions.cancel-many': BulkAnswer;
  'bulks.list': Items<Bulk>;
  'bulks.get': Bulk;
  'bulks.cancel': Bulk;
  'bulks.close': Bulk;
  'executions.get': ExecutionDetails;
  'executions.payload': PayloadAnswer;
  'executions.resend': ResendAnswer;
  'executions.conclude': ConcludeAnswer;
  'accounts.list': AccountList;
  'accounts.create': { readonly account: Account; readonly oneTimePassword: string };
  'accounts.update': Account;
  'accounts.reset-password': { readonly name: string; readonly oneTimePassword: string };
  'me.sessions': Items<SessionLine>;
  'me.begin-second-factor': { readonly secret: string; readonly uri: string };
  'me.confirm-second-factor': { readonly recoveryCodes: readonly string[] };
  'accounts.sessions': Items<SessionLine>;
  'me.create-token': { readonly token: string; readonly id: string; readonly expiresAt: number };
  'requests.list': RequestList;
  'requests.create': RequestItem;
  'requests.get': RequestDetails;
  'requests.decide': RequestItem;
  'audit.list': AuditPage;
  'audit.acts': ActPage;
  'audit.objects': ObjectList;
  'audit.verify': VerifyReport;
  'integrity.get': IntegrityView;
  'integrity.accept-trail': { readonly accepted: boolean };
  'integrity.decide': { readonly decision: string };
  'integrity.enforce': { readonly enforced: boolean };
  'audit.actions': AuditedActions;
  'alarms.list': AlarmList;
  'alarms.settings': AlarmSettingsAnswer;
  'alarms.silences': SilenceList;
  'alarms.save-settings': { readonly settings: AlarmSettings; readonly newKeys: Readonly<Record<string, string>> };
  'system.get': SystemReport;
  'system.overview': Overview;
}
