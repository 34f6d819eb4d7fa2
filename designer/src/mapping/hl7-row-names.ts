/** What the rows of a parsed HL7 message are called: `data.PID[0].f5[0].c1` is the family name. Pure. */
import type { Language } from '../i18n/text-pairs.ts';
import type { SourceNode } from '../model/mapping/source-tree.ts';
import { hl7FieldName, hl7SegmentName, hl7SubcomponentName } from '../viewer/hl7-names.ts';

const PLACE = /^([A-Z][A-Z0-9]{2})(?:\[0\]\.f(\d+)(?:\[0\]\.c(\d+)(?:\.s(\d+))?)?)?$/;

/** Only below a place that has an MSH: other data may use the same words for something else. */
export function hl7RowNames(sources: readonly SourceNode[]): (path: string, language: Language) => string | undefined {
  const roots = sources.filter(({ children }) => children.some(({ name }) => name === 'MSH')).map(({ path }) => path);
  return (path, language) => {
    const root = roots.find((one) => path.startsWith(`${one}.`));
    const place = root === undefined ? null : PLACE.exec(path.slice(root.length + 1));
    if (place === null) return undefined;
    const [, segment = '', ...numbers] = place;
    const [field, component, subcomponent] = numbers.map((text) => (text === undefined ? undefined : Number(text)));
    if (field === undefined) return hl7SegmentName(segment, language);
    if (component === undefined || subcomponent === undefined) return hl7FieldName(segment, field, component, language);
    return hl7SubcomponentName({ segment, field, component, subcomponent }, language);
  };
}
