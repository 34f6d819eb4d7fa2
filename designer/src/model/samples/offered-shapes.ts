/** The operations that called systems describe: for each node, the operation that it is configured for. Pure. */
import type { FlowDocument, FlowNode, FlowTest } from '../../../../engine/contract/flow/flow-document.ts';
import { isRecord } from '../../../../engine/contract/values/is-record.ts';
import type { Offer } from '../../../../engine/contract/node/node.ts';
import { valueAtRow } from '../mapping/preview-mapping.ts';
import type { NodeTypes } from '../flow/node-types.ts';
import { sampleOf } from '../schema/schema-sample.ts';

type Schema = Offer['takes'];
type Shapes = Pick<Offer, 'takes' | 'gives'>;

/** For each node id, the JSON Schemas of the data that the node takes and that it emits on success. */
export type OfferedShapes = ReadonlyMap<string, Shapes>;

export const NO_SHAPES: OfferedShapes = new Map();

/** Returns the schemas of the nodes. `offersOf` contains the operations that each adapter offers, by adapter id. */
export function offeredShapes(
  nodes: readonly Pick<FlowNode, 'id' | 'adapter' | 'config'>[],
  offersOf: ReadonlyMap<string, readonly Offer[]>,
): OfferedShapes {
  const shapes = new Map<string, Shapes>();
  for (const { id, adapter, config } of nodes) {
    const offer = offersOf
      .get(adapter ?? '')
      ?.find((one) => Object.entries(one.config).every(([key, value]) => JSON.stringify(config[key]) === JSON.stringify(value)));
    if (offer !== undefined) shapes.set(id, offer);
  }
  return shapes;
}

/**
 * Returns mocked replies, so that a flow can be tried before any system has replied. Each is an example generated
 * from a called system's description.
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
 * Returns the schema of an interface's body. If the interface has none, returns that of the first called system that
 * gets the body unchanged.
 */
export function bodySchema({ nodes }: Pick<FlowDocument, 'nodes'>, types: NodeTypes, shapes: OfferedShapes): Schema | undefined {
  const own = nodes.find((node) => types.isTrigger(node))?.config['schema'];
  if (isRecord(own)) return own;
  return nodes.map((node) => (operandPath(node) === BODY ? shapes.get(node.id)?.takes : undefined)).find((takes) => takes !== undefined);
}

/**
 * Returns the fields that a called system requires but a trial would not send. Returns an empty list if the
 * parameters are not read by a plain path.
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
