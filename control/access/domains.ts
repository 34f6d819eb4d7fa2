/**
 * The domains of a person, and the domains that each action requires. An action declares its domains in `domain`;
 * `run-action.ts` checks them before the action runs. An action without a declaration does not compile. See decision
 * 0043.
 */
import { EVERY_DOMAIN, type Domains, type Owned } from '../../engine/contract/values/domain.ts';
import { AppError } from '../../engine/contract/values/errors.ts';
import type { FlowScope } from '../../engine/execution/scope-filters.ts';
import type { FlowCatalog } from '../../engine/publish/interface.ts';

/** The objects that a person may see and change. */
export interface DomainScope {
  /** The domains of the person; undefined means all domains. */
  readonly only: readonly string[] | undefined;
  /**
   * Returns true if the person holds the domain. An object without a domain belongs to the installation and requires
   * all domains.
   */
  holds(domain: string | undefined): boolean;
  /** Returns true if the object belongs to a domain of the person or is shared with one. */
  mayUse(thing: Owned): boolean;
  /** Returns the objects that belong to domains of the person. */
  keep<T extends Owned>(things: readonly T[]): readonly T[];
}

/** An object that an action reads or changes. */
export interface Touched {
  readonly id: string;
  /** Every domain that a person needs in order to use the object; undefined if the object does not exist. */
  readonly domains: readonly (string | undefined)[] | undefined;
  /** Set if the action may create the object. */
  readonly mayBeNew?: true;
}

/** A domain that the input names as the owner of the object that is saved. */
export interface NamedDomain {
  readonly names: unknown;
}

export type DomainRequirement = Touched | NamedDomain;

/**
 * - `none`: neither the result nor the effect belongs to a domain.
 * - `all`: the action concerns the whole installation and requires all domains.
 * - `filtered`: the action leaves out objects outside `ctx.domains`; `run-action.ts` fails if the action never reads
 *   `ctx.domains`.
 * - a function: returns the objects that the input refers to; called before the action runs.
 */
export type DomainRule<Input> = 'none' | 'all' | 'filtered' | ((input: Input) => Promise<readonly DomainRequirement[]>);

export function scopeOf(domains: Domains): DomainScope {
  if (domains === 'all') return { only: undefined, holds: () => true, mayUse: () => true, keep: (things) => things };
  const held = new Set(domains);
  const holds = (domain: string | undefined) => domain !== undefined && held.has(domain);
  const mayUse = ({ domain, sharedWith = [] }: Owned) =>
    holds(domain) || sharedWith.some((shared) => shared === EVERY_DOMAIN || held.has(shared));
  return { only: domains, holds, mayUse, keep: (things) => things.filter(({ domain }) => holds(domain)) };
}

/** Rejects with NOT_FOUND, DOMAIN_NOT_HELD or DOMAINS_ALL_NEEDED (input) unless the scope satisfies the rule. */
export async function checkDomains<Input>(rule: DomainRule<Input>, input: Input, scope: DomainScope): Promise<void> {
  if (rule === 'all') requireAll(scope);
  if (scope.only === undefined || typeof rule === 'string') return;
  for (const demand of await rule(input)) {
    if ('names' in demand) requireNamed(demand.names, scope);
    else requireTouched(demand, scope);
  }
}

/** Throws DOMAINS_ALL_NEEDED (input) unless the person has all domains. */
export function requireAll({ only }: DomainScope): void {
  if (only === undefined) return;
  throw new AppError('DOMAINS_ALL_NEEDED', 'input', 'This action concerns the whole installation and requires access to all domains.', {
    fix: 'Ask someone whose account has all domains.',
  });
}

/** Throws DOMAIN_NOT_HELD (input) unless the person holds the domain that the input names. */
function requireNamed(name: unknown, scope: DomainScope): void {
  if (typeof name === 'string' && scope.holds(name)) return;
  throw new AppError('DOMAIN_NOT_HELD', 'input', 'The domain named here is not one of yours.', {
    fix: 'Choose one of the domains of your account.',
  });
}

/**
 * Throws NOT_FOUND (input) if the object is missing, and also if it belongs to another domain, so that the response
 * does not reveal whether the object exists.
 */
export function requireTouched({ id, domains, mayBeNew }: Touched, scope: DomainScope): void {
  if (domains === undefined ? mayBeNew === true : domains.every((domain) => scope.holds(domain))) return;
  throw domains === undefined ? notFound(id) : notFound(id, ofOthers(id));
}

/** Returns the flows and versions whose executions belong to domains of the person. Undefined means all executions. */
export async function scopesIn({ only }: DomainScope, catalog: Pick<FlowCatalog, 'scopesOf'>): Promise<readonly FlowScope[] | undefined> {
  return only === undefined ? undefined : catalog.scopesOf(only);
}

/** Returns the error NOT_FOUND (input). `cause` is recorded in the audit trail; no response shows it. */
export function notFound(id: string, cause?: AppError): AppError {
  return new AppError('NOT_FOUND', 'input', `${id} does not exist.`, {
    values: { id },
    fix: 'Look at the list to see what exists.',
    cause,
  });
}

/** Returns the error that only the audit trail records. The person gets NOT_FOUND. */
function ofOthers(id: string): AppError {
  return new AppError('DOMAIN_OF_OTHERS', 'input', `${id} belongs to a domain that the account does not have.`, {
    values: { id },
    fix: 'Give the account this domain if the person should work there; otherwise ask them why they need it.',
  });
}

export function existing<T>(found: T | undefined, id: string): T {
  if (found !== undefined) return found;
  throw notFound(id);
}
