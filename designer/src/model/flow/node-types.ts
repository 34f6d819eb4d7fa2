/** The installed node types for the designer: by name, with their ports and the permitted connections. */
import type { FlowNode } from '../../../../engine/contract/flow/flow-document.ts';
import { errorPort, outPort, type Category, type PortSpec } from '../../../../engine/contract/node/node.ts';
import type { Text } from '../../../../engine/contract/values/texts.ts';
import { canonicalJson } from '../../../../engine/flow/content-hash.ts';
import type { NodeDescription } from '../../api/operations.ts';
import { withDefaults } from '../schema/schema-defaults.ts';

/** The sections of the palette in order, with their names. */
export const CATEGORIES: readonly { readonly category: Category; readonly text: Text }[] = [
  { category: 'trigger', text: { 'zh-CN': '触发', en: 'Triggers' } },
  { category: 'call', text: { 'zh-CN': '调用', en: 'Calls' } },
  { category: 'transform', text: { 'zh-CN': '转换', en: 'Transform' } },
  { category: 'check', text: { 'zh-CN': '校验', en: 'Checks' } },
  { category: 'control', text: { 'zh-CN': '流程控制', en: 'Flow control' } },
];

type TypedNode = Pick<FlowNode, 'type' | 'config'>;

export interface NodeTypes {
  readonly list: readonly NodeDescription[];
  get(name: string): NodeDescription | undefined;
  /** The types for new nodes. If a type has a newer major version, only the newer one is included. */
  readonly offered: readonly NodeDescription[];
  /** Returns the types of the category for new nodes, in the order in which the server lists them. */
  inCategory(category: Category): readonly NodeDescription[];
  /** Returns the input ports. Returns undefined if the type is unknown; a wire may then end at any port name. */
  inPorts(node: TypedNode): readonly PortSpec[] | undefined;
  outPorts(node: TypedNode): readonly PortSpec[] | undefined;
  /** Returns the output port for the normal case; undefined if nothing can follow the node. */
  mainOutPort(node: TypedNode): string | undefined;
  mainInPort(node: TypedNode): string | undefined;
  isTrigger(node: TypedNode): boolean;
  /**
   * Returns the configuration with the defaults of the type filled in. Returns the same object again for the same
   * configuration object.
   */
  fullConfig(node: TypedNode): FlowNode['config'];
}

/** Caches ports that depend on the configuration of a node, as the server reported them. */
export interface PortCache {
  get(type: string, config: FlowNode['config']): readonly PortSpec[] | undefined;
  learn(type: string, config: FlowNode['config'], ports: readonly PortSpec[]): void;
  /** Changes whenever the cache gets new ports. */
  readonly version: number;
}

const PORT_CACHE_LIMIT = 2000;

export function createPortCache(): PortCache {
  const known = new Map<string, readonly PortSpec[]>();
  let version = 0;
  const keyOf = (type: string, config: FlowNode['config']) => `${type} ${canonicalJson(config)}`;
  return {
    get: (type, config) => known.get(keyOf(type, config)),
    learn(type, config, ports) {
      const oldest = known.size >= PORT_CACHE_LIMIT ? known.keys().next().value : undefined;
      if (oldest !== undefined) known.delete(oldest);
      known.set(keyOf(type, config), ports);
      version += 1;
    },
    get version() {
      return version;
    },
  };
}

export function createNodeTypes(list: readonly NodeDescription[], learnt: PortCache = createPortCache()): NodeTypes {
  const byName = new Map(list.map((type) => [type.name, type]));
  const offered = list.filter(({ upgradesTo }) => upgradesTo === undefined);
  const portsOfConfig = new WeakMap<FlowNode['config'], KnownPorts>();

  const fullConfigs = new WeakMap<FlowNode['config'], { readonly type: string; readonly config: FlowNode['config'] }>();

  /** Returns the same list again for the same configuration, so that the canvas does not draw the card again. */
  const outPorts = (node: TypedNode): readonly PortSpec[] | undefined => {
    const type = byName.get(node.type);
    if (type === undefined || !type.ports.dependOnConfig) return type?.ports.out;
    const kept = portsOfConfig.get(node.config);
    if (kept?.type === node.type && kept.version === learnt.version) return kept.ports;
    const ports = learnt.get(node.type, node.config) ?? (kept?.type === node.type ? kept.ports : portsByBranches(type, node.config));
    portsOfConfig.set(node.config, { type: node.type, version: learnt.version, ports });
    return ports;
  };

  return {
    list,
    offered,
    get: (name) => byName.get(name),
    inCategory: (category) => offered.filter((type) => type.category === category),
    inPorts: (node) => byName.get(node.type)?.ports.in,
    outPorts,
    mainOutPort: (node) => mainPort(outPorts(node), byName.get(node.type)),
    mainInPort: (node) => (byName.get(node.type)?.ports.in ?? [{ name: 'in' }])[0]?.name,
    fullConfig(node) {
      const kept = fullConfigs.get(node.config);
      if (kept?.type === node.type) return kept.config;
      const config = withDefaults(byName.get(node.type)?.config, node.config) as FlowNode['config'];
      fullConfigs.set(node.config, { type: node.type, config });
      return config;
    },
    isTrigger: (node) => byName.get(node.type)?.kind === 'trigger',
  };
}

interface KnownPorts {
  readonly type: string;
  readonly version: number;
  readonly ports: readonly PortSpec[];
}

/** Returns whether this is the error port, at which all errors of an action leave the node. */
export function isErrorPort(name: string): boolean {
  return name === errorPort.name;
}

/** Returns the main output port: for a loop the port after the loop, for a choice the first branch. */
function mainPort(ports: readonly PortSpec[] | undefined, type: NodeDescription | undefined): string | undefined {
  if (ports === undefined) return outPort.name;
  if (type?.role === 'for-each' && ports.some(({ name }) => name === 'done')) return 'done';
  return (ports.find(({ name }) => !isErrorPort(name)) ?? ports[0])?.name;
}

/**
 * Guesses the output ports of a node with branches, until the server has reported them: one port for each branch, and
 * `else` for a choice.
 */
function portsByBranches(type: NodeDescription, config: FlowNode['config']): readonly PortSpec[] {
  const { branches } = config;
  if (!Array.isArray(branches)) return type.ports.out;
  const named = branches.flatMap((branch: unknown) => (isBranch(branch) ? [{ name: branch.port, label: labelOf(branch) }] : []));
  const rest = type.role === 'route' ? [type.ports.out.find(({ name }) => name === 'else') ?? ELSE] : [];
  return [...new Map([...named, ...rest].map((port) => [port.name, port])).values()];
}

const ELSE: PortSpec = { name: 'else', label: { 'zh-CN': '其他', en: 'Other' } };

interface Branch {
  readonly port: string;
  readonly label?: unknown;
}

function isBranch(value: unknown): value is Branch {
  return typeof value === 'object' && value !== null && 'port' in value && typeof value.port === 'string' && value.port !== '';
}

function labelOf({ port, label }: Branch): Text {
  const { 'zh-CN': zhCN, en } = (typeof label === 'object' && label !== null ? label : {}) as Partial<Record<keyof Text, unknown>>;
  const shown = (text: unknown) => (typeof text === 'string' && text !== '' ? text : port);
  return { 'zh-CN': shown(zhCN), en: shown(en) };
}
