import type { Finding } from '../documents/content-structures.ts';
import { isUtf8 } from 'node:buffer';
import {
  classifyText,
  COMMENT_SIGN,
  COMPARISON_SIGN,
  ESCAPE,
  EVENT_NAME,
  FORM,
  HIDDEN_LETTER,
  LOGIC_SIGN,
  LOGIC_WORD,
  MARKUP,
  NOT_BASE64,
  PLUS,
  QUOTES,
  SCHEME_NAME,
  SCRIPT_NAME,
  SQL_CALL,
  STATEMENT_WORD,
} from './classify-text.ts';
import { decodeLeaf } from './decode-leaf.ts';
import { findSqlInjection } from './sql/find-sql-injection.ts';
import { findXss } from './xss/find-xss.ts';

export const DETECTORS = ['xss', 'sql-injection'] as const;
export type Detector = (typeof DETECTORS)[number];

/** A finding in a leaf. `isEncoded`: it was found only after Base64 was undone. */
export interface LeafFinding extends Finding {
  readonly detector: Detector;
  readonly isEncoded: boolean;
}

/** Shorter values are no sentences in Base64. */
const SHORTEST_BASE64 = 16;
/** In a longer value without a blank, a plus is a plus. */
const LONGEST_PLUS = 8192;

const FOR_XSS = MARKUP | SCRIPT_NAME | EVENT_NAME | SCHEME_NAME;
const FOR_SQL = QUOTES | LOGIC_SIGN | COMMENT_SIGN | LOGIC_WORD | STATEMENT_WORD | SQL_CALL;

/** How many characters the detectors may still read. Below 0 the leaf was not judged. */
export interface Work {
  left: number;
}

/**
 * Judges one leaf in all its readings. Returns at most one finding of each detector. Most values take one pass, because
 * they have nothing that a finding needs.
 */
export function inspectLeaf(
  text: string,
  detectors: readonly Detector[],
  opensBase64: boolean,
  work: Work = UNBOUNDED,
): readonly LeafFinding[] {
  const bits = classifyText(text);
  const found = inspectReadings(text, bits, detectors, false, work);
  if (!opensBase64 || found.length > 0 || (bits & NOT_BASE64) !== 0 || text.length < SHORTEST_BASE64) return found;
  const opened = openBase64(text);
  return opened === undefined ? NONE : inspectReadings(opened, classifyText(opened), detectors, true, work);
}

const NONE: readonly LeafFinding[] = [];
const UNBOUNDED: Work = { left: Infinity };

function inspectReadings(
  text: string,
  bits: number,
  detectors: readonly Detector[],
  isEncoded: boolean,
  work: Work,
): readonly LeafFinding[] {
  const isPlain = (bits & (ESCAPE | HIDDEN_LETTER | PLUS)) === 0 && ((bits & FORM) === 0 || (bits & (FOR_XSS | FOR_SQL)) === 0);
  if (isPlain && (bits & (FOR_XSS | FOR_SQL)) === 0) return NONE;
  work.left -= text.length;
  if (work.left < 0) return NONE;
  const readings = isPlain ? [text] : readingsOf(text, bits);
  const found: LeafFinding[] = [];
  for (const detector of detectors) {
    for (const reading of readings) {
      const finding = inspectReading(reading, reading === text ? bits : classifyText(reading), detector);
      if (finding === undefined) continue;
      found.push({ ...finding, detector, isEncoded });
      break;
    }
  }
  return found;
}

/** A plus may stand for a blank in a value that has none. */
function readingsOf(text: string, bits: number): readonly string[] {
  const readings = decodeLeaf(text);
  if ((bits & PLUS) === 0 || text.length > LONGEST_PLUS || text.includes(' ')) return readings;
  return [...readings, ...decodeLeaf(text.replaceAll('+', ' '))];
}

function inspectReading(text: string, bits: number, detector: Detector): Finding | undefined {
  if (detector === 'xss') {
    const hasHtml = (bits & MARKUP) !== 0 || ((bits & COMPARISON_SIGN) !== 0 && (bits & (EVENT_NAME | SCHEME_NAME)) !== 0);
    const hasScript = (bits & (SCRIPT_NAME | SCHEME_NAME)) !== 0;
    return hasHtml || hasScript ? findXss(text, hasHtml, hasScript) : undefined;
  }
  if ((bits & FOR_SQL) === 0) return undefined;
  const hasLogic = (bits & (LOGIC_SIGN | LOGIC_WORD)) !== 0;
  const isWhole = (bits & (STATEMENT_WORD | SQL_CALL)) !== 0 || (hasLogic && (bits & COMPARISON_SIGN) !== 0);
  return findSqlInjection(text, isWhole, (bits & QUOTES) !== 0);
}

/** Undoes one round of Base64 in a value that is wholly text then. */
function openBase64(text: string): string | undefined {
  // The head tells files from text before all of a file is decoded.
  if (!isText(Buffer.from(text.slice(0, 64), 'base64').subarray(0, 45))) return undefined;
  const bytes = Buffer.from(text, 'base64');
  return isText(bytes) && isUtf8(bytes) ? bytes.toString('utf8') : undefined;
}

function isText(bytes: Uint8Array): boolean {
  for (const byte of bytes) if (byte < 0x09 || (byte > 0x0d && byte < 0x20) || byte === 0x7f || byte >= 0xf8) return false;
  return true;
}
