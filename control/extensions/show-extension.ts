import type { Text } from '../../engine/contract/values/texts.ts';
import type { Effect } from '../../engine/contract/node/node.ts';
import type { ExtensionManifest } from '../../engine/extensions/package/manifest.ts';
import type { ExtensionRecord } from '../../engine/extensions/extension-store.ts';
import type { DomainScope } from '../access/domains.ts';
import { usersOf, type FlowUse, type UsedBy } from '../flows/flow-uses.ts';

export interface ShownExtension extends Omit<ExtensionRecord, '_id'> {
  /** `x-acme-lab@1.2.0` */
  readonly id: string;
  /** Absent if the package cannot be used, because its key was withdrawn or its package is damaged. */
  readonly content?: {
    readonly label: Text;
    readonly help: Text;
    readonly nodes: readonly { readonly type: string; readonly label: Text; readonly help: Text; readonly effect: Effect }[];
    /** `host:port` of systems that it may reach. */
    readonly connect: readonly string[];
    readonly memoryMb: number;
    readonly callMs: number;
  };
  /** Flows with nodes of this extension with the same first number. */
  readonly usedBy: readonly UsedBy[];
}

export function showExtension(
  { _id, ...record }: ExtensionRecord,
  manifest: ExtensionManifest | undefined,
  uses: ReadonlyMap<string, readonly FlowUse[]>,
  domains: DomainScope,
): ShownExtension {
  return {
    ...record,
    id: _id,
    ...(manifest === undefined ? {} : { content: contentOf(manifest, record.line) }),
    usedBy: usersOf(uses, record.line, domains),
  };
}

function contentOf({ id, text, nodes, permissions, limits }: ExtensionManifest, line: string): NonNullable<ShownExtension['content']> {
  const major = line.slice(line.indexOf('@') + 1);
  return {
    ...text,
    nodes: nodes.map(({ verb, text: own, effect }) => ({ type: `${id}.${verb}@${major}`, ...own, effect })),
    connect: permissions.connect,
    ...limits,
  };
}
