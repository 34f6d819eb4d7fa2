/** Computes the frame around nodes from their current positions, so that it also follows a drag. */
import { useStore, type ReactFlowState } from '@xyflow/react';
import { useCallback } from 'react';
import { shallow } from 'zustand/shallow';
import { groupFrame, type Box } from '../../model/flow/card-geometry.ts';

export function useLiveFrame(ids: readonly string[]): Box | undefined {
  const find = useCallback(
    ({ nodeLookup }: ReactFlowState) =>
      groupFrame(
        ids.flatMap((id) => {
          const node = nodeLookup.get(id);
          return node === undefined ? [] : [{ ...node.internals.positionAbsolute, width: node.width ?? 0, height: node.height ?? 0 }];
        }),
      ),
    [ids],
  );
  return useStore(find, shallow);
}
