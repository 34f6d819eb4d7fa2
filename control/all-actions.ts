import { accountActions } from './accounts/accounts.ts';
import type { Action } from './action/action.ts';
import { adapterActions } from './adapters/adapters.ts';
import { alarmActions } from './alarms/alarms.ts';
import { archiveActions } from './executions/archive.ts';
import { auditActions } from './audit-trail/audit.ts';
import { bundleActions } from './bundles/bundles.ts';
import { callerActions } from './callers/callers.ts';
import { draftRevisionActions } from './flows/draft-revisions.ts';
import { executionActions } from './executions/executions.ts';
import { versionActions } from './flows/flow-versions.ts';
import { flowActions } from './flows/flows.ts';
import { heldActions } from './held/held.ts';
import { integrityActions } from './integrity/integrity.ts';
import { interfaceActions } from './interfaces/interfaces.ts';
import { listFlowActions } from './flows/list-flows.ts';
import { keepActions } from './system/keep.ts';
import { liveActions } from './flows/live.ts';
import { nodeTypeActions } from './flows/node-types.ts';
import { outboundActions } from './outbound/outbound.ts';
import { overviewActions } from './overview/overview.ts';
import { policyActions } from './interfaces/policies.ts';
import { domainNameActions } from './accounts/domain-names.ts';
import { concludeActions } from './executions/conclude.ts';
import { requestActions } from './requests/requests.ts';
import { resendActions } from './executions/resend.ts';
import { sampleActions } from './executions/samples.ts';
import { secretActions } from './secrets/secrets.ts';
import type { ControlServices } from './services.ts';
import { systemActions } from './system/system.ts';
import { tableActions } from './tables/tables.ts';
import { trialActions } from './flows/trials.ts';
import { flowUseActions } from './flows/uses.ts';

/** Everything that can be asked of control. */
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
    ...policyActions(services),
    ...callerActions(services),
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
    ...keepActions(services),
  ];
  actions.push(...requestActions(services, actions));
  return [...actions, ...auditActions(services, actions)];
}
