/** How far a newcomer is on the way from the example city to the first own flow; kept in this browser. */
import { create } from 'zustand';

export const GUIDE_STEPS = ['look', 'try', 'create'] as const;
export type GuideStep = (typeof GUIDE_STEPS)[number];

const KEY = 'kq.guide';

interface Guide {
  readonly done: readonly GuideStep[];
  readonly isClosed: boolean;
  /** The person did what the step asks for, by whatever way. */
  finish(step: GuideStep): void;
  close(): void;
  /** From the start, wherever it was. */
  reopen(): void;
}

export const useGuide = create<Guide>((set, get) => {
  const keep = (part: Pick<Guide, 'done' | 'isClosed'>) => {
    localStorage.setItem(KEY, JSON.stringify(part));
    set(part);
  };
  return {
    ...read(),
    finish(step) {
      const { done, isClosed } = get();
      if (!isClosed && !done.includes(step)) keep({ done: [...done, step], isClosed });
    },
    close: () => keep({ done: get().done, isClosed: true }),
    reopen: () => keep({ done: [], isClosed: false }),
  };
});

function read(): Pick<Guide, 'done' | 'isClosed'> {
  try {
    const { done, isClosed } = JSON.parse(localStorage.getItem(KEY) ?? '{}') as Partial<Guide>;
    return { done: GUIDE_STEPS.filter((step) => done?.includes(step)), isClosed: isClosed === true };
  } catch {
    return { done: [], isClosed: false };
  }
}
