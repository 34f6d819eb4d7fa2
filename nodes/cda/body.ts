/** Sections and entries of a document (CDA R2 sections 4.3.2 to 4.3.6). */
import { AppError } from '../../engine/contract/values/errors.ts';
import { narrativeHtml, narrativeText } from './narrative.ts';
import { all, first, textOf, type Element } from './read-tree.ts';
import { codeOf, idOf, idsOf, nameOf, periodOf, quantityOf, valueOf } from './values.ts';

type Data = Readonly<Record<string, unknown>>;
/** Returns the text of an entry, which may be in the narrative. */
type TextOf = (text: Element | undefined) => string | null;
/** Counts a text that is put out; returns it. */
type Spend = (text: string) => string;

/** Limit of the narrative as text, as HTML and in the entries that refer to it: a multiple of the document, and never more than 64 MB. */
const PER_CHARACTER = 8;
const ALLOWANCE = 8 * 1024 * 1024;
const MOST_NARRATIVE = 64 * 1024 * 1024;

const STATEMENTS: ReadonlySet<string> = new Set([
  ...[
    'observation',
    'organizer',
    'procedure',
    'act',
    'encounter',
    'substanceAdministration',
    'supply',
    'observationMedia',
    'regionOfInterest',
  ],
]);

/** Throws PARSE_TOO_COSTLY (input) if many entries refer to long texts. `size` is that of the document in characters. */
export function readSections(document: Element, size: number): readonly Data[] {
  const limit = Math.min(MOST_NARRATIVE, size * PER_CHARACTER + ALLOWANCE);
  let spent = 0;
  const spend: Spend = (text) => {
    if ((spent += text.length) <= limit) return text;
    throw new AppError('PARSE_TOO_COSTLY', 'input', `The narrative and the entries that refer to it have more than ${limit} characters.`, {
      values: { problem: 'narrative', limit },
      fix: 'Let each entry refer to its own part of the narrative instead of one long text.',
    });
  };
  return all(document, 'component', 'structuredBody', 'component', 'section').map((section) => readSection(section, spend));
}

/** Returns the body of a document that is no XML: a PDF or a picture as Base64, or a text. */
export function readNonXmlBody(document: Element): Data | null {
  const text = first(document, 'component', 'nonXMLBody', 'text');
  if (text === undefined) return null;
  const { mediaType = 'text/plain', representation } = text.attributes;
  const content = text.children.filter((child) => typeof child === 'string').join('');
  const isBase64 = representation === 'B64';
  return {
    mediaType,
    encoding: isBase64 ? 'base64' : 'text',
    content: isBase64 ? content.replace(/\s+/g, '') : content,
    reference: first(text, 'reference')?.attributes['value'] ?? null,
  };
}

function readSection(section: Element, spend: Spend): Data {
  const text = first(section, 'text');
  const narratives = text === undefined ? new Map<string, Element>() : byId(text);
  const textOfEntry: TextOf = (own) => textIn(own, narratives, spend);
  return {
    ids: idsOf(section),
    templateIds: all(section, 'templateId').flatMap((one) => idOf(one) ?? []),
    code: codeOf(first(section, 'code')),
    title: textOf(first(section, 'title')),
    text: text === undefined ? '' : spend(narrativeText(text)),
    html: text === undefined ? '' : spend(narrativeHtml(text)),
    entries: all(section, 'entry').flatMap((entry) => statementsIn(entry, textOfEntry)),
    sections: all(section, 'component', 'section').map((inner) => readSection(inner, spend)),
  };
}

/** Returns the parts of the narrative by their ID, to which entries refer. */
function byId(text: Element): ReadonlyMap<string, Element> {
  const found = new Map<string, Element>();
  const visit = (element: Element) => {
    const id = element.attributes['ID'];
    if (id !== undefined) found.set(id, element);
    for (const child of element.children) if (typeof child !== 'string') visit(child);
  };
  visit(text);
  return found;
}

function statementsIn(element: Element, textOfEntry: TextOf): readonly Data[] {
  return element.children.flatMap((child) =>
    typeof child !== 'string' && STATEMENTS.has(child.name) ? [readStatement(child, textOfEntry)] : [],
  );
}

function readStatement(statement: Element, textOfEntry: TextOf): Data {
  const { classCode = null, moodCode = null, negationInd } = statement.attributes;
  const product =
    first(statement, 'consumable', 'manufacturedProduct', 'manufacturedMaterial') ??
    first(statement, 'consumable', 'manufacturedProduct', 'manufacturedLabeledDrug');
  const related = ['entryRelationship', 'component'].flatMap((name) => all(statement, name));
  return {
    kind: statement.name,
    classCode,
    moodCode,
    negated: negationInd === 'true',
    ids: idsOf(statement),
    code: codeOf(first(statement, 'code')),
    text: textOfEntry(first(statement, 'text')),
    status: first(statement, 'statusCode')?.attributes['code'] ?? null,
    time: periodOf(first(statement, 'effectiveTime')),
    values: all(statement, 'value').map(valueOf),
    interpretation: codeOf(first(statement, 'interpretationCode')),
    referenceRange:
      textOf(first(statement, 'referenceRange', 'observationRange', 'text')) ??
      valueIn(first(statement, 'referenceRange', 'observationRange', 'value')),
    targetSite: codeOf(first(statement, 'targetSiteCode')),
    method: codeOf(first(statement, 'methodCode')),
    route: codeOf(first(statement, 'routeCode')),
    dose: quantityOf(first(statement, 'doseQuantity')),
    product: product === undefined ? null : { code: codeOf(first(product, 'code')), name: textOf(first(product, 'name')) },
    performers: all(statement, 'performer', 'assignedEntity').map((entity) => ({
      ids: idsOf(entity),
      name: nameOf(first(entity, 'assignedPerson', 'name')),
      organization: textOf(first(entity, 'representedOrganization', 'name')),
    })),
    entries: related.flatMap((one) => statementsIn(one, textOfEntry)),
  };
}

/** An entry has a text, or refers to the narrative by `#id`. */
function textIn(text: Element | undefined, narratives: ReadonlyMap<string, Element>, spend: Spend): string | null {
  const reference = first(text, 'reference')?.attributes['value'];
  const target = reference?.startsWith('#') === true ? narratives.get(reference.slice(1)) : undefined;
  const found = textOf(target ?? text);
  return found === null ? null : spend(found);
}

function valueIn(value: Element | undefined): unknown {
  return value === undefined ? null : valueOf(value);
}
