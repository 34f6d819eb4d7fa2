/** Flows must not lose or change a node because somebody else installs, enables or removes a package. */
import { AppError } from '../../engine/contract/values/errors.ts';
import type { ExtensionManifest, ExtensionNode } from '../../engine/extensions/package/manifest.ts';
import type { ExtensionRecord } from '../../engine/extensions/extension-store.ts';
import { canonicalJson } from '../audit/canonical-json.ts';
import type { FlowUse } from '../flows/flow-uses.ts';

/** Rejects with EXTENSION_IN_USE (input) if flows use the version, and no other version serves its node types. */
export function refuseRemoval(record: ExtensionRecord, all: readonly ExtensionRecord[], uses: readonly FlowUse[]): void {
  const isServed = all.some(({ _id, line, state }) => line === record.line && _id !== record._id && state === 'enabled');
  if (uses.length > 0 && !isServed) throw inUse('removal', record, uses);
}

/** Returns the version of a line whose nodes flows rely on: the enabled one, otherwise the one that was enabled last. */
export function lastEnabled(line: readonly ExtensionRecord[]): ExtensionRecord | undefined {
  const enabled = line.find(({ state }) => state === 'enabled');
  const known = line.filter(({ enabledAt }) => enabledAt !== undefined);
  return enabled ?? known.toSorted((a, b) => b.enabledAt! - a.enabledAt!)[0];
}

/**
 * Rejects with EXTENSION_IN_USE (input) if flows use a version of this line, and the next one changes what they rely on:
 * configuration, ports or effect of a node. Such a change needs a new first number, which stands beside the old one.
 */
export function refuseUpgrade(
  record: ExtensionRecord,
  next: ExtensionManifest,
  current: readonly ExtensionNode[],
  uses: readonly FlowUse[],
): void {
  if (uses.length === 0) return;
  const isChanged = current.some((node) => {
    const same = next.nodes.find(({ verb }) => verb === node.verb);
    return same === undefined || canonicalJson(reliedOn(same)) !== canonicalJson(reliedOn(node));
  });
  if (isChanged) throw inUse('upgrade', record, uses);
}

function reliedOn({ config, ports, effect }: ExtensionNode) {
  return { config: shapeOf(config), ports: ports.map(({ name }) => name), effect };
}

/** Returns a schema without the texts of its fields, which flows do not rely on. */
function shapeOf({ properties, ...rest }: ExtensionNode['config']): unknown {
  const fields = Object.entries(properties as Readonly<Record<string, { readonly text: unknown }>>);
  return { ...rest, properties: Object.fromEntries(fields.map(([name, { text: _text, ...field }]) => [name, field])) };
}

function inUse(problem: 'removal' | 'upgrade', { _id }: ExtensionRecord, uses: readonly FlowUse[]): AppError {
  const flows = uses.map(({ flowId, name }) => name['zh-CN'] || flowId).join('、');
  const what = problem === 'removal' ? 'cannot be removed' : 'changes nodes that flows use';
  return new AppError('EXTENSION_IN_USE', 'input', `${_id} ${what}: ${uses.map(({ flowId, name }) => name.en || flowId).join(', ')}.`, {
    values: { extension: _id, problem, flows },
    fix:
      problem === 'removal'
        ? 'Take its nodes out of these flows, or enable another version with the same first number.'
        : 'Ask the publisher for a version with a new first number; both can be installed side by side.',
  });
}
