import type { NodeDefinition } from '../contract/node/node.ts';
import type { Fits } from './schema-issues.ts';

/**
 * The facts about the installation that validation needs. If a fact is absent (in the designer without a server), its
 * check is skipped.
 */
export interface ValidateDeps {
  /** `list` is used for suggestions only. */
  readonly nodes: { get(typeName: string): NodeDefinition | undefined; list?(): readonly NodeDefinition[] };
  /**
   * The adapters with settings for this installation's environment. `protocolOf` returns undefined for an unknown
   * adapter.
   */
  readonly adapters?: { readonly environment: string; protocolOf(adapterId: string): string | undefined };
  hasTable?(tableId: string): boolean;
  /** Throws an AppError (input) if the text does not compile. */
  checkExpression?(text: string): void;
  /** Checks with generated code; if absent, schemas are interpreted. */
  readonly fits?: Fits;
  /** Called before each node with its position; throw to stop the validation. */
  onNode?(index: number): void;
}
