/** Locators of object rules: where a request or a response names an object. Pure. */

/** One step into a JSON value. `all` visits every element of an array. A JSON Pointer token may be a name or an index. */
export type JsonStep = { readonly name?: string; readonly index?: number } | 'all';

/** One step into an XML document: the local name of an element. With `isList`, the element may occur several times. */
export interface XmlStep {
  readonly name: string;
  readonly isList: boolean;
}

export type ObjectLocator =
  | { readonly carrier: 'path' | 'query' | 'header' | 'form'; readonly name: string }
  | { readonly carrier: 'json'; readonly steps: readonly JsonStep[] }
  | { readonly carrier: 'xml'; readonly steps: readonly XmlStep[]; readonly attribute?: string };

export type Carrier = ObjectLocator['carrier'];

const HEADER_NAME = /^[a-z0-9!#$%&'*+.^`|~-]+$/;
const XML_NAME = /^[^\s/@[\]<>&"'=:]+$/;
const MOST_STEPS = 32;

/**
 * Parses `path:id`, `query:patientId`, `header:x-patient-id`, `form:cardNo`, `json:$.items[*].pid`, `json:/items/0/pid`
 * or `xml:/request/patient/@id`. Returns undefined for other text.
 */
export function parseLocator(text: string): ObjectLocator | undefined {
  const colon = text.indexOf(':');
  const rest = text.slice(colon + 1);
  if (colon < 0 || rest === '') return undefined;
  switch (text.slice(0, colon)) {
    case 'path':
      return /^[A-Za-z0-9._~-]+$/.test(rest) ? { carrier: 'path', name: rest } : undefined;
    case 'query':
      return { carrier: 'query', name: rest };
    case 'form':
      return { carrier: 'form', name: rest };
    case 'header':
      return HEADER_NAME.test(rest.toLowerCase()) ? { carrier: 'header', name: rest.toLowerCase() } : undefined;
    case 'json':
      return jsonLocator(rest);
    case 'xml':
      return xmlLocator(rest);
    default:
      return undefined;
  }
}

/**
 * Returns the same text for locators of the same place, however they are written. Fields of a form are places of the
 * JSON value that has these fields.
 */
export function placeKeyOf(text: string): string {
  const locator = parseLocator(text);
  if (locator?.carrier === 'form') return JSON.stringify(['json', locator.name]);
  if (locator?.carrier !== 'json') return JSON.stringify(locator ?? text);
  return JSON.stringify(['json', ...locator.steps.map((step) => (step === 'all' ? 0 : (step.name ?? String(step.index))))]);
}

function jsonLocator(text: string): ObjectLocator | undefined {
  const steps = text.startsWith('/') ? pointerSteps(text) : pathSteps(text);
  return steps === undefined || steps.length > MOST_STEPS ? undefined : { carrier: 'json', steps };
}

/** JSON Pointer (RFC 6901). */
function pointerSteps(text: string): readonly JsonStep[] | undefined {
  if (/~(?![01])/.test(text)) return undefined;
  return text
    .slice(1)
    .split('/')
    .map((token) => {
      const name = token.replaceAll('~1', '/').replaceAll('~0', '~');
      return isIndex(token) ? { name, index: Number(token) } : { name };
    });
}

/** The part of JSONPath (RFC 9535) that names places: `$`, `.name`, `['name']`, `[0]` and `[*]`. */
function pathSteps(text: string): readonly JsonStep[] | undefined {
  if (!text.startsWith('$')) return undefined;
  const steps: JsonStep[] = [];
  let at = 1;
  while (at < text.length) {
    const rest = text.slice(at);
    const found = /^\.([^.[\]'"*\s]+)|^\[(\*|\d{1,9})\]|^\['([^'\\]+)'\]/.exec(rest);
    if (found === null) return undefined;
    const [whole, name, index, quoted] = found;
    if (index === '*') steps.push('all');
    else if (index !== undefined) {
      if (!isIndex(index)) return undefined;
      steps.push({ index: Number(index) });
    } else steps.push({ name: (name ?? quoted)! });
    at += whole.length;
  }
  return steps.length === 0 ? undefined : steps;
}

function isIndex(token: string): boolean {
  return /^(?:0|[1-9]\d{0,8})$/.test(token);
}

function xmlLocator(text: string): ObjectLocator | undefined {
  if (!text.startsWith('/')) return undefined;
  const parts = text.slice(1).split('/');
  const last = parts.at(-1)!;
  const attribute = last.startsWith('@') ? last.slice(1) : undefined;
  const elements = (attribute === undefined ? parts : parts.slice(0, -1)).map((part) => {
    const isList = part.endsWith('[*]');
    return { name: isList ? part.slice(0, -3) : part, isList };
  });
  if (elements.length === 0 || elements.length > MOST_STEPS || !elements.every(({ name }) => XML_NAME.test(name))) return undefined;
  if (attribute === undefined) return { carrier: 'xml', steps: elements };
  return XML_NAME.test(attribute) ? { carrier: 'xml', steps: elements, attribute } : undefined;
}
