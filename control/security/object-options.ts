/** What an interface says about object access in its options. */
import { isRecord } from '../../engine/contract/values/is-record.ts';
import type { InterfaceDocument } from '../../gateways/documents/interface-document.ts';

export interface ObjectOptions {
  readonly policy: string;
  /** The number of rules and rule sets. */
  readonly count: number;
  readonly ruleSets: readonly string[];
  /** The places of its own rules; those of rule sets are in the sets. */
  readonly locators: readonly string[];
  readonly providers: readonly { readonly path: string; readonly interfaceId: string }[];
  readonly isShadow: boolean;
}

const POLICIES = ['object-access', 'object-response'] as const;

/** Reads the options of both policies. Their schema was checked when the interface was saved. */
export function optionsOfObjects({ policies = {} }: InterfaceDocument): readonly ObjectOptions[] {
  return POLICIES.flatMap((policy) => {
    const options = policies[policy];
    if (options === undefined || options === false) return [];
    const rules = Array.isArray(options['rules']) ? (options['rules'] as unknown[]) : [];
    const ruleSets = Array.isArray(options['ruleSets']) ? (options['ruleSets'] as unknown[]).filter((id) => typeof id === 'string') : [];
    const providers = rules.flatMap((rule, i) =>
      isRecord(rule) && rule['op'] === 'memberOf' && typeof rule['provider'] === 'string'
        ? [{ path: `/policies/${policy}/rules/${i}/provider`, interfaceId: rule['provider'] }]
        : [],
    );
    const locators = rules.flatMap((rule) => (isRecord(rule) && typeof rule['locator'] === 'string' ? [rule['locator']] : []));
    const count = rules.length + ruleSets.length;
    return [{ policy, count, ruleSets, locators, providers, isShadow: options['shadow'] === true }];
  });
}
