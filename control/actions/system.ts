/** The installation itself: version, addresses, plan. */
import { Type } from 'typebox';
import { closed, defineAction, type Action } from './action.ts';
import type { ControlServices } from './services.ts';

export interface SystemFacts {
  readonly name: string;
  readonly version: string;
  readonly environment: string;
  /** Name of a listener -> where it listens. */
  readonly addresses: Readonly<Record<string, string>>;
  /** Number of the plan that the gateways get. */
  readonly plan: number;
  readonly platformKey: { readonly keyId: string; readonly publicPem: string };
}

export function systemActions(services: ControlServices): readonly Action[] {
  return [
    defineAction({
      name: 'system.get',
      right: 'system.read',
      text: { 'zh-CN': '版本、地址、当前计划编号', en: 'Version, addresses, current plan number' },
      input: Type.Object({}, closed),
      audited: false,
      run: async () => systemFacts(services),
    }),
  ];
}

export function systemFacts({ info, plans, registry }: ControlServices): SystemFacts {
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
