import { accountActions } from './accounts.ts';
import type { Action } from './action.ts';
import { adapterActions } from './adapters.ts';
import { alarmActions } from './alarms.ts';
import { archiveActions } from './archive.ts';
import { auditActions } from './audit.ts';
import { bundleActions } from './bundles.ts';
import { callerActions } from './callers.ts';
import { draftRevisionActions } from './draft-revisions.ts';
import { executionActions } from './executions.ts';
import { versionActions } from './flow-versions.ts';
import { flowActions } from './flows.ts';
import { heldActions } from './held.ts';
import { integrityActions } from './integrity.ts';
import { interfaceActions } from './interfaces.ts';
import { listFlowActions } from './list-flows.ts';
import { keepActions } from './keep.ts';
import { liveActions } from './live.ts';
import { nodeTypeActions } from './node-types.ts';
import { outboundActions } from './outbound.ts';
import { overviewActions } from './overview.ts';
import { policyActions } from './policies.ts';
import { domainNameActions } from './domain-names.ts';
import { concludeActions } from './conclude.ts';
import { requestActions } from './requests.ts';
import { resendActions } from './resend.ts';
import { sampleActions } from './samples.ts';
import { secretActions } from './secrets.ts';
import type { ControlServices } from './services.ts';
import { systemActions } from './system.ts';
import { tableActions } from './tables.ts';
import { trialActions } from './trials.ts';
import { flowUseActions } from './uses.ts';

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
