import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { NodeDefinition } from '../../engine/contract/node/node.ts';

/** What can happen to a node: see docs/add-a-node.md. */
export type Aspect = 'happy' | 'slow' | 'half-open' | 'refusal' | 'duplicate' | 'cancel' | '10 MB';

/**
 * Said once in the test file of a node: by which of its tests, named by their titles, the node shows what nodes of its kind owe. A test of its own
 * holds the two against each other, so that no aspect is forgotten and no test goes away unseen.
 */
export function showsContract(testFile: string, shown: Readonly<Partial<Record<Aspect, string>>>): void {
  test('shows what a node of its kind owes', async () => {
    const nodeFile = testFile.replace('/test/nodes/', '/nodes/').replace(/\.test\.ts$/, '.node.ts');
    const { default: definition } = (await import(nodeFile)) as { default: NodeDefinition };
    for (const aspect of owedBy(definition)) assert.ok(shown[aspect], `which test shows "${aspect}"?`);
    const source = readFileSync(fileURLToPath(testFile), 'utf8');
    for (const [aspect, title] of Object.entries(shown))
      assert.ok(source.includes(`test('${title}'`), `there is no test "${title}" (${aspect})`);
  });
}

/** A node that calls other systems must show everything; one that only computes has no slow, missing or repeated calls. */
function owedBy(definition: NodeDefinition): readonly Aspect[] {
  const isLocal = definition.category === 'transform' || definition.category === 'check';
  if ('adapter' in definition && definition.adapter !== undefined && !isLocal)
    return ['happy', 'slow', 'half-open', 'refusal', 'duplicate', 'cancel', '10 MB'];
  if (definition.kind === 'action')
    return definition.effect === 'pure' ? ['happy', 'refusal', '10 MB'] : ['happy', 'slow', 'refusal', 'duplicate', 'cancel', '10 MB'];
  // A trigger that listens to nothing is fired by its front, which owes the rest.
  const isListening = definition.kind === 'trigger' && definition.listen !== undefined;
  return isListening ? ['happy', 'slow', 'refusal', 'duplicate', 'cancel'] : ['happy'];
}
