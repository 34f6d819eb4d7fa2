/** Sections and entries of a document (CDA R2 sections 4.3.2 to 4.3.6). */
import { narrativeHtml, narrativeText } from './narrative.ts';
import { all, first, textOf, type Element } from './read-tree.ts';
import { codeOf, idOf, idsOf, nameOf, periodOf, quantityOf, valueOf } from './values.ts';

type Data = Readonly<Record<string, unknown>>;
/** Texts of the narrative by their ID, to which entries refer. */
type Narratives = ReadonlyMap<string, Element>;

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

export function readSections(document: Element): readonly Data[] {
  return all(document, 'component', 'structuredBody', 'component', 'section').map(readSection);
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

function readSection(section: Element): Data {
  const text = first(section, 'text');
  const narratives = text === undefined ? new Map<string, Element>() : byId(text);
  return {
    ids: idsOf(section),
    templateIds: all(section, 'templateId').flatMap((one) => idOf(one) ?? []),
    code: codeOf(first(section, 'code')),
    title: textOf(first(section, 'title')),
    text: text === undefined ? '' : narrativeText(text),
    html: text === undefined ? '' : narrativeHtml(text),
    entries: all(section, 'entry').flatMap((entry) => statementsIn(entry, narratives)),
    sections: all(section, 'component', 'section').map(readSection),
  };
}

function byId(text: Element): Narratives {
  const found = new Map<string, Element>();
  const visit = (element: Element) => {
    const id = element.attributes['ID'];
    if (id !== undefined) found.set(id, element);
    for (const child of element.children) if (typeof child !== 'string') visit(child);
  };
  visit(text);
  return found;
}

function statementsIn(element: Element, narratives: Narratives): readonly Data[] {
  return element.children.flatMap((child) =>
    typeof child !== 'string' && STATEMENTS.has(child.name) ? [readStatement(child, narratives)] : [],
  );
}

function readStatement(statement: Element, narratives: Narratives): Data {
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
    text: textIn(first(statement, 'text'), narratives),
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
    entries: related.flatMap((one) => statementsIn(one, narratives)),
  };
}

/** An entry has a text, or refers to the narrative by `#id`. */
function textIn(text: Element | undefined, narratives: Narratives): string | null {
  const reference = first(text, 'reference')?.attributes['value'];
  const target = reference?.startsWith('#') === true ? narratives.get(reference.slice(1)) : undefined;
  return textOf(target ?? text);
}

function valueIn(value: Element | undefined): unknown {
  return value === undefined ? null : valueOf(value);
}
