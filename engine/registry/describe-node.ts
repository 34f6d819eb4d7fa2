import { Default } from 'typebox/value';
import type { Category, ControlRole, Effect, NodeDefinition, PortSpec } from '../contract/node.ts';
import { typeName } from '../contract/node.ts';
import type { Text } from '../contract/texts.ts';

/** A node type as plain JSON, for the API, the designer's palette and its forms. */
export interface NodeDescription {
  /** `protocol.verb@major` */
  readonly name: string;
  readonly type: string;
  readonly major: number;
  readonly kind: NodeDefinition['kind'];
  readonly role?: ControlRole;
  readonly category: Category;
  readonly icon: string;
  readonly text: { readonly label: Text; readonly help: Text };
  readonly longHelp?: Text;
  readonly ports: { readonly in: readonly PortSpec[]; readonly out: readonly PortSpec[]; readonly dependOnConfig: boolean };
  /** Protocol of the adapter it needs. */
  readonly adapter?: string;
  readonly effect?: Effect | 'depends-on-config';
  /** A trigger that listens by itself; others are fired by an interface. */
  readonly listens?: boolean;
  /** JSON Schema 2020-12; `text` holds label and help of a field. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly expressions: readonly string[];
}

export function describeNode(definition: NodeDefinition, longHelp?: Text): NodeDescription {
  const { type, major, kind, category, icon, text } = definition;
  return {
    name: typeName(definition),
    type,
    major,
    kind,
    ...(kind === 'control' ? { role: definition.role } : {}),
    category,
    icon,
    text,
    ...(longHelp === undefined ? {} : { longHelp }),
    ports: { in: definition.ports.in, out: outPorts(definition), dependOnConfig: typeof definition.ports.out === 'function' },
    ...(kind === 'control' || definition.adapter === undefined ? {} : { adapter: definition.adapter }),
    ...(kind === 'action' ? { effect: typeof definition.effect === 'function' ? ('depends-on-config' as const) : definition.effect } : {}),
    ...(kind === 'trigger' ? { listens: definition.listen !== undefined } : {}),
    config: JSON.parse(JSON.stringify(definition.config)) as Record<string, unknown>,
    expressions: definition.expressions ?? [],
  };
}

/** Ports that depend on the configuration are those of a new node, whose configuration holds the defaults alone. */
function outPorts(definition: NodeDefinition): readonly PortSpec[] {
  const { out } = definition.ports;
  if (typeof out !== 'function') return out;
  try {
    return out(Default(definition.config, {}) as never);
  } catch {
    return [];
  }
}
