import assert from 'node:assert/strict';
import type { PatchResult } from '../../engine/contract/ports/documents.ts';

/** The patch was done and left this document. */
export function assertPatched(result: PatchResult<object>, document: object): void {
  assert.ok(result.outcome === 'patched', result.outcome);
  assert.deepEqual(result.document, document);
}
