/** The end of a drag: where the cards lie now becomes one step of the history. */
import { move } from '../model/commands/move.ts';
import type { CanvasTools } from './canvas-context.tsx';
import type { CanvasNode } from './flow-elements.ts';

export function commitDrag({ editor }: CanvasTools, nodes: readonly CanvasNode[]): void {
  const places = new Map(nodes.flatMap(({ id, type, position }) => (type === 'group' ? [] : [[id, position] as const])));
  const { run, seal } = editor.getState();
  seal();
  run(move(places));
  seal();
}
