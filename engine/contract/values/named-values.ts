/**
 * Schemas of records with named values. `Type.Record` alone only checks values whose names match its pattern: a value
 * with any other name passes unchecked. So create every record schema of the product with these functions.
 */
import { Type, type TObjectOptions, type TSchema } from 'typebox';
import type { Text } from './texts.ts';

/** The patterns for the names that a record accepts, and the rules in words. */
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
      en: 'letters, digits, hyphens, underscores, dots and the other characters that HTTP allows in a header name, 1 to 100 characters',
    },
  },
  node: {
    pattern: '^n_[A-Za-z0-9_-]{1,60}$',
    text: {
      'zh-CN': '节点编号：n_ 之后为字母、数字、下划线或连字符，1 到 60 个字符',
      en: 'the id of a node: n_ and 1 to 60 letters, digits, underscores or hyphens',
    },
  },
  elementPath: {
    pattern: '^[^\\s@#<>&"\'/=:!?{}]{1,1000}$',
    text: {
      'zh-CN': '元素名称，以点分隔，不带前缀，1 到 1000 个字符',
      en: 'names of elements without prefixes, with dots between them, 1 to 1000 characters',
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

/** Creates a record schema whose names must all follow the rule. */
export function valuesBy<Value extends TSchema>(rule: NameRule, value: Value, options: TObjectOptions = {}) {
  const { pattern } = NAME_RULES[rule];
  return Type.Record(Type.String({ pattern }), value, { ...options, propertyNames: Type.String({ pattern }) });
}

/**
 * Creates a record schema for documents that were saved while names were not yet checked. All values are checked;
 * names that break the rule are accepted, so the code that reads the record must handle them.
 */
export function valuesMostlyBy<Value extends TSchema>(rule: NameRule, value: Value, options: TObjectOptions = {}) {
  const { pattern } = NAME_RULES[rule];
  return Type.Record(Type.String({ pattern }), value, { ...options, additionalProperties: value });
}

const ANY_NAME = '^[\\s\\S]*$';

/**
 * Creates a record schema that accepts any name. TypeBox's pattern for this, `^.*$`, would let values whose name has a
 * line break pass unchecked.
 */
export function valuesByName<Value extends TSchema>(value: Value, options: TObjectOptions = {}) {
  return Type.Record(Type.String({ pattern: ANY_NAME }), value, options);
}

/** Returns the rule with this pattern; undefined for any other pattern. */
export function nameRuleOf(pattern: unknown): NameRule | undefined {
  return (Object.keys(NAME_RULES) as NameRule[]).find((rule) => NAME_RULES[rule].pattern === pattern);
}

export function isAnyName(pattern: string): boolean {
  return pattern === ANY_NAME || pattern === '^.*$';
}

/** Returns a name that is safe to show: line breaks and other characters that control a terminal are escaped. */
export function shownName(name: string): string {
  return JSON.stringify(name).slice(1, -1);
}
