/** Opens control on an opened engine. Its plan is sent to the gateways of this process and of others. */
import { DEFAULT_APP_ID } from '../../gateways/documents/caller-documents.ts';
import type { StoreKeeper } from '../../control/system/store-keeper.ts';
import { createControl, type Control } from '../../control/create-control.ts';
import type { CollectionTaker, EngineView } from '../../control/action/engine-view.ts';
import type { AskGateways } from '../../gateways/documents/gateway-questions.ts';
import { createAskGateways } from '../../gateways/remote/ask-gateways.ts';
import type { ControlInfo } from '../../control/action/control-info.ts';
import type { CompiledFlow } from '../../engine/compile/compile-flow.ts';
import type { ProcessParts } from '../../engine/processes/process-document.ts';
import type { Life } from '../../engine/host/run-until-signal.ts';
import { createInterfaceCheck, createSavingCheck } from '../../gateways/pipeline/check-interface.ts';
import { createSchemaTrial } from '../../gateways/shared/create-schema-trial.ts';
import type { FoundPolicy } from '../../gateways/contract.ts';
import { createValueCheck } from '../../gateways/shared/create-value-check.ts';
import type { PlanFeed } from '../../gateways/plan/create-plan-feed.ts';
import { readVersion } from '../shared/version.ts';
import type { OpenedEngine } from './open-engine.ts';
import type { Host } from './open-host.ts';
import { openPlans } from './open-plans.ts';

export interface OpenedControl {
  readonly control: Control;
  readonly feed: PlanFeed;
}

/** The app whose grants apply to calls on the user front, because citizens have no app. */
const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost']);

export async function openControl(
  host: Host,
  opened: OpenedEngine,
  policies: readonly FoundPolicy[],
  info: Pick<ControlInfo, 'addresses' | 'tryIt'>,
  life: Life,
  keeper?: StoreKeeper,
): Promise<OpenedControl> {
  const { settings, clock, log, metrics, crypto, tls } = host;
  const { storage, engine, audit, guard } = opened;
  const { feed, publishPlan } = await openPlans(host, opened, life);
  const checkInterface = createInterfaceCheck(policies);
  const valueCheck = createValueCheck(clock);
  life.own('value-check', () => valueCheck.close());
  const control = await createControl({
    documents: storage.documents,
    shared: storage.sharedState,
    seal: storage.seal,
    crypto,
    catalog: engine.catalog,
    bindings: engine.bindings.bindings,
    bindingStore: engine.bindings.store,
    outbound: engine.outbound,
    files: engine.files,
    executions: engine.executions,
    nodes: engine.nodes,
    extensions: engine.extensions,
    engine: viewEngine(engine),
    publishPlan,
    askGateways: openAskGateways(host, opened),
    changes: engine.changes,
    checkInterface,
    checkSavedInterface: createSavingCheck(checkInterface, policies, createSchemaTrial(clock), clock),
    checkBySchema: valueCheck.check,
    policies,
    ...(keeper === undefined ? {} : { keeper }),
    clock,
    logger: log,
    metricsText: () => metrics.text(),
    metrics,
    settings: {
      host: settings.bindHost,
      port: settings.controlPort,
      defaultAppId: DEFAULT_APP_ID,
      accounts: {
        requireSecondFactor: settings.requireTotp ?? settings.environment !== 'DEV',
        passwordMaxAgeDays: settings.passwordMaxAgeDays,
      },
      trustedProxies: settings.trustedProxies,
      ...(LOOPBACK.has(settings.bindHost) ? {} : { tls }),
    },
    ...(host.serverCa === undefined ? {} : { serverCa: host.serverCa }),
    openAudit: () => Promise.resolve(audit),
    guard,
    info: {
      version: readVersion(),
      environment: settings.environment,
      certificate: () => tls.cert,
      settings: host.describedSettings,
      machine: () => host.machine.read(),
      ...info,
    },
  });
  life.own('control', () => control.stop());
  return { control, feed };
}

/** Returns the data that other processes read about this control process, once it listens. */
export function consoleAt({ control }: Readonly<Record<string, string>>): ProcessParts {
  return control === undefined ? {} : { console: control };
}

function viewEngine({ traffic, queue, quota, archive, processes, published }: OpenedEngine['engine']): EngineView {
  return {
    processes,
    traffic,
    queue,
    quota,
    ...(archive === undefined ? {} : { archive }),
    feeds: () =>
      published
        .list()
        .filter(isFeed)
        .map(({ flowId }) => flowId),
    takers: () => published.list().flatMap(takerOf),
  };
}

function takerOf({ flowId, trigger, document: { domain } }: CompiledFlow): readonly CollectionTaker[] {
  const { collection, maxWaitSec } = trigger.config as Readonly<Record<string, unknown>>;
  const isTaker = trigger.definition.type === 'collection.receive';
  return isTaker ? [{ flowId, domain, collection: String(collection), maxWaitMs: Number(maxWaitSec) * 1000 }] : [];
}

function isFeed({ trigger, document }: CompiledFlow): boolean {
  return document.mode === 'durable' && trigger.definition.kind === 'trigger' && trigger.definition.listen !== undefined;
}

/** Control asks the gateways of all processes. */
function openAskGateways({ clock }: Host, { storage, engine }: OpenedEngine): AskGateways {
  return createAskGateways({
    ...{ channel: storage.sharedState, seal: storage.seal, clock },
    async expected() {
      const processes = await engine.processes.list();
      return processes.filter(({ state, gateways = [] }) => state === 'alive' && gateways.length > 0).length;
    },
  });
}
