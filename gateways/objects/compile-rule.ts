import type { Crypto } from '../../engine/contract/ports/crypto.ts';
import { isRecord } from '../../engine/contract/values/is-record.ts';
import type { Exchange } from '../contract.ts';
import { parseLocator, type ObjectLocator } from '../documents/object-locator.ts';
import type { AnyObjectRule } from '../documents/object-rules.ts';

/** A rule, compiled once. */
export interface CompiledRule {
  readonly rule: AnyObjectRule;
  readonly locator: ObjectLocator;
  /** Returns what the caller's values are for this request; undefined if the caller has none, so the rule refuses. */
  subject(exchange: Exchange): Subject | undefined;
}

export interface Subject {
  /** The values that an object may have. For a relation or a prefix, the one value to compare with. */
  readonly values: readonly string[];
  /** True if the first value is a number in the token, so that a number is filled in. */
  readonly isNumber: boolean;
}

const MOST_VALUES = 10_000;

/** Compiles a rule; undefined if its locator cannot be read, which a saved rule never has. */
export function compileRule(rule: AnyObjectRule, crypto: Pick<Crypto, 'digest'>): CompiledRule | undefined {
  const locator = parseLocator(rule.locator);
  if (locator === undefined) return undefined;
  const path = rule.subject.split('.');
  return {
    rule,
    locator,
    subject(exchange) {
      const subject = toSubject(path[0] === 'token' ? claimOf(rule, exchange, path) : exchange.app?.[path[1] as 'appId']);
      if (subject === undefined) return undefined;
      if (rule.op === 'in') return subject.values.length > 0 ? subject : undefined;
      const [only] = subject.values;
      if (subject.values.length !== 1 || only === undefined || subject.isList) return undefined;
      if (rule.op !== 'hashEq') return subject;
      const salt = rule.salt === undefined ? '' : exchange.plan.objectSalt(rule.salt);
      if (salt === undefined) return undefined;
      return { values: [Buffer.from(crypto.digest(rule.digest ?? 'sm3', salt + only)).toString('hex')], isNumber: false };
    },
  };
}

/** Two issuers may give the same id to different persons, so a rule must say which issuer it means. */
function claimOf({ issuer }: AnyObjectRule, { user, plan }: Exchange, path: readonly string[]): unknown {
  const isMeant = issuer === undefined ? plan.issuers.size <= 1 : issuer === user?.['iss'];
  return isMeant ? claimAt(user, path) : undefined;
}

function claimAt(claims: unknown, path: readonly string[]): unknown {
  let value = claims;
  for (const name of path.slice(1)) value = isRecord(value) && Object.hasOwn(value, name) ? value[name] : undefined;
  return value;
}

function toSubject(value: unknown): (Subject & { readonly isList: boolean }) | undefined {
  const isList = Array.isArray(value);
  const items: readonly unknown[] = isList ? value : [value];
  if (items.length > MOST_VALUES) return undefined;
  const values = items.map(toText);
  return values.every((text) => text !== undefined) ? { values, isNumber: typeof items[0] === 'number', isList } : undefined;
}

/** An empty text would be the prefix of every id. */
function toText(value: unknown): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value;
  return Number.isSafeInteger(value) ? String(value) : undefined;
}

/** Separators with which a reader could find a second id behind the prefix. */
const SEPARATOR = /[,;|\s\\]|\.\./;

/** Returns whether an id belongs to the caller. For `memberOf`, `related` are the ids with the relation. */
export function createOwnTest({ op }: AnyObjectRule, { values }: Subject, related?: ReadonlySet<string>): (id: string) => boolean {
  const [only] = values;
  switch (op) {
    case 'eq':
      return (id) => id === only;
    case 'in': {
      const all = new Set(values);
      return (id) => all.has(id);
    }
    case 'hashEq':
      return (id) => only === id.toLowerCase();
    case 'prefix':
      return (id) => id.startsWith(only!) && !SEPARATOR.test(id);
    case 'memberOf':
      return (id) => related?.has(id) === true;
  }
}
