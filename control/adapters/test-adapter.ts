/**
 * The connection test. It uses the first node type of the adapter's protocol that can test a connection, with the
 * adapter's settings for this environment.
 */
import type { Adapter, AdapterDocument } from '../../engine/contract/node/adapter.ts';
import { AppError } from '../../engine/contract/values/errors.ts';
import type { Health, ProbeContext, ProbeExchange } from '../../engine/contract/node/probe.ts';
import type { NodeRegistry } from '../../engine/registry/load-nodes.ts';
import { withoutSecrets } from '../audit/without-secrets.ts';
import type { Actor } from '../access/actor.ts';
import { isAllowed } from '../access/permissions.ts';
import type { ActionContext } from '../action/action.ts';
import { existing } from '../access/domains.ts';
import type { Clock } from '../../engine/contract/values/clock.ts';
import type { Bindings, BindingStore } from '../../engine/bindings/interface.ts';
import type { FileAccess } from '../../engine/contract/node/file-access.ts';
import type { Outbound } from '../../engine/outbound/open-outbound.ts';
import type { AdapterTests } from './adapter-tests.ts';
import type { ControlInfo } from '../action/control-info.ts';

export interface TestAdapterServices {
  readonly clock: Clock;
  readonly bindings: Bindings;
  readonly bindingStore: BindingStore;
  readonly outbound: Outbound;
  readonly files: FileAccess;
  readonly nodes: NodeRegistry;
  readonly adapterTests: AdapterTests;
  readonly info: ControlInfo;
}

const PROBE_MS = 15_000;

type Probe = (ctx: ProbeContext) => Promise<Health>;

/** Tests the saved settings and stores the result. */
export async function testSaved(services: TestAdapterServices, ctx: ActionContext, adapterId: string): Promise<Health> {
  const { bindings, bindingStore, adapterTests, clock } = services;
  existing(await bindingStore.getAdapter(adapterId), adapterId);
  const adapter = adapterHere(services, adapterId);
  const began = clock.monotonic();
  const health = await probe(services, ctx, adapter, (name) => bindings.secret(name ?? adapterId));
  const failed = health.steps.find((step) => !step.ok);
  await adapterTests.keep(adapterId, {
    at: clock.now(),
    by: ctx.actor.account,
    ok: health.ok,
    durationMs: Math.round(clock.monotonic() - began),
    ...(failed === undefined ? {} : { failedStep: failed.name }),
  });
  return health;
}

/** Tests unsaved settings; stores nothing. */
export async function testUnsaved(services: TestAdapterServices, ctx: ActionContext, document: AdapterDocument): Promise<Health> {
  const preview = services.bindingStore.preview(document);
  if (preview === undefined) throw notHere(services, document.adapterId);
  return probe(services, ctx, preview.adapter, () => preview.secret());
}

async function probe(
  { nodes, clock, outbound, files }: TestAdapterServices,
  ctx: ActionContext,
  adapter: Adapter,
  secret: ProbeContext['secret'],
): Promise<Health> {
  const run = proberOf(nodes, adapter.protocol);
  if (run === undefined) {
    throw new AppError('ADAPTER_NO_PROBE', 'input', `No node of the protocol ${adapter.protocol} can test a connection.`, {
      values: { protocol: adapter.protocol },
      fix: 'Try it with a flow.',
    });
  }
  const signal = AbortSignal.any([ctx.signal, AbortSignal.timeout(PROBE_MS)]);
  const report: ProbeContext['report'] = (step) => ctx.progress({ step: withoutSecrets(step) });
  const { exchanges, ...health } = await run({ adapter, outbound: outbound.guard, files, signal, clock, report, secret });
  const shown = withoutSecrets(health) as Health;
  // The probe has hidden the secrets in the exchanges. `withoutSecrets` would cut their contents.
  return exchanges === undefined ? shown : { ...shown, exchanges: exchangesFor(ctx.actor, exchanges) };
}

/** What the other side sent may hold personal data, like a message. */
function exchangesFor(actor: Actor, exchanges: readonly ProbeExchange[]): readonly ProbeExchange[] {
  if (isAllowed(actor, 'executions.payload')) return exchanges;
  return exchanges.map((exchange) => ({ ...exchange, received: { content: '', missing: 'right' } }));
}

export function proberOf(nodes: NodeRegistry, protocol: string): Probe | undefined {
  const own = nodes.adapterTypes?.().find((type) => type.protocol === protocol)?.probe;
  if (own !== undefined) return own;
  for (const node of nodes.list()) if (node.kind !== 'control' && node.adapter === protocol && node.probe !== undefined) return node.probe;
  return undefined;
}

/** Returns the adapter as it is bound in this environment. Throws ADAPTER_NOT_HERE (input) if it is not bound. */
export function adapterHere(services: TestAdapterServices, adapterId: string): Adapter {
  const adapter = services.bindings.adapter(adapterId);
  if (adapter === undefined) throw notHere(services, adapterId);
  return adapter;
}

function notHere({ info }: TestAdapterServices, adapterId: string): AppError {
  return new AppError('ADAPTER_NOT_HERE', 'input', `${adapterId} has no settings for the environment ${info.environment}.`, {
    values: { adapterId, environment: info.environment },
    fix: 'Add them under `environments`.',
  });
}
