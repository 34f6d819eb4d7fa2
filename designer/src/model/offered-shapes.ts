/** What called systems describe of their operations: for each node the operation that it is configured for. Pure. */
import type { FlowNode, FlowTest } from '../../../engine/contract/flow-document.ts';
import type { Offer } from '../../../engine/contract/node.ts';
import type { NodeTypes } from './node-types.ts';
import { sampleOf } from './schema-sample.ts';

type Shapes = Pick<Offer, 'takes' | 'gives'>;

/** By id of the node: JSON Schemas of the data that it takes, and emits on success. */
export type OfferedShapes = ReadonlyMap<string, Shapes>;

export const NO_SHAPES: OfferedShapes = new Map();

/** `offersOf`: what each adapter offers, by its id. */
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

/** Answers to try a flow with before any system gave one: an example of what each called one says that it gives. */
export function answersOfShapes(nodes: readonly FlowNode[], types: NodeTypes, shapes: OfferedShapes): FlowTest['mocks'] {
  const answers = nodes.flatMap((node) => {
    const shape = shapes.get(node.id);
    return shape === undefined ? [] : [[node.id, { emit: { [types.mainOutPort(node) ?? 'ok']: sampleOf(shape.gives) } }] as const];
  });
  return Object.fromEntries(answers);
}
