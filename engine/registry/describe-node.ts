import {
  type Category,
  type ControlRole,
  type Effect,
  type NodeDefinition,
  type NodeSample,
  type PortSpec,
  typeName,
} from '../contract/node/node.ts';
import type { Text } from '../contract/values/texts.ts';
import { knownOutPorts } from './node-ports.ts';

/** A node type as plain JSON, for the API, the designer's palette and its forms. */
export interface NodeDescription {
  /** `protocol.verb@major`: what a flow's node names as its `type`. */
  readonly name: string;
  /** `protocol.verb` */
  readonly type: string;
  readonly major: number;
  readonly kind: NodeDefinition['kind'];
  readonly role?: ControlRole;
  readonly category: Category;
  /** Served at `/icons/<icon>.svg`. */
  readonly icon: string;
  readonly text: { readonly label: Text; readonly help: Text };
  /** Markdown of the file beside the node. */
  readonly longHelp?: Text;
  /** Those of a new node where they depend on the configuration (`nodes.ports` tells those of another). */
  readonly ports: { readonly in: readonly PortSpec[]; readonly out: readonly PortSpec[]; readonly dependOnConfig: boolean };
  /** Protocol of the adapter it needs. */
  readonly adapter?: string;
  readonly effect?: Effect | 'depends-on-config';
  /** A trigger that listens by itself; others are fired by an interface. */
  readonly listens?: boolean;
  /** Its adapter can be tested step by step. */
  readonly canProbe: boolean;
  /** The other side of its adapter can be asked what it offers (`adapters.offers`). */
  readonly knowsOffers: boolean;
  /** Messages to try with. */
  readonly samples: readonly NodeSample[];
  /** JSON Schema 2020-12; `text` holds the texts of a field, `editor` its editor where the schema does not tell (`fieldKind`). */
  readonly config: Readonly<Record<string, unknown>>;
  /** Fields that hold expressions, as JSON Pointers with `*`. */
  readonly expressions: readonly string[];
  /** The newer major that takes over its configuration (`nodes.upgrade`): new flows use that one. */
  readonly upgradesTo?: string;
}

export function describeNode(
  definition: NodeDefinition,
  { longHelp, upgradesTo }: Pick<NodeDescription, 'longHelp' | 'upgradesTo'> = {},
): NodeDescription {
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
    ports: { in: definition.ports.in, out: knownOutPorts(definition, {}), dependOnConfig: typeof definition.ports.out === 'function' },
    ...(kind === 'control' || definition.adapter === undefined ? {} : { adapter: definition.adapter }),
    ...(kind === 'action' ? { effect: typeof definition.effect === 'function' ? ('depends-on-config' as const) : definition.effect } : {}),
    ...(kind === 'trigger' ? { listens: definition.listen !== undefined } : {}),
    canProbe: kind !== 'control' && definition.probe !== undefined,
    knowsOffers: kind === 'action' && definition.offers !== undefined,
    samples: definition.samples ?? [],
    config: JSON.parse(JSON.stringify(definition.config)) as Record<string, unknown>,
    expressions: definition.expressions ?? [],
    ...(upgradesTo === undefined ? {} : { upgradesTo }),
  };
}
