/** The system as a whole: overview, audit trail. */
import { Type } from 'typebox';
import { closed, defineAction, type Action } from './action.ts';
import { isAllowed } from './permissions.ts';
import type { ControlServices } from './services.ts';

const Name = Type.Optional(Type.String({ maxLength: 100 }));

export function systemActions(services: ControlServices): readonly Action[] {
  const { audit } = services;
  return [
    defineAction({
      name: 'system.overview',
      right: 'system.read',
      text: { 'zh-CN': '概览：地址、流程、计数、需要人处理的', en: 'Overview: addresses, flows, counts, what needs a person' },
      input: Type.Object({}, closed),
      audited: false,
      run: ({ actor }) => overview(services, (permission) => isAllowed(actor, permission)),
    }),
    defineAction({
      name: 'system.get',
      right: 'system.read',
      text: { 'zh-CN': '版本、地址、当前计划编号', en: 'Version, addresses, current plan number' },
      input: Type.Object({}, closed),
      audited: false,
      run: async () => system(services),
    }),
    defineAction({
      name: 'audit.list',
      right: 'audit.read',
      text: { 'zh-CN': '审计记录，最新在前', en: 'Audit lines, newest first' },
      input: Type.Object(
        {
          actor: Name,
          action: Name,
          from: Type.Optional(Type.Integer()),
          to: Type.Optional(Type.Integer()),
          limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500, default: 100 })),
          after: Name,
        },
        closed,
      ),
      audited: true,
      run: (_ctx, { limit = 100, ...query }) => audit.list({ ...query, limit }),
    }),
    defineAction({
      name: 'audit.verify',
      right: 'audit.read',
      text: { 'zh-CN': '校验审计链', en: 'Verify the audit chain' },
      input: Type.Object({}, closed),
      audited: true,
      run: ({ signal }) => audit.verify(signal),
    }),
  ];
}

function system({ info, plans, registry }: ControlServices) {
  const { keyId, publicPem } = registry.platformKey;
  return {
    name: 'kangqiao',
    version: info.version,
    environment: info.environment,
    addresses: info.addresses(),
    plan: plans.current(),
    platformKey: { keyId, publicPem },
  };
}

/** Each part only for those who may read it. */
async function overview(services: ControlServices, may: (permission: 'flows.read' | 'executions.read') => boolean) {
  const { catalog, executions, counter, info } = services;
  const tryIt = info.tryIt?.();
  const flows = may('flows.read') ? await catalog.list() : [];
  const today = await counter.today(flows.map((flow) => flow.flowId));
  const held = may('executions.read') ? (await executions.list({ status: ['held'], limit: 20 })).items : [];
  return {
    ...system(services),
    flows: flows.map((flow) => ({ ...flow, today: today[flow.flowId] ?? 0 })),
    counts: may('executions.read') ? await executions.counts() : {},
    held,
    ...(tryIt === undefined ? {} : { tryIt }),
  };
}
