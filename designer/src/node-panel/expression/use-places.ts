import { useMemo } from 'react';
import { useForm } from '../../kit/form/form-context.tsx';
import { scopePlaces, valuePlaces, type SamplePlace } from './scope-sample.ts';

/** Everything that a scope path can read here. */
export function useScopePlaces(): readonly SamplePlace[] {
  const { sample, nodesBefore } = useForm();
  return useMemo(() => scopePlaces(sample, nodesBefore), [sample, nodesBefore]);
}

/** Places inside the node's result, or inside what comes in while no result is known. */
export function useResultPlaces(): readonly SamplePlace[] {
  const { sample } = useForm();
  return useMemo(() => valuePlaces(sample.output ?? sample.data), [sample]);
}

/** Places of the message that a node may set. */
export function useMessagePlaces(): readonly SamplePlace[] {
  const { sample } = useForm();
  return useMemo(() => scopePlaces(sample).filter(({ path }) => path !== 'now'), [sample]);
}
