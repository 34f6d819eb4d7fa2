/**
 * Which domains a person acts for, and what each action demands of them. An action declares its demand in `domain`; `run-action.ts` checks it
 * before the action runs, so an action that declares nothing does not compile. See decision 0043.
 */
import { EVERY_DOMAIN, type Domains, type Owned } from '../../engine/contract/values/domain.ts';
import { AppError } from '../../engine/contract/values/errors.ts';
import type { FlowScope } from '../../engine/execution/scope-filters.ts';
import type { FlowCatalog } from '../../engine/publish/interface.ts';

/** What a person may see and touch. */
export interface DomainScope {
  /** Undefined: all domains. */
  readonly only: readonly string[] | undefined;
  /** The installation's own things (no domain) take all domains. */
  holds(domain: string | undefined): boolean;
  /** Of a held domain, or shared with one. */
  mayUse(thing: Owned): boolean;
  /** Things of held domains. */
  keep<T extends Owned>(things: readonly T[]): readonly T[];
}

/** A thing that an act reads or changes. */
export interface Touched {
  readonly id: string;
  /** Every domain that touching it takes; undefined when it does not exist. */
  readonly domains: readonly (string | undefined)[] | undefined;
  /** The act may create it. */
  readonly mayBeNew?: true;
}

/** A domain that the input itself names, as the owner of what it saves. */
export interface NamedDomain {
  readonly names: unknown;
}

export type Demand = Touched | NamedDomain;

/**
 * - `none`: no answer and no effect belongs to a domain.
 * - `all`: an act on the whole installation; it takes all domains.
 * - `filtered`: the action leaves out what is outside `ctx.domains`; `run-action.ts` fails when the action never asks for it.
 * - a function: what the input touches, found before the action runs.
 */
export type DomainRule<Input> = 'none' | 'all' | 'filtered' | ((input: Input) => Promise<readonly Demand[]>);

export function scopeOf(domains: Domains): DomainScope {
  if (domains === 'all') return { only: undefined, holds: () => true, mayUse: () => true, keep: (things) => things };
  const held = new Set(domains);
  const holds = (domain: string | undefined) => domain !== undefined && held.has(domain);
  const mayUse = ({ domain, sharedWith = [] }: Owned) =>
    holds(domain) || sharedWith.some((shared) => shared === EVERY_DOMAIN || held.has(shared));
  return { only: domains, holds, mayUse, keep: (things) => things.filter(({ domain }) => holds(domain)) };
}

/** NOT_FOUND, DOMAIN_NOT_HELD, DOMAINS_ALL_NEEDED (input) unless the scope satisfies the rule. */
export async function checkDomains<Input>(rule: DomainRule<Input>, input: Input, scope: DomainScope): Promise<void> {
  if (rule === 'all') requireAll(scope);
  if (scope.only === undefined || typeof rule === 'string') return;
  for (const demand of await rule(input)) {
    if ('names' in demand) requireNamed(demand.names, scope);
    else requireTouched(demand, scope);
  }
}

/** DOMAINS_ALL_NEEDED (input). */
export function requireAll({ only }: DomainScope): void {
  if (only === undefined) return;
  throw new AppError('DOMAINS_ALL_NEEDED', 'input', 'This act concerns the whole installation and takes all domains.', {
    fix: 'Ask a person whose account has all domains.',
  });
}

/** DOMAIN_NOT_HELD (input) unless the person may own things in this domain. */
function requireNamed(name: unknown, scope: DomainScope): void {
  if (typeof name === 'string' && scope.holds(name)) return;
  throw new AppError('DOMAIN_NOT_HELD', 'input', 'The domain named here is not one of yours.', {
    fix: 'Choose one of the domains of your account.',
  });
}

/** NOT_FOUND for what is not there and for what is another domain's alike: the answer tells nothing of others. */
export function requireTouched({ id, domains, mayBeNew }: Touched, scope: DomainScope): void {
  if (domains === undefined ? mayBeNew === true : domains.every((domain) => scope.holds(domain))) return;
  throw domains === undefined ? notFound(id) : notFound(id, ofOthers(id));
}

/** The executions of held domains; undefined: all. */
export async function scopesIn({ only }: DomainScope, catalog: Pick<FlowCatalog, 'scopesOf'>): Promise<readonly FlowScope[] | undefined> {
  return only === undefined ? undefined : catalog.scopesOf(only);
}

/** `cause` is for the audit trail; no answer shows it. */
export function notFound(id: string, cause?: AppError): AppError {
  return new AppError('NOT_FOUND', 'input', `There is nothing under ${id}.`, {
    values: { id },
    fix: 'Look at the list for what is there.',
    cause,
  });
}

/** What the trail says where the person only reads NOT_FOUND. */
function ofOthers(id: string): AppError {
  return new AppError('DOMAIN_OF_OTHERS', 'input', `${id} belongs to a domain that is not one of theirs.`, {
    values: { id },
    fix: 'Give the account this domain if the person should work there; ask them why if not.',
  });
}

export function existing<T>(found: T | undefined, id: string): T {
  if (found !== undefined) return found;
  throw notFound(id);
}
