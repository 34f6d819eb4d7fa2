/** XML as a tree of named parts, with the browser's parser. */
import { NONE, type TreePart } from './tree-parts.ts';

/** Parses XML to a tree; returns undefined if the text is not a complete document. */
export function xmlPart(text: string): TreePart | undefined {
  const document = new DOMParser().parseFromString(text, 'text/xml');
  const isWhole = document.getElementsByTagName('parsererror').length === 0;
  return isWhole ? elementPart(document.documentElement, `/${document.documentElement.localName}`) : undefined;
}

function elementPart(element: Element, path: string): TreePart {
  const children = [...element.children];
  const attributes = [...element.attributes].filter(({ name }) => !/^xmlns(:|$)/.test(name));
  const text = children.length === 0 ? (element.textContent ?? '').trim() : '';
  const count = children.length + attributes.length;
  return {
    name: element.localName,
    path,
    ...(children.length === 0 ? { text } : { size: `<${count}>` }),
    parts: () => [
      ...attributes.map((attribute) => ({
        name: `@${attribute.localName}`,
        path: `${path}/@${attribute.localName}`,
        text: attribute.value,
        parts: NONE,
      })),
      ...children.map((child, index) => elementPart(child, `${path}/${child.localName}${placeOf(children, index)}`)),
    ],
  };
}

/**
 * Returns the name of an element with its position, as in XPath. The position counts from 1 among siblings of the same
 * name.
 */
function placeOf(children: readonly Element[], index: number): string {
  const name = children[index]?.localName;
  const alike = children.filter(({ localName }) => localName === name);
  return alike.length < 2 ? '' : `[${alike.indexOf(children[index]!) + 1}]`;
}
