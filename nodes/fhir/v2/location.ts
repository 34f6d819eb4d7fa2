/** A person location (PL) as locations, each a part of the next: bed, room, level, ward, building, site. */
import type { Draft } from './draft.ts';
import type { V2Value } from './v2-value.ts';

/** The rows of PL[Location]: the component of each kind of place, and its code in FHIR. */
const KINDS = [
  [3, 'bd'],
  [2, 'ro'],
  [8, 'lvl'],
  [1, 'wa'],
  [7, 'bu'],
  [4, 'si'],
] as const;

export function applyLocation(value: V2Value, target: Draft): void {
  let location: Draft | undefined;
  for (const [component, code] of KINDS) {
    const text = value.part(component)?.text;
    if (text === undefined) continue;
    location = location === undefined ? target : location.referred('partOf', '', 'Location')!;
    location.element('identifier', '1')!.set('value', '', text);
    location.set('mode', '', 'instance');
    const coding = location.element('physicalType', '')!.element('coding', '1')!;
    coding.set('system', '', 'http://terminology.hl7.org/CodeSystem/location-physical-type');
    coding.set('code', '', code);
  }
  const description = value.part(9)?.text;
  if (location !== undefined && description !== undefined) target.set('description', '', description);
}
