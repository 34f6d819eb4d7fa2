import type { Language } from '../../../i18n/text-pairs.ts';
import type { Suggestion } from './suggest-input.tsx';

const FIRST = ['Asia/Shanghai', 'Asia/Urumqi', 'Asia/Hong_Kong', 'Asia/Taipei', 'UTC'];
const known = new Map<Language, readonly Suggestion[]>();

/** Returns every IANA name that this browser knows, with a readable label. The zones of China come first. */
export function timeZones(language: Language): readonly Suggestion[] {
  const kept = known.get(language);
  if (kept !== undefined) return kept;
  const names = [...new Set([...FIRST, ...Intl.supportedValuesOf('timeZone')])];
  const made = names.map((value) => ({ value, note: nameOf(value, language) }));
  known.set(language, made);
  return made;
}

function nameOf(timeZone: string, language: Language): string {
  const parts = new Intl.DateTimeFormat(language, { timeZone, timeZoneName: 'long' }).formatToParts(0);
  return parts.find(({ type }) => type === 'timeZoneName')?.value ?? timeZone;
}
