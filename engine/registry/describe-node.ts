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

/** A node type as plain JSON, for the API, and for the palette and the forms of the designer. */
export interface NodeDescription {
  /** `protocol.verb@major`: the `type` of a flow's node. */
  readonly name: string;
  /** `protocol.verb` */
  readonly type: string;
  readonly major: number;
  readonly kind: NodeDefinition['kind'];
  readonly role?: ControlRole;
  readonly category: Category;
  /** Served at `/icons/<icon>.svg`. */
  readonly icon: string;
  readonly text: { readonly label: Text; readonly help: Text; readonly words?: string };
  /** Long help in Markdown, from the file beside the node type. */
  readonly longHelp?: Text;
  /** The ports of a new node. If they depend on the configuration, `nodes.ports` returns those of a configured node. */
  readonly ports: { readonly in: readonly PortSpec[]; readonly out: readonly PortSpec[]; readonly dependOnConfig: boolean };
  /** The protocol of the adapter that the node needs. */
  readonly adapter?: string;
  /** What people call the protocol, its products and the systems that it reaches, for the search. */
  readonly adapterWords?: string;
  readonly effect?: Effect | 'depends-on-config';
  /** True for a trigger with its own listener. Other triggers are started by calls of an interface. */
  readonly listens?: boolean;
  /** True for a listener that can send the reply of a sync flow. */
  readonly canReply?: true;
  /** True if the node's adapter can be tested step by step. */
  readonly canProbe: boolean;
  /** True if the node type can list the operations that the adapter's system offers (`adapters.offers`). */
  readonly knowsOffers: boolean;
  /** Messages for trying the node out. */
  readonly samples: readonly NodeSample[];
  /**
   * The node's configuration as JSON Schema 2020-12. In a field, `text` has its label and help; `editor` names its
   * editor if the schema does not decide it (`fieldKind`).
   */
  readonly config: Readonly<Record<string, unknown>>;
  /** Fields that contain expressions, as JSON Pointers with `*`. */
  readonly expressions: readonly string[];
  /**
   * The newer major version that configurations of this one can be converted to (`nodes.upgrade`). New flows use the
   * newer one.
   */
  readonly upgradesTo?: string;
  /** What is different from the previous major version. */
  readonly upgradeChanges?: readonly Text[];
}

export function describeNode(
  definition: NodeDefinition,
  { longHelp, upgradesTo, adapterWords }: Pick<NodeDescription, 'longHelp' | 'upgradesTo' | 'adapterWords'> = {},
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
    ...(adapterWords === undefined ? {} : { adapterWords }),
    ...(kind === 'action' ? { effect: typeof definition.effect === 'function' ? ('depends-on-config' as const) : definition.effect } : {}),
    ...(kind === 'trigger' ? { listens: definition.listen !== undefined } : {}),
    ...(kind === 'trigger' && definition.canReply ? { canReply: definition.canReply } : {}),
    canProbe: kind !== 'control' && definition.probe !== undefined,
    knowsOffers: kind === 'action' && definition.offers !== undefined,
    samples: definition.samples ?? [],
    config: JSON.parse(JSON.stringify(definition.config)) as Record<string, unknown>,
    expressions: definition.expressions ?? [],
    ...(upgradesTo === undefined ? {} : { upgradesTo }),
    ...(definition.upgradeChanges === undefined ? {} : { upgradeChanges: definition.upgradeChanges }),
  };
}
