/**
 * Runs each alarm rule. If a rule fails or has too little data yet, it is returned as unknown, and its open alarms stay
 * unchanged.
 */
import { toErrorRecord } from '../../engine/contract/values/errors.ts';
import type { AlarmRule, Check, Finding, RuleDeps } from './rules/alarm-rule.ts';
import { ALARM_RULE_NAMES, ALARM_RULES, type AlarmRuleName } from './alarm-rules.ts';
import type { AlarmSettings } from './alarm-settings.ts';

export interface Problem extends Finding {
  readonly rule: AlarmRuleName;
}

export interface Found {
  readonly problems: readonly Problem[];
  readonly unknown: ReadonlySet<AlarmRuleName>;
}

interface CheckedRule {
  readonly name: AlarmRuleName;
  readonly settlesMs: number;
  readonly check: Check;
}

export function createFindProblems(deps: RuleDeps): (settings: AlarmSettings) => Promise<Found> {
  const checked = ALARM_RULE_NAMES.map((name): CheckedRule => {
    const { settlesMs = 0, createCheck }: AlarmRule = ALARM_RULES[name];
    return { name, settlesMs, check: createCheck(deps) };
  });
  const begunAt = deps.clock.monotonic();
  return async ({ rules }) => {
    const problems: Problem[] = [];
    const on = checked.filter(({ name }) => rules[name].on);
    const passedMs = deps.clock.monotonic() - begunAt;
    const unknown = new Set(on.filter(({ settlesMs }) => passedMs < settlesMs).map(({ name }) => name));
    // Run the rules one after another, so that they do not delay other work on the store.
    for (const { name: rule, check } of on) {
      try {
        for (const problem of await check(rules[rule].bound)) problems.push({ rule, ...problem });
      } catch (error) {
        unknown.add(rule);
        deps.logger.warn('alarms.rule-unknown', { rule, code: toErrorRecord(error).code });
      }
    }
    return { problems, unknown };
  };
}
