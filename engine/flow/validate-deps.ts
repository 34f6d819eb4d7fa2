import type { NodeDefinition } from '../contract/node/node.ts';
import type { Fits } from './schema-issues.ts';

/** What validation must know of the installation; what is absent is not checked (the designer without a server). */
export interface ValidateDeps {
  /** `list` is used for suggestions only. */
  readonly nodes: { get(typeName: string): NodeDefinition | undefined; list?(): readonly NodeDefinition[] };
  /** The adapters that have settings for this installation's environment, by their protocols; undefined: no such adapter. */
  readonly adapters?: { readonly environment: string; protocolOf(adapterId: string): string | undefined };
  hasTable?(tableId: string): boolean;
  /** Throws an `input` AppError when the text does not compile. */
  checkExpression?(text: string): void;
  /** Checks by generated code; without it schemas are interpreted. */
  readonly fits?: Fits;
  /** Called before each node with its position; throws to end the validation. */
  onNode?(index: number): void;
}
