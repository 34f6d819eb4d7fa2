/** What is wrong with a page that a person would notice: barriers (axe-core), crumbs of the other language, what is cut off or does not fit. */
import { hostname } from 'node:os';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page, Response } from '@playwright/test';

export type Language = 'zh-CN' | 'en';

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface Violation {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly target: readonly unknown[]; readonly html: string; readonly failureSummary: string }[];
}

/** Serious and critical findings of axe-core on the page, or below what a selector finds; of certain rules alone where they are given. */
export async function barriers(
  page: Page,
  { rules, within }: { readonly rules?: readonly string[]; readonly within?: string } = {},
): Promise<readonly string[]> {
  const options = { resultTypes: ['violations'], ...(rules === undefined ? {} : { runOnly: rules }) };
  // As a script of the debugger, which no policy of the page holds back.
  if (!(await page.evaluate<boolean>('"axe" in window'))) await page.evaluate(axeSource);
  const violations = await page.evaluate<readonly Violation[]>(
    `axe.run(${within === undefined ? 'document' : JSON.stringify(within)}, ${JSON.stringify(options)}).then((found) => found.violations)`,
  );
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) =>
      nodes
        .slice(0, 3)
        .map(
          ({ target, html, failureSummary }) =>
            `${id} ${target.join(' ')}: ${html.slice(0, 160)} ${failureSummary.split('\n').slice(1, 2).join('').trim().slice(0, 220)}`,
        ),
    );
}

/** Values of a fixed set, which the page has words for: their own names are crumbs. */
const CODED = new Set('status state mode kind method protocol front form role roles type level outcome severity log stage via'.split(' '));

/** Collects texts that the server sends and that have no language (names, labels, notes), without codes and the halves of `{zh-CN, en}`. */
export function watchData(page: Page): () => Promise<ReadonlySet<string>> {
  const answers: Promise<string>[] = [];
  page.on('response', (response: Response) => {
    if (!response.url().includes('/api/v1/') || response.request().resourceType() === 'eventsource') return;
    answers.push(response.text().catch(() => ''));
  });
  return async () => {
    const found = new Set<string>();
    for (const answer of await Promise.all(answers)) for (const line of answer.split('\n')) collect(parse(line), found);
    return found;
  };
}

function collect(value: unknown, found: Set<string>): void {
  if (typeof value === 'string') found.add(value);
  if (typeof value !== 'object' || value === null || ('zh-CN' in value && 'en' in value)) return;
  for (const [key, item] of Object.entries(value)) if (!CODED.has(key)) collect(item, found);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** Texts of the page, what only a screen reader reads included, that are in the other language. */
export async function crumbs(page: Page, language: Language, data: ReadonlySet<string>): Promise<readonly string[]> {
  const other = language === 'en' ? 'zh-CN' : 'en';
  const texts = await page.evaluate<readonly string[]>(`(${textsOf.toString()})(document, ${JSON.stringify(other)})`);
  // An English word among Chinese ones is data where it stands so in data: `甲院 HIS`.
  const known = [...data].filter((text) => CHINESE.test(text)).join('\n');
  const isCrumb = language === 'en' ? (text: string) => hasChinese(text, known) : (text: string) => hasEnglish(text, known);
  return [...new Set(texts)].filter((text) => !data.has(text) && isCrumb(text));
}

const CHINESE = /[\u2e80-\u9fff\uff00-\uffef]+/;

function hasChinese(text: string, known: string): boolean {
  return (text.match(new RegExp(CHINESE, 'g')) ?? []).some((run) => !known.includes(run));
}

/** Words that are the same in both languages. Abbreviations and names of fields (`HTTP`, `traceId`) are recognised by their capitals. */
const TERMS = new Set(
  `OpenAPI OpenSSL Ctrl Alt Shift Enter Esc Tab Space Delete Backspace ms cron Node Java Python JavaScript Kafka curl openssl patient environments limits
  credential Schema revision admin Web Service Security Basic Bearer nonce https SQLite Redis Cookie Vary private
  relation subject ids family iss sub Host Origin Referer Accept multipart Office Consul Nacos Liquid XPath scope audience kid urlencoded Link gzip cursor page offset
  Excel Apache Streams Artemis management kangqiao wsdl OAuth Oracle Server Proxy lis ${hostname()}`.split(/[^A-Za-z]+/),
);

function hasEnglish(text: string, known: string): boolean {
  const words = [...text.matchAll(/(?<![\w./:{}$@#-])[A-Za-z]{2,}(?![\w./:{}$@#-])/g)].map(([word]) => word);
  return words.some((word) => !TERMS.has(word) && !/^[A-Z]+$|[a-z][A-Z]/.test(word) && !new RegExp(`\\b${word}\\b`).test(known));
}

/** Elements wider than the window, and texts that are cut off. */
export async function cutOff(page: Page): Promise<readonly string[]> {
  return page.evaluate<readonly string[]>(`(${findCut.toString()})(window)`);
}

/** What the functions below, which run in the page, use of it. */
interface Element {
  readonly nodeType: number;
  readonly tagName: string;
  readonly textContent: string;
  readonly parentElement: Element;
  readonly childNodes: Iterable<Element>;
  readonly scrollWidth: number;
  readonly clientWidth: number;
  getAttribute(name: string): string | null;
  closest(selector: string): Element | null;
  getBoundingClientRect(): { readonly width: number; readonly height: number; readonly right: number };
}
interface Document {
  readonly title: string;
  readonly body: Element;
  readonly documentElement: Element;
  createTreeWalker(root: Element, show: number): { nextNode(): Element | null };
  querySelectorAll(selector: string): Iterable<Element>;
}
interface Window {
  readonly innerWidth: number;
  readonly document: Document;
  getComputedStyle(element: Element): Readonly<Record<'visibility' | 'opacity' | 'overflowX' | 'overflowY' | 'textOverflow', string>>;
}

/** Runs in the page. Code, typed text and text marked as the other language do not count. */
function textsOf(document: Document, other: string): string[] {
  const found: string[] = [document.title];
  const isLeft = (element: Element) =>
    element.closest(`code, pre, kbd, textarea, script, style, .mono, .cm-editor, [lang="${other}"]`) !== null;
  const walker = document.createTreeWalker(document.body, 4);
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    const text = node.textContent.trim();
    if (text !== '' && !isLeft(node.parentElement)) found.push(text);
  }
  for (const element of document.querySelectorAll('[aria-label], [placeholder], [title], [alt]'))
    for (const name of ['aria-label', 'placeholder', 'title', 'alt']) {
      const text = element.getAttribute(name) ?? '';
      if (text !== '' && !isLeft(element)) found.push(text.trim());
    }
  return found;
}

/** Runs in the page. A text is cut off if it, or its container, hides overflow without an ellipsis. */
function findCut(window: Window): string[] {
  const { document } = window;
  const found: string[] = [];
  if (document.documentElement.scrollWidth > window.innerWidth) found.push(`the page is ${document.documentElement.scrollWidth} px wide`);
  for (const main of document.querySelectorAll('main'))
    if (main.scrollWidth > main.clientWidth + 1) found.push(`the page scrolls sideways, ${main.scrollWidth} px`);
  for (const element of document.querySelectorAll('body *')) {
    const isText = [...element.childNodes].some((child) => child.nodeType === 3 && child.textContent.trim() !== '');
    if (!isText || element.closest('.cm-editor, .react-flow, [aria-hidden="true"], svg') !== null) continue;
    const box = element.getBoundingClientRect();
    // What only a screen reader reads is a dot.
    if (box.width <= 1 || box.height <= 1) continue;
    for (let holder = element; holder !== document.body; holder = holder.parentElement) {
      const style = window.getComputedStyle(holder);
      if (style.visibility === 'hidden' || style.opacity === '0') break;
      if (holder !== element && /auto|scroll/.test(style.overflowX + style.overflowY)) break;
      if (!/hidden|clip/.test(style.overflowX)) continue;
      const isHidden =
        holder === element ? holder.scrollWidth > holder.clientWidth + 1 : box.right > holder.getBoundingClientRect().right + 1;
      if (isHidden && style.textOverflow !== 'ellipsis') found.push(`cut off: ${element.textContent.trim().slice(0, 80)}`);
      break;
    }
  }
  return found;
}
