/** The schemas of the operations that nodes call, as the called systems describe them. Pure. */
import type { FlowDocument, FlowNode, FlowTest } from '../../../../engine/contract/flow/flow-document.ts';
import { isRecord } from '../../../../engine/contract/values/is-record.ts';
import type { Offer } from '../../../../engine/contract/node/node.ts';
import { valueAtRow } from '../mapping/preview-mapping.ts';
import type { NodeTypes } from '../flow/node-types.ts';
import { sampleOf } from '../schema/schema-sample.ts';

type Schema = Offer['takes'];
type Shapes = Pick<Offer, 'takes' | 'gives'>;

/** For each node id: the JSON Schema of the data that the node takes, and that of the data that it emits on success. */
export type OfferedShapes = ReadonlyMap<string, Shapes>;

export const NO_SHAPES: OfferedShapes = new Map();

/** What a system offers depends on its adapter and on the type of the node. */
export function offersKey({ adapter = '', type }: Pick<FlowNode, 'adapter' | 'type'>): string {
  return `${type} ${adapter}`;
}

/** Returns the schemas of the nodes. `offersOf` contains the operations by `offersKey`. */
export function offeredShapes(
  nodes: readonly Pick<FlowNode, 'id' | 'type' | 'adapter' | 'config'>[],
  offersOf: ReadonlyMap<string, readonly Offer[]>,
): OfferedShapes {
  const shapes = new Map<string, Shapes>();
  for (const node of nodes) {
    const { id, config } = node;
    const offer = offersOf
      .get(offersKey(node))
      ?.find((one) => Object.entries(one.config).every(([key, value]) => isSame(config[key], value)));
    if (offer !== undefined) shapes.set(id, offer);
  }
  return shapes;
}

/** A field that a configuration of an older version lacks is the same as an empty one. */
function isSame(configured: unknown, offered: unknown): boolean {
  if (configured === undefined) return offered === '' || offered === false || (isRecord(offered) && Object.keys(offered).length === 0);
  return JSON.stringify(configured) === JSON.stringify(offered);
}

/**
 * Returns mocked replies, so that a flow can be tried before any system has replied. Each reply is generated from the
 * schema that the called system describes.
 */
export function answersOfShapes(nodes: readonly FlowNode[], types: NodeTypes, shapes: OfferedShapes): FlowTest['mocks'] {
  const answers = nodes.flatMap((node) => {
    const shape = shapes.get(node.id);
    return shape === undefined ? [] : [[node.id, { emit: { [types.mainOutPort(node) ?? 'ok']: sampleOf(shape.gives) } }] as const];
  });
  return Object.fromEntries(answers);
}

const BODY = 'data.body';

/**
 * Returns the schema of the body that the trigger receives. If the trigger has none, returns that of the first called
 * operation that gets the body unchanged.
 */
export function bodySchema({ nodes }: Pick<FlowDocument, 'nodes'>, types: NodeTypes, shapes: OfferedShapes): Schema | undefined {
  const own = nodes.find((node) => types.isTrigger(node))?.config['schema'];
  if (isRecord(own)) return own;
  return nodes.map((node) => (operandPath(node) === BODY ? shapes.get(node.id)?.takes : undefined)).find((takes) => takes !== undefined);
}

/**
 * Returns the required fields of the called operation that `data` does not contain. Returns an empty list if it is not
 * known where the node reads the parameters of the operation.
 */
export function missingFields(node: FlowNode, shapes: OfferedShapes, data: unknown): readonly string[] {
  const required = shapes.get(node.id)?.takes['required'];
  const path = operandPath(node);
  if (!Array.isArray(required) || path === undefined) return [];
  const sent = valueAtRow({ data }, path);
  return (required as readonly string[]).filter((name) => !isRecord(sent) || !Object.hasOwn(sent, name));
}

/** Returns the path that a node reads its parameters from, if it is a plain path. */
function operandPath({ config }: FlowNode): string | undefined {
  const { body = { path: 'data' } } = config as { readonly body?: unknown };
  const path = isRecord(body) ? body['path'] : undefined;
  return typeof path === 'string' && /^data(\.\w+)*$/.test(path) ? path : undefined;
}
