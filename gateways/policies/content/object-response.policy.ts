import { Type } from 'typebox';
import { fieldText } from '../../../engine/contract/values/texts.ts';
import { definePolicy, type Answer, type Exchange, type PolicyDeps, type PolicyResult } from '../../contract.ts';
import { findRuleProblems } from '../../documents/find-rule-problems.ts';
import { ObjectAnswerRule } from '../../documents/object-rules.ts';
import { refuse } from '../../errors.ts';
import { compileRule, type CompiledRule } from '../../objects/compile-rule.ts';
import { decodeAnswer } from '../../objects/decode-answer.ts';
import { createObjectReader, type ObjectReader } from '../../objects/create-object-reader.ts';
import type { AnswerRule } from '../../objects/judge-answer.ts';

/** Headers that describe the bytes as the service sent them. */
const OF_BYTES = ['content-encoding', 'etag', 'content-md5', 'digest', 'content-digest', 'repr-digest', 'accept-ranges', 'content-range'];
/** A service that says that an object is not there must not differ from one whose object belongs to somebody else. */
const NOT_FOUND = new Set([404, 410]);

/**
 * Drops objects of others from a response, or refuses it (防越权). A response that cannot be read as JSON is refused,
 * because nobody knows whose data it has.
 */
export default definePolicy({
  name: 'object-response',
  stage: 'respond',
  fronts: ['open', 'user', 'bus'],
  text: {
    label: { 'zh-CN': '防越权（应答）', en: 'Object access: responses' },
    help: {
      'zh-CN': '剔除应答列表中不属于调用方的对象，或以 GW40304 拒绝整个应答；无法读取的应答同样拒绝。',
      en: 'Drops objects that do not belong to the caller from lists of the response, or refuses it with GW40304, as it does with a response that it cannot read.',
    },
  },
  options: Type.Object(
    {
      rules: Type.Array(ObjectAnswerRule, {
        ...fieldText(
          '规则',
          'Rules',
          '每条规则说明应答中一处对象编号必须属于调用方；须全部满足。',
          'Each rule states that the objects at one place must belong to the caller; all must hold.',
        ),
        minItems: 1,
        maxItems: 20,
      }),
      hidesMissing: Type.Optional(
        Type.Boolean({
          ...fieldText(
            '数据不存在时同样拒绝',
            'Hide what does not exist',
            '后端返回 404 或 410 时也返回 GW40304，调用方无法据此判断数据是否存在。默认开启。',
            'Turns 404 and 410 of the service into GW40304, so that callers cannot find out whether something exists. On if left out.',
          ),
        }),
      ),
      shadow: Type.Optional(
        Type.Boolean({
          ...fieldText(
            '只记录不拒绝',
            'Only record',
            '试运行：把本应剔除或拒绝的内容记入日志和指标，应答保持不变。',
            'For a trial: records in log and metrics what would be dropped or refused; the response stays as it is.',
          ),
        }),
      ),
    },
    { additionalProperties: false },
  ),
  findProblems: ({ rules }, { front }) => findRuleProblems(rules, { at: '/rules', front }),
  reads: () => ({ answer: true }),
  isDefault: () => false,
  isOptional: () => true,
  compile({ rules, hidesMissing = true, shadow = false }, target, _front, deps) {
    const compiled = rules.map((rule) => compileRule(rule, deps.crypto));
    const isComplete = compiled.every((rule): rule is CompiledRule => rule?.locator.carrier === 'json');
    const objects = deps.keepers.ofGateway('object-reader', () => createObjectReader(deps.clock));
    const record = recorder(shadow, deps);
    return (exchange) => {
      const { answer } = exchange;
      if (answer === undefined || exchange.error !== undefined) return undefined;
      // A durable flow has no data to answer with.
      if (answer.status === 202 && target!.target.kind === 'flow') return undefined;
      if (hidesMissing && NOT_FOUND.has(answer.status)) return record(exchange, 'missing', 'status') ? undefined : refuse('GW40304');
      if (answer.status < 200 || answer.status > 299 || answer.body === undefined || answer.body.byteLength === 0) return undefined;
      if (!isComplete) return record(exchange, 'ambiguous', 'rules') ? undefined : refuse('GW40304');
      return judgeLate(exchange, answer, { rules: compiled, objects, deps, record });
    };
  },
});

/** Notes what was found. Returns true in shadow mode. */
type Record = (exchange: Exchange, what: string, where: string, count?: number) => boolean;

function recorder(isShadow: boolean, { metrics }: PolicyDeps): Record {
  return (exchange, what, where, count) => {
    exchange.note({ policy: 'object-response', what: count === undefined ? what : `${what} ${count}`, where });
    metrics.count('gateway_object_access_total', {
      outcome: isShadow ? 'shadow' : what === 'dropped' ? 'dropped' : 'refused',
      reason: what,
    });
    return isShadow;
  };
}

interface Judging {
  readonly rules: readonly CompiledRule[];
  readonly objects: ObjectReader;
  readonly deps: PolicyDeps;
  readonly record: Record;
}

async function judgeLate(exchange: Exchange, answer: Answer, { rules, objects, deps, record }: Judging): Promise<PolicyResult> {
  const body = await decodeAnswer(answer);
  const verdict =
    body === undefined
      ? ({ kind: 'foreign', where: 'body', why: 'ambiguous' } as const)
      : await objects.judgeAnswer(body, await answerRulesOf(exchange, rules, deps), exchange.interface!.interfaceId, exchange);
  // A response that nobody looked at is not the caller's.
  if (typeof verdict === 'string') return record(exchange, verdict, 'body') ? undefined : refuse('GW40304');
  if (verdict.kind === 'foreign') return record(exchange, verdict.why, verdict.where) ? undefined : refuse('GW40304');
  if (verdict.body === undefined) return undefined;
  const isShadow = verdict.dropped.map(({ where, count }) => record(exchange, 'dropped', where, count)).includes(true);
  return isShadow ? undefined : withBody(answer, verdict.body);
}

/** Adds the values of the caller to the rules, and asks for relations. */
function answerRulesOf(exchange: Exchange, rules: readonly CompiledRule[], { relations }: PolicyDeps): Promise<readonly AnswerRule[]> {
  return Promise.all(
    rules.map(async ({ rule, locator, subject }) => {
      const values = subject(exchange);
      const isRelation = rule.op === 'memberOf' && values !== undefined;
      const related = isRelation ? await relations.related(exchange, rule.provider!, rule.relation!, values.values[0]!) : undefined;
      return { rule: rule as ObjectAnswerRule, steps: locator.carrier === 'json' ? locator.steps : [], subject: values, related };
    }),
  );
}

function withBody(answer: Answer, body: Uint8Array): Answer {
  const headers = Object.fromEntries(Object.entries(answer.headers).filter(([name]) => !OF_BYTES.includes(name.toLowerCase())));
  return { ...answer, headers, body };
}
