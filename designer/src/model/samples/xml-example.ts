/**
 * Converts an XML document to the form that nodes use (`nodes/shared/xml/parse-xml.ts`), with the browser's parser.
 * Attributes are `@name`, text beside elements is `#text`, and elements of the same name form a list.
 */
type XmlForm = string | { [name: string]: XmlForm | XmlForm[] };

/** Parses XML; returns undefined if the text is not a complete document. */
export function xmlExample(text: string): { readonly [name: string]: unknown } | undefined {
  const { documentElement: root } = new DOMParser().parseFromString(text, 'text/xml');
  if (root === null || root.ownerDocument.getElementsByTagName('parsererror').length > 0) return undefined;
  return { [root.nodeName]: formOf(root) };
}

/** Returns whether the text is an XML Schema. A schema describes documents but is not an example of one. */
export function isXmlSchema(text: string): boolean {
  return /<(?:\w+:)?schema[^>]*http:\/\/www\.w3\.org\/2001\/XMLSchema/.test(text);
}

function formOf(element: Element): XmlForm {
  const children = [...element.children];
  const attributes = [...element.attributes];
  const text = [...element.childNodes]
    .map(({ nodeType, nodeValue }) => (nodeType === Node.TEXT_NODE || nodeType === Node.CDATA_SECTION_NODE ? nodeValue : ''))
    .join('');
  if (children.length + attributes.length === 0) return text;
  const form: Record<string, XmlForm | XmlForm[]> = Object.fromEntries(attributes.map(({ name, value }) => [`@${name}`, value]));
  if (text.trim() !== '') form['#text'] = text;
  for (const [name, alike] of Map.groupBy(children, ({ nodeName }) => nodeName)) {
    const forms = alike.map(formOf);
    form[name] = forms.length === 1 ? forms[0]! : forms;
  }
  return form;
}
