/** Policies that an interface may name, in the form that the interface editor needs. */
import { Type } from 'typebox';
import { FRONTS, type Front } from '../../engine/contract/access/access.ts';
import type { Text } from '../../engine/contract/values/texts.ts';
import type { FoundPolicy, PolicyGroup, Stage } from '../../gateways/contract.ts';
import { closed, defineAction, type Action } from '../action/action.ts';

export interface PolicyServices {
  readonly policies: readonly FoundPolicy[];
}

export interface PolicyDescription {
  readonly name: string;
  readonly stage: Stage;
  /** The question that the policy answers: who may call, how much, what may be in it, where it goes, what is kept. */
  readonly group: PolicyGroup;
  readonly text: { readonly label: Text; readonly help: Text };
  readonly fronts: readonly Front[];
  /** Fronts on which the policy is on by default. */
  readonly defaultOn: readonly Front[];
  /** Fronts on which the policy may be switched off. */
  readonly optionalOn: readonly Front[];
  /** JSON Schema 2020-12 of the options. The keyword `text` contains the label and the help of a field. */
  readonly options: Readonly<Record<string, unknown>>;
}

export interface PolicyList {
  readonly items: readonly PolicyDescription[];
}

export function policyActions({ policies }: PolicyServices): readonly Action[] {
  return [
    defineAction({
      name: 'policies.list',
      right: 'interfaces.read',
      domain: 'none',
      text: { 'zh-CN': '网关策略：说明、适用网关、选项模式', en: 'Gateway policies: help, fronts, schemas of their options' },
      input: Type.Object({}, closed),
      audited: false,
      run: async (): Promise<PolicyList> => ({ items: policies.map(describePolicy) }),
    }),
  ];
}

function describePolicy({ name, stage, group, text, fronts, isDefault, isOptional, options }: FoundPolicy): PolicyDescription {
  return {
    ...{ name, stage, group, text, fronts },
    defaultOn: FRONTS.filter((front) => fronts.includes(front) && isDefault(front)),
    optionalOn: FRONTS.filter((front) => fronts.includes(front) && (isOptional(front) || !isDefault(front))),
    options: JSON.parse(JSON.stringify(options)) as Record<string, unknown>,
  };
}
