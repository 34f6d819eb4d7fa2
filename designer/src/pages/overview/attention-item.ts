/** One line of the list of what needs attention. */
import type { LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';
import { AREAS } from '../../kit/page/areas.ts';
import type { Tone } from '../../kit/feedback/status-tag.tsx';

export interface Item {
  readonly key: string;
  readonly tone: Tone;
  readonly icon: LucideIcon;
  readonly word: string;
  readonly what: string;
  readonly lines: readonly ReactNode[];
  readonly to: string | undefined;
}

/** Returns the address of a page in an area; undefined if the console has no such area. */
export function inArea(area: (typeof AREAS)[number]['path'], query = ''): string | undefined {
  return AREAS.some(({ path }) => path === area) ? `/${area}${query}` : undefined;
}
