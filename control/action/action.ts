/**
 * An action is one thing a caller can ask of control: a name, a required right, an input schema and a function. It
 * knows no HTTP. Only `run-action.ts` runs actions, and only `control/api/routes.ts` gives them routes.
 */
import { Type, type Static, type TObject } from 'typebox';
import type { Permission } from '../../engine/contract/access/access.ts';
import type { Text } from '../../engine/contract/values/texts.ts';
import type { DomainRule, DomainScope } from '../access/domains.ts';
import type { Actor } from '../access/actor.ts';
import type { AuditNote } from '../audit/audit-note.ts';

export interface ActionContext {
  readonly actor: Actor;
  /** The part of the installation that this person may see and change. */
  readonly domains: DomainScope;
  /** Aborts when the client disconnects. */
  readonly signal: AbortSignal;
  readonly note: AuditNote;
  /** Reports progress to a waiting client; ids and numbers only. */
  progress(event: Readonly<Record<string, unknown>>): void;
  /** Requires a further right that only some inputs need; PERMISSION_DENIED otherwise. */
  require(permission: Permission): void;
}

/**
 * `self` concerns a person's own account: any logged-in person has it, also while they must change the password.
 * `member` is any logged-in person.
 */
export type Right = Permission | 'self' | 'member';

export interface Action<Schema extends TObject = TObject, Output = unknown> {
  /** `area.verb`, unique. */
  readonly name: string;
  readonly right: Right;
  /** Which objects it touches, for the domain check. */
  readonly domain: DomainRule<Static<Schema>>;
  readonly text: Text;
  readonly input: Schema;
  /**
   * Writes an intent line before and a result line after. Reads write none, except of payloads and secrets. `hourly`:
   * at most once an hour per person, so that reading the trail does not fill it.
   */
  readonly audited: boolean | 'hourly';
  /** Asks for the password again; tokens cannot run it. */
  readonly stepUp?: true;
  /** What the intent line names as its subject; derived from the input alone. */
  readonly subject?: (input: Static<Schema>) => string;
  /**
   * Refuses what cannot start. Such a refusal leaves no lines in the trail: it records actions that started, and
   * denials.
   */
  admit?(ctx: ActionContext, input: Static<Schema>): Promise<void>;
  run(ctx: ActionContext, input: Static<Schema>): Promise<Output>;
}

/**
 * Type-checks an action by its own schema, then erases its types so that it fits into the list: `run-action.ts` checks
 * every input by the schema before the action gets it.
 */
export function defineAction<Schema extends TObject, Output>(action: Action<Schema, Output>): Action;
export function defineAction(action: Action): Action {
  return action;
}

/** Schema options shared by every input: unknown fields are refused. */
export const closed = { additionalProperties: false } as const;

export const FlowId = Type.String({ pattern: '^flw_[A-Za-z0-9_-]{1,60}$' });
