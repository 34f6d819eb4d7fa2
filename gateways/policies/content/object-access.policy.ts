import { Type, type Static } from 'typebox';
import type { Front } from '../../../engine/contract/access/access.ts';
import { fieldEditor, fieldText } from '../../../engine/contract/values/texts.ts';
import { definePolicy, type Exchange, type GatewayError, type PolicyDeps, type RunPolicy } from '../../contract.ts';
import { findRuleProblems } from '../../documents/find-rule-problems.ts';
import type { InterfaceDocument } from '../../documents/interface-document.ts';
import { parseLocator, type Carrier, type ObjectLocator } from '../../documents/object-locator.ts';
import { MATCH_FIELD, rulesField, type ObjectRuleSet } from '../../documents/object-rules.ts';
import { refuse } from '../../errors.ts';
import { compileRule, type CompiledRule } from '../../objects/compile-rule.ts';
import { createObjectReader } from '../../objects/create-object-reader.ts';
import type { BodyFault } from '../../shared/body-threads.ts';
import { createEnumerationGuard, type EnumerationGuard } from '../../objects/create-enumeration-guard.ts';
import { injectAll } from '../../objects/inject.ts';
import { judge, type CompiledSet, type Injection, type Verdict } from '../../objects/judge.ts';
import { placesOf, type Places } from '../../objects/read-body.ts';
import { readFields, refuseFault, type Fields, type Readers } from '../../objects/read-fields.ts';
import { objectCaller } from '../../objects/object-caller.ts';

const Options = Type.Object(
  {
    rules: Type.Optional(rulesField(0)),
    match: Type.Optional(MATCH_FIELD),
    ruleSets: Type.Optional(
      Type.Array(Type.String({ pattern: '^ors_[A-Za-z0-9_-]{1,60}$' }), {
        ...fieldText(
          '规则组',
          'Rule sets',
          '多个接口共用的规则组；各组与本接口的规则须同时满足。',
          'Rule sets that interfaces share. Every set must hold, and the rules of this interface too.',
          { example: 'ors_patient' },
        ),
        ...fieldEditor('rule-sets'),
        maxItems: 10,
      }),
    ),
    shadow: Type.Optional(
      Type.Boolean({
        ...fieldText(
          '只记录不拒绝',
          'Only record',
          '试运行：把本应拒绝的请求记入日志和指标，不拒绝，也不填入。',
          'For a trial: records in log and metrics what would be refused; refuses and fills in nothing.',
        ),
      }),
    ),
    enumeration: Type.Optional(
      Type.Object(
        {
          objects: Type.Integer({
            ...fieldText(
              '最多对象数',
              'Most objects',
              '一个用户在窗口内可访问的不同对象数；超过时拒绝。',
              'Different objects of one user within the window; more are refused.',
            ),
            minimum: 1,
            maximum: 10_000,
          }),
          windowSec: Type.Integer({
            ...fieldText('窗口', 'Window'),
            ...fieldEditor('duration-sec'),
            minimum: 1,
            maximum: 86_400,
          }),
        },
        {
          ...fieldText('遍历防护', 'Enumeration guard', '防止逐个猜测编号。', 'Against guessing ids one by one.'),
          ...fieldEditor('optional-group'),
          additionalProperties: false,
        },
      ),
    ),
  },
  { additionalProperties: false },
);

/**
 * Refuses a request that names an object of somebody else (防越权). A field that two readers could understand
 * differently is refused with 400. All other refusals have one text, which does not reveal whether the object exists.
 */
export default definePolicy({
  name: 'object-access',
  stage: 'access',
  fronts: ['open', 'user', 'bus'],
  text: {
    label: { 'zh-CN': '防越权（请求）', en: 'Object access: requests' },
    help: {
      'zh-CN': '请求中的对象编号（患者、就诊卡、订单等）必须属于调用方，否则返回 GW40304；有多种读法的字段返回 400。',
      en: 'The objects that a request names (patient, card, order …) must belong to its caller, else GW40304; a field that can be read in two ways is refused with 400.',
    },
  },
  options: Options,
  findProblems: ({ rules = [], ruleSets = [] }, { path, front }) =>
    rules.length + ruleSets.length === 0
      ? [
          {
            ...{ path: '/rules', problem: 'object-none', value: '' },
            message: 'There is neither a rule nor a rule set.',
            fix: 'Add a rule or a rule set, or switch the policy off.',
          },
        ]
      : findRuleProblems(rules, { at: '/rules', path, front }),
  reads: ({ rules = [], ruleSets = [] }) => ({ body: ruleSets.length > 0 || needsBody(carriersOf(rules.map(({ locator }) => locator))) }),
  isDefault: () => false,
  isOptional: () => true,
  compile: compileAccess,
  /** Counts no objects, and asks nobody for relations, which count as failed. */
  explain: ({ enumeration: _enumeration, ...options }, target, front, deps) =>
    compileAccess(options, target, front, { ...deps, relations: { related: () => Promise.resolve(undefined) } }),
});

function compileAccess(options: Static<typeof Options>, target: InterfaceDocument | undefined, _front: Front, deps: PolicyDeps): RunPolicy {
  const own = compileOwn(options, deps);
  const named = deps.keepers.ofGateway('object-rule-sets', () => new WeakMap<ObjectRuleSet, CompiledSet | undefined>());
  const guard =
    options.enumeration && deps.keepers.ofInterface('object-enumeration', () => createEnumerationGuard(deps.clock, deps.crypto));
  const refusals = new Refusals(options.shadow === true, target!.interfaceId, deps);
  const objects = deps.keepers.ofGateway('object-reader', () => createObjectReader(deps.clock));
  const readers = { json: deps.json, objects };
  const mergedPlaces = keepPlaces();
  return (exchange) => {
    const sets = own === undefined ? [] : [own];
    for (const id of options.ruleSets ?? []) {
      const document = exchange.plan.objectRules(id);
      const set = document && compileNamed(document, named, deps);
      // A set that this plan does not have protects nothing, so nothing is let through.
      if (set === undefined) return refusals.refuse(exchange, 'rule-set-missing', id);
      sets.push(set);
    }
    return new Run(exchange, sets, { options, guard, refusals, deps, readers }).run(mergedPlaces(sets));
  };
}

/** Merges the places of sets. Keeps the result until a set changes. */
function keepPlaces(): (sets: readonly CompiledSet[]) => Places {
  let last: { readonly sets: readonly CompiledSet[]; readonly places: Places } | undefined;
  return (sets) => {
    if (last?.sets.length !== sets.length || !sets.every((set, i) => set === last!.sets[i]))
      last = { sets, places: placesOf(sets.flatMap(({ rules }) => rules.map(({ locator }): ObjectLocator => locator))) };
    return last.places;
  };
}

function compileOwn({ rules = [], match = 'all' }: Static<typeof Options>, deps: PolicyDeps): CompiledSet | undefined {
  return rules.length === 0 ? undefined : compileSet(match, rules, deps);
}

function compileNamed(
  document: ObjectRuleSet,
  known: WeakMap<ObjectRuleSet, CompiledSet | undefined>,
  deps: PolicyDeps,
): CompiledSet | undefined {
  if (!known.has(document)) known.set(document, compileSet(document.match, document.rules, deps, document.ruleSetId));
  return known.get(document);
}

function compileSet(
  match: CompiledSet['match'],
  rules: ObjectRuleSet['rules'],
  { crypto }: PolicyDeps,
  id?: string,
): CompiledSet | undefined {
  const compiled = rules.map((rule) => compileRule(rule, crypto));
  if (!compiled.every((rule): rule is CompiledRule => rule !== undefined)) return undefined;
  return { ...(id !== undefined && { id }), match, rules: compiled };
}

function carriersOf(locators: readonly string[]): ReadonlySet<Carrier> {
  return new Set(locators.flatMap((text) => parseLocator(text)?.carrier ?? []));
}

/** A service may join query and form, so that a rule for the query reads the body too. */
function needsBody(carriers: ReadonlySet<Carrier>): boolean {
  return carriers.has('json') || carriers.has('form') || carriers.has('xml') || carriers.has('query');
}

interface RunParts {
  readonly options: Static<typeof Options>;
  readonly guard: EnumerationGuard | undefined;
  readonly refusals: Refusals;
  readonly deps: PolicyDeps;
  readonly readers: Readers;
}

type Result = GatewayError | undefined;

/** One request. */
class Run {
  readonly #exchange: Exchange;
  readonly #sets: readonly CompiledSet[];
  readonly #parts: RunParts;

  constructor(exchange: Exchange, sets: readonly CompiledSet[], parts: RunParts) {
    this.#exchange = exchange;
    this.#sets = sets;
    this.#parts = parts;
  }

  run(places: Places): Result | Promise<Result> {
    this.#exchange.judgedHeaders = places.headers;
    const fields = readFields(this.#exchange, places, this.#parts.readers);
    return fields instanceof Promise ? fields.then((late) => this.#judge(late)) : this.#judge(fields);
  }

  #judge(fields: Fields | GatewayError): Result | Promise<Result> {
    const { refusals, deps } = this.#parts;
    if ('code' in fields) return refusals.refuseWith(this.#exchange, fields, 'unreadable', undefined);
    const enumerated = this.#countObjects(fields);
    if (enumerated !== undefined) return enumerated;
    const verdict = judge(this.#exchange, this.#sets, fields, deps.relations);
    return verdict instanceof Promise ? verdict.then((late) => this.#take(late)) : this.#take(verdict);
  }

  #countObjects(fields: Fields): Result {
    const { guard, options, refusals } = this.#parts;
    if (guard === undefined) return undefined;
    const { objects, windowSec } = options.enumeration!;
    const ids = this.#sets.flatMap(({ rules }) =>
      rules.flatMap(({ locator }) => {
        const found = fields.read(locator);
        return found.kind === 'values' ? found.values : [];
      }),
    );
    if (ids.length === 0) return undefined;
    const state = guard.add(objectCaller(this.#exchange), ids, objects, windowSec * 1000);
    if (state === 'crossed') refusals.reportEnumeration(objects, windowSec);
    return state === 'within' ? undefined : refusals.refuse(this.#exchange, 'enumeration', 'enumeration');
  }

  #take(verdict: Verdict): Result | Promise<Result> {
    const { refusals } = this.#parts;
    switch (verdict.kind) {
      case 'ambiguous':
        return refusals.refuseWith(this.#exchange, ambiguous(verdict.where), 'ambiguous', verdict.where);
      case 'foreign':
        return refusals.refuse(this.#exchange, verdict.why, verdict.set === undefined ? verdict.where : `${verdict.set} ${verdict.where}`);
      case 'own':
        return refusals.isShadow ? undefined : this.#inject(verdict.injections);
    }
  }

  #inject(injections: readonly Injection[]): Result | Promise<Result> {
    if (injections.length === 0) return undefined;
    const { refusals, readers } = this.#parts;
    const take = (injected: boolean | BodyFault): Result => {
      if (injected === true) return undefined;
      if (injected === false) return refusals.refuse(this.#exchange, 'absent', injections[0]!.rule.rule.locator);
      return refusals.refuseWith(this.#exchange, refuseFault(injected), 'unreadable', undefined);
    };
    const injected = injectAll(this.#exchange, injections, readers.objects);
    return injected instanceof Promise ? injected.then(take) : take(injected);
  }
}

/** Refuses, or in shadow mode only records. */
class Refusals {
  readonly isShadow: boolean;
  readonly #interfaceId: string;
  readonly #deps: Pick<PolicyDeps, 'metrics' | 'report'>;

  constructor(isShadow: boolean, interfaceId: string, deps: Pick<PolicyDeps, 'metrics' | 'report'>) {
    this.isShadow = isShadow;
    this.#interfaceId = interfaceId;
    this.#deps = deps;
  }

  refuse(exchange: Exchange, what: string, where: string): Result {
    return this.refuseWith(exchange, refuse('GW40304'), what, where);
  }

  refuseWith(exchange: Exchange, error: GatewayError, what: string, where: string | undefined): Result {
    exchange.note({ policy: 'object-access', what, ...(where !== undefined && { where }) });
    this.#deps.metrics.count('gateway_object_access_total', { outcome: this.isShadow ? 'shadow' : 'refused', reason: what });
    return this.isShadow ? undefined : error;
  }

  reportEnumeration(objects: number, windowSec: number): void {
    this.#deps.report({ kind: 'object-enumeration', interfaceId: this.#interfaceId, values: { objects, windowSec } });
  }
}

function ambiguous(where: string): GatewayError {
  return refuse('GW40001', {
    text: {
      'zh-CN': `字段 ${where} 有不止一种读法，或请求体无法按该位置读取：字段只出现一次，值为普通文本或整数，使用 UTF-8，不要双重编码`,
      en: `The field ${where} can be read in more than one way, or the body cannot be read at this place: send it once, as a plain text or whole number, in UTF-8 and encoded once.`,
    },
  });
}
