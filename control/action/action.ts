/**
 * An action is one thing a person can ask of control: a name, the right it takes, the shape of its input and what it does.
 * It knows no HTTP; `run-action.ts` is the only place that runs one, `control/api/routes.ts` the only place that gives it a route.
 */
import { Type, type Static, type TObject } from 'typebox';
import type { Permission } from '../../engine/contract/access/access.ts';
import type { Text } from '../../engine/contract/values/texts.ts';
import type { DomainRule, DomainScope } from '../access/domains.ts';
import type { Actor } from '../access/actor.ts';
import type { AuditNote } from '../audit/audit-note.ts';

export interface ActionContext {
  readonly actor: Actor;
  /** What of the installation this person may see and touch. */
  readonly domains: DomainScope;
  /** Ends when the asking side leaves. */
  readonly signal: AbortSignal;
  readonly note: AuditNote;
  /** Tells a person who waits how far it is; ids and numbers only. */
  progress(event: Readonly<Record<string, unknown>>): void;
  /** A further right that only some inputs of this action take; PERMISSION_DENIED otherwise. */
  require(permission: Permission): void;
}

/**
 * `self` is a person's own account (any logged-in person, also while the password must be changed); `member` any logged-in person.
 */
export type Right = Permission | 'self' | 'member';

export interface Action<Schema extends TObject = TObject, Output = unknown> {
  /** `area.verb`, unique. */
  readonly name: string;
  readonly right: Right;
  /** Whose things it is about. */
  readonly domain: DomainRule<Static<Schema>>;
  readonly text: Text;
  readonly input: Schema;
  /**
   * Leaves an intent line before and a result line after. Reading leaves none, except of payloads and secrets. `hourly`: of a person at most once
   * an hour, so that reading the trail does not fill it.
   */
  readonly audited: boolean | 'hourly';
  /** Asks for the password again; tokens never do it. */
  readonly stepUp?: true;
  /** What the act is about, for the intent line; taken from the input alone. */
  readonly subject?: (input: Static<Schema>) => string;
  /** Refuses what cannot begin. The trail tells of acts that began, and of what was denied: such a refusal leaves no lines of an act. */
  admit?(ctx: ActionContext, input: Static<Schema>): Promise<void>;
  run(ctx: ActionContext, input: Static<Schema>): Promise<Output>;
}

/** Gives an action its types; forgets them for the list in which it stands. */
export function defineAction<Schema extends TObject, Output>(action: Action<Schema, Output>): Action {
  return action as unknown as Action;
}

/** Schema options shared by every input: unknown fields are refused. */
export const closed = { additionalProperties: false } as const;

export const FlowId = Type.String({ pattern: '^flw_[A-Za-z0-9_-]{1,60}$' });
