/**
 * Values by name. `Type.Record` alone checks only names that fit its pattern: any other name passes with any value. So every record of the
 * product is made here.
 */
import { Type, type TObjectOptions, type TSchema } from 'typebox';
import type { Text } from './texts.ts';

/** Which names a record takes, and the rule in words. */
export const NAME_RULES = {
  key: {
    pattern: '^[a-z][A-Za-z0-9]{0,40}$',
    text: {
      'zh-CN': '以小写字母开头，只含字母和数字，最多 41 个字符',
      en: 'a lower-case letter, then letters and digits, at most 41 characters',
    },
  },
  header: {
    /** A token (RFC 9110, section 5.6.2). */
    pattern: "^[!#$%&'*+.^_`|~A-Za-z0-9-]{1,100}$",
    text: {
      'zh-CN': '只含字母、数字、连字符、下划线、点等 HTTP 头名称允许的字符，1 到 100 个字符',
      en: 'letters, digits, hyphens, underscores, dots and what else HTTP allows in the name of a header, 1 to 100 characters',
    },
  },
  node: {
    pattern: '^n_[A-Za-z0-9_-]{1,60}$',
    text: {
      'zh-CN': '节点编号：n_ 之后为字母、数字、下划线或连字符，1 到 60 个字符',
      en: 'the id of a node: n_ and 1 to 60 letters, digits, underscores or hyphens',
    },
  },
  id: {
    pattern: '^[A-Za-z0-9_-]{1,40}$',
    text: {
      'zh-CN': '只含字母、数字、下划线和连字符，1 到 40 个字符',
      en: 'letters, digits, underscores and hyphens, 1 to 40 characters',
    },
  },
} as const satisfies Readonly<Record<string, { readonly pattern: string; readonly text: Text }>>;
export type NameRule = keyof typeof NAME_RULES;

/** A record whose names all keep to the rule. */
export function valuesBy<Value extends TSchema>(rule: NameRule, value: Value, options: TObjectOptions = {}) {
  const { pattern } = NAME_RULES[rule];
  return Type.Record(Type.String({ pattern }), value, { ...options, propertyNames: Type.String({ pattern }) });
}

/**
 * A record whose names should keep to the rule, of documents that were saved while nothing checked the names: all values are checked, and the
 * names are left to the reader.
 */
export function valuesMostlyBy<Value extends TSchema>(rule: NameRule, value: Value, options: TObjectOptions = {}) {
  const { pattern } = NAME_RULES[rule];
  return Type.Record(Type.String({ pattern }), value, { ...options, additionalProperties: value });
}

const ANY_NAME = '^[\\s\\S]*$';

/** A record with any names. TypeBox's own pattern for them, `^.*$`, lets names with a line break pass unchecked. */
export function valuesByName<Value extends TSchema>(value: Value, options: TObjectOptions = {}) {
  return Type.Record(Type.String({ pattern: ANY_NAME }), value, options);
}

/** The rule with this pattern; undefined for a pattern from elsewhere, and for one that takes every name. */
export function nameRuleOf(pattern: unknown): NameRule | undefined {
  return (Object.keys(NAME_RULES) as NameRule[]).find((rule) => NAME_RULES[rule].pattern === pattern);
}

export function isAnyName(pattern: string): boolean {
  return pattern === ANY_NAME || pattern === '^.*$';
}

/** A name as it may be shown: without line breaks and other characters that steer a terminal. */
export function shownName(name: string): string {
  return JSON.stringify(name).slice(1, -1);
}
