/** Opens the gateways of this process, one for each front. All get their plans from the same source. */
import { FRONTS, type Front } from '../../engine/contract/access/access.ts';
import type { SharedState } from '../../engine/contract/ports/shared-state.ts';
import type { OutboundGuard } from '../../engine/contract/node/outbound-guard.ts';
import type { RunFlow } from '../../engine/contract/node/run-flow.ts';
import type { Seal } from '../../engine/contract/values/seal.ts';
import type { ProcessParts } from '../../engine/processes/process-document.ts';
import { sumCalls } from '../../engine/processes/sum-calls.ts';
import { joinConditions, sumFrontCalls } from '../../engine/processes/sum-fronts.ts';
import type { Settings } from '../../engine/host/settings.ts';
import type { Life } from '../../engine/host/run-until-signal.ts';
import { watchCertificate, type CertificatePair } from '../../engine/host/watch-certificate.ts';
import { createOutboundGuard } from '../../engine/outbound/create-outbound-guard.ts';
import { compileExceptions, readOutboundTarget, type MatchException } from '../../engine/outbound/exception.ts';
import type { OpenedEngine } from './open-engine.ts';
import { replyToQuestions } from '../../gateways/remote/ask-gateways.ts';
import { createReply } from '../../gateways/remote/reply-about-gateways.ts';
import type { Policy } from '../../gateways/contract.ts';
import type { PlanSource } from '../../gateways/plan-index.ts';
import type { QuotaStore } from '../../gateways/policy-ports.ts';
import type { GatewayPlan } from '../../gateways/documents/gateway-plan.ts';
import type { Inside } from '../../gateways/forward/open-inside.ts';
import { createGateway } from '../../gateways/fronts/create-gateway.ts';
import type { Gateway } from '../../gateways/fronts/gateway-options.ts';
import { gatewaySettings, ownPorts, type Host } from './open-host.ts';

export interface GatewayParts {
  readonly planSource: PlanSource;
  readonly policies: readonly Policy[];
  readonly runFlow: RunFlow;
  /** The connection to the gateways inside the hospital network; set only for a gateway in the DMZ. */
  readonly inside?: Inside;
  readonly shared: SharedState;
  readonly quotas: QuotaStore;
  readonly seal: Pick<Seal, 'seal'>;
  /** Absent for a gateway in the DMZ. */
  readonly sharedSeal?: Pick<Seal, 'seal' | 'open' | 'openText' | 'token'>;
}

export type OpenedGateways = Readonly<Record<string, Gateway>>;

export async function openGateways(
  host: Host,
  parts: GatewayParts,
  life: Life,
  fronts: readonly Front[] = FRONTS,
  processNumber?: number,
): Promise<OpenedGateways> {
  const { crypto, clock, log, metrics, tracer, folder, settings } = host;
  const opened: Record<string, Gateway> = {};
  const outbound = guardOf(parts.planSource, settings);
  // Stop the gateways in parallel, because each one may need all the remaining time.
  life.own('gateways', async () => void (await Promise.all(Object.values(opened).map((gateway) => gateway.stop()))));
  for (const front of fronts) {
    opened[front] = await createGateway({
      front,
      ...parts,
      outbound,
      crypto,
      clock,
      logger: log,
      metrics,
      tracer,
      settings: { ...gatewaySettings(host, front), sharesPort: processNumber !== undefined },
      logName: processNumber === undefined || processNumber === 1 ? front : `${front}-${processNumber}`,
      logFolder: folder.logs,
    });
  }
  watchTls(host, opened, life);
  return opened;
}

/** Takes over renewed certificates without a restart. Development certificates are renewed at a start only. */
function watchTls({ settings: { tlsCertFile, tlsKeyFile }, tls, clock, log }: Host, gateways: OpenedGateways, life: Life): void {
  if (tlsCertFile === undefined || tlsKeyFile === undefined) return;
  const onChange = (pair: CertificatePair) => {
    for (const gateway of Object.values(gateways)) gateway.renewTls({ ...tls, ...pair });
  };
  life.own('certificate', watchCertificate({ certFile: tlsCertFile, keyFile: tlsKeyFile, current: tls, clock, log, onChange }));
}

/**
 * Returns the outbound guard. It allows the targets listed in the current plan. The plan of an older version has no
 * list and sets no limits.
 */
function guardOf(planSource: PlanSource, settings: Settings): OutboundGuard {
  const ofSettings = settings.outboundAllowed.flatMap((text) => readOutboundTarget(text) ?? []);
  let listed: GatewayPlan['outbound'];
  let matches: MatchException = () => true;
  const isExcepted: MatchException = (host, address, port, refused) => {
    const { outbound } = planSource.current() ?? {};
    if (outbound === undefined) return true;
    if (outbound !== listed) matches = compileExceptions([...ofSettings, ...outbound]);
    listed = outbound;
    return matches(host, address, port, refused);
  };
  return createOutboundGuard({ isExcepted, ownPorts: new Set(ownPorts(settings).filter((port) => port > 0)) });
}

/** Returns the data about the gateways that is shown to people. */
export function describeGateways(
  opened: OpenedGateways,
): Required<Pick<ProcessParts, 'gateways' | 'interfaces' | 'frontCalls' | 'conditions'>> {
  return {
    gateways: Object.entries(opened).map(([front, gateway]) => ({ front, address: gateway.address, ...gateway.stats() })),
    interfaces: [...sumCalls(Object.values(opened).map((gateway) => gateway.calls())).values()],
    frontCalls: sumFrontCalls(Object.values(opened).map((gateway) => gateway.frontCalls())),
    conditions: joinConditions(Object.values(opened).map((gateway) => gateway.conditions())),
  };
}

/** Returns true while a person drains this process. */
export function isDraining(opened: OpenedGateways): boolean {
  return Object.values(opened).some((gateway) => gateway.stats().isDraining);
}

export interface AnsweringGateways {
  /** The seal of their access log. */
  readonly seal: Pick<Seal, 'open'>;
  opened(): OpenedGateways;
}

/** Replies to control about the gateways of this process. */
export async function replyAboutGateways(
  { folder, clock, log }: Host,
  { storage, engine }: OpenedEngine,
  { seal, opened }: AnsweringGateways,
  life: Pick<Life, 'own'>,
): Promise<void> {
  const processId = (await engine.processes.list()).find(({ isSelf }) => isSelf)?.processId ?? '';
  const reply = createReply({ folder: folder.logs, processId, seal, clock, gateways: opened });
  life.own('questions', await replyToQuestions({ channel: storage.sharedState, seal: storage.seal, clock, processId, log, reply }));
}
