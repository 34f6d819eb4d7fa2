/** The messages between an examiner and its threads, and the issue for a document that costs too much. */
import type { Issue } from '../contract/values/errors.ts';
import type { FlowDocument } from '../contract/flow/flow-document.ts';
import type { ExtensionNodeType } from '../extensions/extension-node.ts';
import { isRecord } from '../contract/values/is-record.ts';
import { filledFlow } from '../flow/parse-flow.ts';

/** CPU time limit for one document, in milliseconds. */
export const EXAMINE_MS = 200;
/** CPU time after which a thread gives up on a document, shortly before the examiner would end the thread. */
export const OWN_LIMIT_MS = 170;
/**
 * Maximum length of a document as JSON. At this length, each step that saves, checks or compares a flow blocks the
 * event loop for tens of milliseconds.
 */
export const MAX_DOCUMENT_CHARS = 1024 * 1024;

/**
 * Returns whether the document is too large in its stored form. The stored form adds the defaults, which at most double
 * the length, and a revision number. `text` is the document as JSON.
 */
export function isTooLarge(raw: unknown, text: string): boolean {
  const chars = text.length;
  if (chars > MAX_DOCUMENT_CHARS || chars < MAX_DOCUMENT_CHARS / 2 || !isRecord(raw)) return chars > MAX_DOCUMENT_CHARS;
  return JSON.stringify({ ...(filledFlow(raw) as object), revision: 0 }).length > MAX_DOCUMENT_CHARS;
}

/** The facts used to check a document, limited to the adapters and code tables it names. */
export interface DocumentFacts {
  readonly environment: string;
  readonly protocols: Readonly<Record<string, string>>;
  readonly tables: readonly string[];
  /** The node types of extensions that the document names. */
  readonly extensions?: readonly ExtensionNodeType[];
}

export interface ExamineTask {
  /** The document as JSON. */
  readonly text: string;
  readonly facts: DocumentFacts;
}

export interface ExamineAnswer {
  readonly issues: readonly Issue[];
  /** The document as the engine reads it; set only if it may be published. */
  readonly document?: FlowDocument;
}

export type Excess = 'time' | 'memory' | 'size';

/**
 * Returns the issue for a document that costs too much. `step` is 0 before the first node, then the node's position
 * plus one.
 */
export function tooCostly(raw: unknown, step: number, problem: Excess): Issue {
  const nodes = isRecord(raw) && Array.isArray(raw['nodes']) ? (raw['nodes'] as readonly unknown[]) : [];
  const node = step > 0 ? nodes[step - 1] : undefined;
  const { label, id } = isRecord(node) ? node : {};
  const name = typeof label === 'string' && label !== '' ? label : typeof id === 'string' ? id : undefined;
  const where = name === undefined ? 'the document' : `node "${name.slice(0, 200)}"`;
  return {
    path: node === undefined ? '' : `/nodes/${step - 1}/config`,
    code: 'FLOW_TOO_COSTLY',
    severity: 'error',
    message: problem === 'size' ? SENTENCES.size : `${SENTENCES[problem]} It was looking at ${where}.`,
    values: { problem, ...LIMITS[problem], ...(name === undefined ? {} : { node: name.slice(0, 200) }) },
    ...(typeof id === 'string' ? { node: id } : {}),
    fix: FIXES[problem],
  };
}

const LIMITS = { time: { limit: EXAMINE_MS }, memory: { limit: 128 }, size: { limit: MAX_DOCUMENT_CHARS } };
const SMALLER = 'Make the schemas, expressions, patterns and mappings in it smaller, or split the flow.';
const FIXES: Readonly<Record<Excess, string>> = {
  time: SMALLER,
  memory: SMALLER,
  size: 'Make its test data, fixed values and schemas smaller, or split the flow.',
};
const SENTENCES: Readonly<Record<Excess, string>> = {
  time: `Checking the flow took more than ${EXAMINE_MS} ms of CPU time.`,
  memory: 'Checking the flow took more memory than is allowed.',
  size: `The flow is longer than ${MAX_DOCUMENT_CHARS} characters as JSON.`,
};
