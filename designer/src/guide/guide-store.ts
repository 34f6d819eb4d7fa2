/** A new user's progress from the example city to their first flow. It is stored in this browser. */
import { create } from 'zustand';

export const GUIDE_STEPS = ['look', 'try', 'create'] as const;
export type GuideStep = (typeof GUIDE_STEPS)[number];

const KEY = 'kq.guide';

interface Guide {
  readonly done: readonly GuideStep[];
  readonly isClosed: boolean;
  /** Must be called when the user has completed the step, with or without the guide. */
  finish(step: GuideStep): void;
  close(): void;
  /** Starts again from the first step. */
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
