import { useMemo } from 'react';
import { scopePlaces, valuePlaces, type SamplePlace } from './scope-sample.ts';
import { useScope } from './scope-context.tsx';

/** Returns all places that a path in this form can read. */
export function useScopePlaces(): readonly SamplePlace[] {
  const { sample, nodesBefore } = useScope();
  return useMemo(() => scopePlaces(sample, nodesBefore), [sample, nodesBefore]);
}

/** Returns the places inside the node's result. If no result is known yet, returns the places inside its input. */
export function useResultPlaces(): readonly SamplePlace[] {
  const { sample } = useScope();
  return useMemo(() => valuePlaces(sample.output ?? sample.data), [sample]);
}

/** Returns the places of the message that a node can set. */
export function useMessagePlaces(): readonly SamplePlace[] {
  const { sample } = useScope();
  return useMemo(() => scopePlaces(sample).filter(({ path }) => path !== 'now'), [sample]);
}
