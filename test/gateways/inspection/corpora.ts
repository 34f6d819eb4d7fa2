/** Reads the lists of attacks and harmless values: those of others beside the checkout, and our own in `samples/`. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Detector } from '../../../gateways/inspection/inspect-leaf.ts';
import { inspectLeaf, type LeafFinding } from '../../../gateways/inspection/inspect-leaf.ts';

const folder = fileURLToPath(new URL('../../../../shared/corpora/', import.meta.url));
const samples = fileURLToPath(new URL('./samples/', import.meta.url));

export const hasCorpora = existsSync(`${folder}waf`);

export interface Sample {
  readonly list: string;
  readonly text: string;
}

/** Judges a value as a query carries it, where a plus may be a blank. */
export function judge(text: string, detector: Detector, opensBase64 = false): LeafFinding | undefined {
  return inspectLeaf(text, [detector], opensBase64)[0] ?? inspectLeaf(text.replaceAll('+', ' '), [detector], opensBase64)[0];
}

/** Lines of our own lists; `#` begins the comment in the first line only, because values begin with it too. */
export function readSamples(name: 'sql-injections' | 'xss' | 'harmless'): readonly string[] {
  return readFileSync(`${samples}${name}.txt`, 'utf8')
    .split('\n')
    .slice(1)
    .filter((line) => line !== '');
}

/** The lists of libinjection (one value a line) and the values of waf-bypass. */
export function readAttacks(detector: Detector): readonly Sample[] {
  const isWanted = (file: string) => (detector === 'xss' ? file.includes('xss') : file.startsWith('sqli-'));
  const lists = readdirSync(`${folder}waf/libinjection`).filter(isWanted);
  const lines = lists.flatMap((list) => readLines(`waf/libinjection/${list}`, list));
  return [...lines, ...readRequests(detector === 'xss' ? 'XSS' : 'SQLi')];
}

export function readHarmless(): readonly Sample[] {
  const medical = readFileSync(`${folder}text/zh-medical.txt`, 'utf8').split(/\r?\n/);
  const messages = readdirSync(`${folder}hl7`).flatMap((file) => {
    const message = readFileSync(`${folder}hl7/${file}`, 'utf8');
    return [message, ...message.split(/[\r\n|]+/)].map((text) => ({ list: 'hl7', text }));
  });
  return [
    ...readLines('waf/libinjection/false_positives.txt', 'false_positives.txt'),
    ...readRequests('FP'),
    ...medical.filter((line) => line !== '').map((text) => ({ list: 'zh-medical.txt', text })),
    ...messages.filter(({ text }) => text !== ''),
  ];
}

/** Its documents say that empty lines and lines that begin with `#` are no values. */
function readLines(file: string, list: string): readonly Sample[] {
  return readFileSync(folder + file, 'latin1')
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '' && !line.startsWith('#'))
    .map((line) => ({ list, text: Buffer.from(line, 'latin1').toString('utf8') }));
}

const NOT_ZONES = new Set(['ENCODE', 'BLOCKED', 'JSON', 'METHOD']);

/** Each zone of a request is a value of its own. */
function readRequests(kind: 'XSS' | 'SQLi' | 'FP'): readonly Sample[] {
  return readdirSync(`${folder}waf/waf-bypass/${kind}`).flatMap((file) => {
    const { payload } = JSON.parse(readFileSync(`${folder}waf/waf-bypass/${kind}/${file}`, 'utf8')) as {
      payload: Record<string, unknown>[];
    };
    return payload.flatMap((request) =>
      Object.entries(request)
        .filter(([zone]) => !NOT_ZONES.has(zone))
        .map(([zone, text]) => ({ list: `waf-bypass/${kind}`, text: String(text), zone })),
    );
  });
}

/** Why a value of a list of attacks is none for us, for people who read the misses. */
export function reasonOfMiss(text: string, detector: Detector): string {
  if (detector === 'xss') return /<[a-z/!?]|style/i.test(text) ? 'markup, but nothing that browsers run' : 'no markup and no script';
  if (/^[^'"]{0,2}\s?(['"])[^'" ]{1,6}\1(?: [^'"]*)?$/.test(text)) return 'a quoted word or sign, as prose has them';
  if (/union|select|into|exec|declare/i.test(text)) return 'a misspelt or unfinished statement, or one that reads as prose';
  return 'no complete condition: a fragment';
}

/** The encodings that waf-bypass applies to its values. */
export const ENCODINGS: Readonly<Record<string, (text: string) => string>> = {
  base64: (text) => Buffer.from(text).toString('base64'),
  'html-entity': (text) => [...text].map((char) => `&#x${char.codePointAt(0)!.toString(16)};`).join(''),
  'utf-16': (text) => text.replaceAll(/[^]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
  'percent, twice': (text) => encodeURIComponent(encodeURIComponent(text.replaceAll(/[\ud800-\udfff]/g, ''))),
};
