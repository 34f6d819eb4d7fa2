/**
 * Writes the narrative of a section (CDA R2 section 4.3.5) as HTML by a fixed list of elements. What is not in the list
 * becomes its text. There is no attribute but the spans of table cells, so nothing is loaded, styled or run.
 */
import type { Element } from './read-tree.ts';

const TAGS: Readonly<Record<string, string>> = {
  ...{ paragraph: 'p', content: 'span', item: 'li', sub: 'sub', sup: 'sup', footnote: 'small' },
  ...{ table: 'table', thead: 'thead', tbody: 'tbody', tfoot: 'tfoot', tr: 'tr', th: 'th', td: 'td' },
};
const STYLES: Readonly<Record<string, string>> = { Bold: 'b', Italics: 'i', Underline: 'u', Emphasis: 'em' };
/** Elements whose text is no text for people. */
const DROPPED: ReadonlySet<string> = new Set([
  'script',
  'style',
  'iframe',
  'object',
  'embed',
  'svg',
  'math',
  'template',
  'noscript',
  'head',
]);
const SPANS = ['colspan', 'rowspan'];
const BLOCKS: ReadonlySet<string> = new Set(['paragraph', 'item', 'tr', 'list', 'table', 'caption', 'br']);

export function narrativeHtml({ children }: Element): string {
  return children
    .map((child) => (typeof child === 'string' ? escape(child) : elementHtml(child)))
    .join('')
    .trim();
}

function elementHtml(element: Element): string {
  const { name, attributes } = element;
  if (DROPPED.has(name.toLowerCase())) return '';
  if (name === 'br') return '<br>';
  if (name === 'renderMultiMedia') return '';
  const inner = element.children.map((child) => (typeof child === 'string' ? escape(child) : elementHtml(child))).join('');
  const tag = tagOf(element);
  if (tag === undefined) return inner;
  const spans = SPANS.flatMap((span) => (/^[1-9]\d{0,2}$/.test(attributes[span] ?? '') ? [` ${span}="${attributes[span]}"`] : []));
  const isCell = name === 'td' || name === 'th';
  return `<${tag}${isCell ? spans.join('') : ''}>${inner}</${tag}>`;
}

function tagOf({ name, attributes, children }: Element): string | undefined {
  if (name === 'list') return attributes['listType'] === 'ordered' ? 'ol' : 'ul';
  if (name === 'caption') return 'strong';
  const style = (attributes['styleCode'] ?? '').split(/\s+/).find((code) => Object.hasOwn(STYLES, code));
  if (name === 'content' && style !== undefined) return STYLES[style];
  if (name === 'content' && children.length === 0) return undefined;
  return Object.hasOwn(TAGS, name) ? TAGS[name] : undefined;
}

/** Returns the narrative as lines of text; cells of a row are separated by a tab. */
export function narrativeText(element: Element): string {
  const write = ({ name, children }: Element): string => {
    if (DROPPED.has(name.toLowerCase())) return '';
    const inner = children.map((child) => (typeof child === 'string' ? child.replace(/\s+/g, ' ') : write(child))).join('');
    if (name === 'td' || name === 'th') return `${inner.trim()}\t`;
    return BLOCKS.has(name) ? `\n${inner}\n` : inner;
  };
  const lines = write(element)
    .split('\n')
    .map((line) => line.replace(/^ +| +$|\t+ *$/g, ''));
  return lines.filter((line) => line.trim() !== '').join('\n');
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
