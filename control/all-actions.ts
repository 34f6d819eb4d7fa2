import { accountActions, type AccountServices } from './accounts/accounts.ts';
import type { Action } from './action/action.ts';
import { adapterActions, type AdapterServices } from './adapters/adapters.ts';
import { alarmActions, type AlarmServices } from './alarms/alarms.ts';
import { archiveActions, type ArchiveServices } from './executions/archive.ts';
import { auditActions, type AuditServices } from './audit-trail/audit.ts';
import { brokerActions, type BrokerServices } from './brokers/brokers.ts';
import { bundleActions, type BundleServices } from './bundles/bundles.ts';
import { callActions, type CallServices } from './calls/calls.ts';
import { callerActions } from './callers/callers.ts';
import type { CallerServices } from './callers/caller-services.ts';
import { draftRevisionActions, type DraftRevisionServices } from './flows/draft-revisions.ts';
import { executionActions, type ExecutionServices } from './executions/executions.ts';
import { versionActions, type VersionServices } from './flows/flow-versions.ts';
import { extensionActions, type ExtensionServices } from './extensions/extensions.ts';
import { publisherActions } from './extensions/publishers.ts';
import { flowActions, type FlowServices } from './flows/flows.ts';
import { heldActions, type HeldServices } from './held/held.ts';
import { instanceActions, type InstanceServices } from './instances/instances.ts';
import { integrityActions, type IntegrityServices } from './integrity/integrity.ts';
import { interfaceActions, type InterfaceServices } from './interfaces/interfaces.ts';
import { listFlowActions, type ListFlowServices } from './flows/list-flows.ts';
import { keepActions, type KeepServices } from './system/keep.ts';
import { liveActions, type LiveServices } from './flows/live.ts';
import { nodeTypeActions, type NodeTypeServices } from './flows/node-types.ts';
import { outboundActions, type OutboundServices } from './outbound/outbound.ts';
import { overviewActions, type OverviewServices } from './overview/overview.ts';
import { frontOpenApiActions, type FrontOpenApiServices } from './interfaces/front-openapi.ts';
import { setBreakerActions, type SetBreakerServices } from './interfaces/set-breaker.ts';
import { purgeCacheActions, type PurgeCacheServices } from './interfaces/purge-cache.ts';
import { policyActions, type PolicyServices } from './interfaces/policies.ts';
import { drainActions, type DrainServices } from './system/drain.ts';
import { domainNameActions, type DomainNameServices } from './accounts/domain-names.ts';
import { concludeActions, type ConcludeServices } from './executions/conclude.ts';
import { requestActions, type RequestServices } from './requests/requests.ts';
import { resendActions, type ResendServices } from './executions/resend.ts';
import { sampleActions, type SampleServices } from './executions/samples.ts';
import { secretActions, type SecretServices } from './secrets/secrets.ts';
import { securityActions } from './security/security.ts';
import type { SecurityServices } from './security/security-services.ts';
import { systemActions, type SystemServices } from './system/system.ts';
import { tableActions, type TableServices } from './tables/tables.ts';
import { flowDataActions, type FlowDataServices } from './flow-data/flow-data.ts';
import { topicActions, type TopicServices } from './topics/topics.ts';
import { transportActions, type TransportServices } from './transport/transport.ts';
import { trialActions, type TrialServices } from './flows/trials.ts';
import { flowUseActions, type FlowUseServices } from './flows/uses.ts';

/** The services that all actions use. */
export type ControlServices = AccountServices &
  AdapterServices &
  AlarmServices &
  ArchiveServices &
  AuditServices &
  BrokerServices &
  BundleServices &
  CallServices &
  CallerServices &
  DraftRevisionServices &
  ExecutionServices &
  ExtensionServices &
  VersionServices &
  FlowServices &
  HeldServices &
  IntegrityServices &
  InterfaceServices &
  ListFlowServices &
  KeepServices &
  LiveServices &
  NodeTypeServices &
  OutboundServices &
  OverviewServices &
  PolicyServices &
  PurgeCacheServices &
  SetBreakerServices &
  DrainServices &
  DomainNameServices &
  ConcludeServices &
  RequestServices &
  ResendServices &
  SampleServices &
  SecretServices &
  SecurityServices &
  SystemServices &
  TableServices &
  TopicServices &
  FlowDataServices &
  TransportServices &
  InstanceServices &
  FrontOpenApiServices &
  TrialServices &
  FlowUseServices;

/** Returns every action of control. */
export function allActions(services: ControlServices): readonly Action[] {
  const actions: Action[] = [
    ...listFlowActions(services),
    ...flowActions(services),
    ...versionActions(services),
    ...draftRevisionActions(services),
    ...flowUseActions(services),
    ...trialActions(services),
    ...sampleActions(services),
    ...bundleActions(services),
    ...adapterActions(services),
    ...tableActions(services),
    ...secretActions(services),
    ...outboundActions(services),
    ...interfaceActions(services),
    ...transportActions(services),
    ...instanceActions(services),
    ...frontOpenApiActions(services),
    ...policyActions(services),
    ...callActions(services),
    ...purgeCacheActions(services),
    ...setBreakerActions(services),
    ...drainActions(services),
    ...callerActions(services),
    ...securityActions(services),
    ...executionActions(services),
    ...archiveActions(services),
    ...heldActions(services),
    ...resendActions(services),
    ...concludeActions(services),
    ...accountActions(services),
    ...domainNameActions(services),
    ...liveActions(services),
    ...nodeTypeActions(services),
    ...overviewActions(services),
    ...systemActions(services),
    ...integrityActions(services),
    ...alarmActions(services),
    ...topicActions(services),
    ...flowDataActions(services),
    ...brokerActions(services),
    ...extensionActions(services),
    ...publisherActions(services),
    ...keepActions(services),
  ];
  actions.push(...requestActions(services, actions));
  return [...actions, ...auditActions(services, actions)];
}
