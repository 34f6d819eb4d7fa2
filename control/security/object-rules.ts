/**
 * Actions for object access (防越权): named sets of rules that interfaces share, and the report of interfaces of the user
 * front that name objects and have no rule.
 */
import { Type } from 'typebox';
import { AppError } from '../../engine/contract/values/errors.ts';
import type { Text } from '../../engine/contract/values/texts.ts';
import { findIdFields } from '../../gateways/documents/find-id-fields.ts';
import { findRuleProblems } from '../../gateways/documents/find-rule-problems.ts';
import type { InterfaceDocument } from '../../gateways/documents/interface-document.ts';
import { placeKeyOf } from '../../gateways/documents/object-locator.ts';
import { ObjectRuleSet } from '../../gateways/documents/object-rules.ts';
import { existing } from '../access/domains.ts';
import { closed, defineAction, type Action } from '../action/action.ts';
import { all, saving } from '../action/owners.ts';
import { onlyPage, type Page, pageOf } from '../action/pages.ts';
import { requireSameId } from '../action/require-same-id.ts';
import { optionsOfObjects } from './object-options.ts';
import { refuseIfNamed } from './refuse-if-named.ts';
import type { SecurityServices } from './security-services.ts';

/** A set, with the interfaces of the person's domains that name it. */
export interface ObjectRuleSetItem extends ObjectRuleSet {
  readonly usedBy: readonly { readonly interfaceId: string; readonly name: Text }[];
}

/** An interface of the user front that names objects. */
export interface UnprotectedInterface {
  readonly interfaceId: string;
  readonly name: Text;
  readonly method: string;
  readonly path: string;
  readonly domain: string;
  /** Places that look like ids of objects and that no rule covers, as locators. */
  readonly places: readonly string[];
  /** `none`: no rule at all. `shadow`: rules that only record. `partly`: rules for other places. */
  readonly state: 'none' | 'shadow' | 'partly';
}

const bySet = Type.Object({ ruleSetId: Type.String({ maxLength: 64 }) }, closed);

export function objectRuleActions(services: SecurityServices): readonly Action[] {
  return [
    listObjectRules(services),
    getObjectRules(services),
    saveObjectRules(services),
    removeObjectRules(services),
    reportUnprotected(services),
  ];
}

function listObjectRules({ registry }: SecurityServices): Action {
  return defineAction({
    name: 'object-rules.list',
    right: 'interfaces.read',
    domain: 'filtered',
    text: { 'zh-CN': '防越权规则组列表', en: 'List rule sets of object access' },
    input: onlyPage,
    audited: false,
    async run({ domains }, wish): Promise<Page<ObjectRuleSetItem>> {
      const [sets, interfaces] = await Promise.all([registry.objectRules.list(), registry.interfaces.list()]);
      const { items, ...rest } = pageOf(domains.keep(sets), ({ ruleSetId }) => [ruleSetId], wish);
      const users = usersOfSets(domains.keep(interfaces));
      return { items: items.map((set) => ({ ...set, usedBy: users.get(set.ruleSetId) ?? [] })), ...rest };
    },
  });
}

function getObjectRules({ registry, owners }: SecurityServices): Action {
  return defineAction({
    name: 'object-rules.get',
    right: 'interfaces.read',
    domain: ({ ruleSetId }) => all(owners.objectRules(ruleSetId)),
    text: { 'zh-CN': '读取防越权规则组', en: 'Read a rule set of object access' },
    input: bySet,
    audited: false,
    run: async (_ctx, { ruleSetId }) => existing(await registry.objectRules.get(ruleSetId), ruleSetId),
  });
}

function saveObjectRules({ registry, plans, owners }: SecurityServices): Action {
  return defineAction({
    name: 'object-rules.save',
    right: 'interfaces.edit',
    domain: ({ ruleSetId, document }) => saving(owners.objectRules(ruleSetId), document),
    text: { 'zh-CN': '保存防越权规则组', en: 'Save a rule set of object access' },
    input: Type.Object({ ruleSetId: Type.String({ maxLength: 64 }), document: ObjectRuleSet }, closed),
    audited: true,
    subject: ({ ruleSetId }) => ruleSetId,
    async run(ctx, { ruleSetId, document }) {
      requireSameId(document.ruleSetId, ruleSetId);
      requireSoundRules(document);
      ctx.note.before = await registry.objectRules.get(ruleSetId);
      const saved = await registry.objectRules.save(document);
      ctx.note.after = saved;
      plans.changed();
      return saved;
    },
  });
}

function removeObjectRules({ registry, plans, owners }: SecurityServices): Action {
  return defineAction({
    name: 'object-rules.remove',
    right: 'interfaces.edit',
    domain: ({ ruleSetId }) => all(owners.objectRules(ruleSetId)),
    text: { 'zh-CN': '删除防越权规则组（有接口在用时拒绝）', en: 'Delete a rule set of object access; refused while interfaces use it' },
    input: bySet,
    audited: true,
    subject: ({ ruleSetId }) => ruleSetId,
    async run(ctx, { ruleSetId }) {
      ctx.note.before = existing(await registry.objectRules.get(ruleSetId), ruleSetId);
      await refuseIfNamed(registry, ruleSetId, (document) => namesSet(document, ruleSetId));
      const removed = await registry.objectRules.remove(ruleSetId);
      plans.changed();
      return { removed };
    },
  });
}

function reportUnprotected({ registry }: SecurityServices): Action {
  return defineAction({
    name: 'object-rules.report',
    right: 'interfaces.read',
    domain: 'filtered',
    text: {
      'zh-CN': '用户网关上含对象编号而没有防越权规则的接口及字段',
      en: 'Interfaces of the user front with fields that name objects and that no rule of object access covers',
    },
    input: onlyPage,
    audited: false,
    async run({ domains }, wish): Promise<Page<UnprotectedInterface>> {
      const [documents, sets] = await Promise.all([registry.interfaces.list(), registry.objectRules.list()]);
      const locatorsOf = new Map(sets.map(({ ruleSetId, rules }) => [ruleSetId, rules.map(({ locator }) => locator)]));
      const found = domains.keep(documents).flatMap((document) => toUnprotected(document, locatorsOf));
      return pageOf(found, ({ interfaceId }) => [interfaceId], wish);
    },
  });
}

/** Returns nothing for an interface that is protected. `locatorsOf`: the places of each rule set. */
function toUnprotected(document: InterfaceDocument, locatorsOf: ReadonlyMap<string, readonly string[]>): readonly UnprotectedInterface[] {
  const { interfaceId, name, method, path, domain, front } = document;
  if (front !== 'user') return [];
  const options = optionsOfObjects(document).filter(({ count }) => count > 0);
  const enforced = options.filter(({ isShadow }) => !isShadow);
  // A rule for responses protects what is read. For a write it would come too late.
  if (method === 'GET' && enforced.some(({ policy }) => policy === 'object-response')) return [];
  const ofRequests = enforced.filter(({ policy }) => policy === 'object-access');
  const covered = new Set(
    ofRequests.flatMap(({ locators, ruleSets }) => [...locators, ...ruleSets.flatMap((id) => locatorsOf.get(id) ?? [])]).map(placeKeyOf),
  );
  const places = findIdFields(document).filter((place) => !covered.has(placeKeyOf(place)));
  const state = enforced.length > 0 ? 'partly' : options.length > 0 ? 'shadow' : 'none';
  return places.length === 0 ? [] : [{ interfaceId, name, method, path, domain, places, state }];
}

function usersOfSets(interfaces: readonly InterfaceDocument[]): ReadonlyMap<string, ObjectRuleSetItem['usedBy']> {
  const users = new Map<string, { interfaceId: string; name: Text }[]>();
  for (const document of interfaces)
    for (const id of new Set(optionsOfObjects(document).flatMap(({ ruleSets }) => ruleSets))) {
      const { interfaceId, name } = document;
      const known = users.get(id);
      if (known === undefined) users.set(id, [{ interfaceId, name }]);
      else known.push({ interfaceId, name });
    }
  return users;
}

export function requireSoundRules({ rules }: ObjectRuleSet): void {
  const problems = findRuleProblems(rules, { at: '/rules' });
  if (problems.length === 0) return;
  throw new AppError('OBJECT_RULES_INVALID', 'input', `The rule set has ${problems.length} problem(s).`, {
    values: { count: problems.length },
    fix: 'Correct the listed problems.',
    issues: problems.map(({ path, message, fix, ...values }) => ({
      path,
      code: 'POLICY_OPTIONS',
      severity: 'error',
      message,
      fix,
      values,
    })),
  });
}

function namesSet(document: InterfaceDocument, ruleSetId: string): boolean {
  return optionsOfObjects(document).some(({ ruleSets }) => ruleSets.includes(ruleSetId));
}
