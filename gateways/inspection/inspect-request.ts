import type { Carrier, LeafPath } from '../content/leaf.ts';
import { isReadable, readBodyLeaves, readRequestLeaves, type RequestParts } from '../content/read-leaves.ts';
import type { Structure } from '../documents/content-structures.ts';
import { inspectLeaf, type Detector, type Work } from './inspect-leaf.ts';

/** A hit with its place. It holds no text of the request but names of fields on the way to it. */
export interface InspectionHit {
  readonly detector: Detector;
  readonly carrier: Carrier;
  /** JSON Pointer within the carrier: `/note`, `/items/0/name`. */
  readonly pointer: string;
  /** True if a name that the caller chose is the hit; the pointer is that of its object then. */
  readonly isName: boolean;
  readonly structure: Structure;
  /** The kinds of the tokens that made it a hit. */
  readonly shape: string;
  readonly isEncoded: boolean;
}

/** A field that a detector passes over, with all below it. `*` in the pointer stands for any name or index. */
export interface PassedField {
  readonly detector: Detector;
  readonly carrier: Carrier;
  readonly pointer: string;
}

export interface InspectionOrder {
  readonly detectors: readonly Detector[];
  readonly opensBase64: boolean;
  readonly passed: readonly PassedField[];
}

/**
 * How many hits of a detector are kept, and as many of those found only in Base64. They are counted apart, because hits
 * that only are recorded must not hide one that blocks.
 */
const MAX_HITS = 4;

export function inspectParts(parts: RequestParts, order: InspectionOrder): readonly InspectionHit[] {
  const hits: InspectionHit[] = [];
  const work = { left: Infinity };
  readRequestLeaves(parts, (text, path, isName) => take(hits, text, path, isName, order, work));
  return hits;
}

/**
 * Returns undefined if the detectors would have to read more than `mostWork` characters, and `unreadable` for a body
 * that a service may read in another way: broken multipart, or a charset that nobody knows.
 */
export function inspectBody(
  body: Uint8Array,
  contentType: string,
  order: InspectionOrder,
  mostWork: number,
): readonly InspectionHit[] | 'unreadable' | undefined {
  if (!isReadable(body, contentType)) return 'unreadable';
  const hits: InspectionHit[] = [];
  const work = { left: mostWork };
  readBodyLeaves(body, contentType, (text, path, isName) => take(hits, text, path, isName, order, work));
  return work.left < 0 ? undefined : hits;
}

function take(hits: InspectionHit[], text: string, path: LeafPath, isName: boolean, order: InspectionOrder, work: Work): boolean {
  const found = inspectLeaf(text, order.detectors, order.opensBase64, work);
  if (work.left < 0) return true;
  if (found.length === 0) return false;
  const { carrier } = path;
  const pointer = path.toString();
  for (const { detector, structure, shape, isEncoded } of found) {
    if (order.passed.some((field) => field.detector === detector && field.carrier === carrier && isAt(pointer, field.pointer))) continue;
    const alike = hits.filter((hit) => hit.detector === detector && hit.isEncoded === isEncoded);
    // A document in a string is read as a whole and by its leaves: one hit is enough.
    if (alike.length === MAX_HITS || alike.some((hit) => hit.carrier === carrier && !hit.isName && isNested(hit.pointer, pointer)))
      continue;
    hits.push({ detector, carrier, pointer, isName, structure, shape, isEncoded });
  }
  return order.detectors.every((detector) => hits.filter((hit) => hit.detector === detector && !hit.isEncoded).length === MAX_HITS);
}

function isNested(one: string, other: string): boolean {
  return one === other || one.startsWith(`${other}/`) || other.startsWith(`${one}/`);
}

/** Returns whether a pointer is that of an exception or below it. */
function isAt(pointer: string, pattern: string): boolean {
  const parts = pointer.split('/');
  return pattern.split('/').every((part, i) => part === parts[i] || (part === '*' && i < parts.length));
}
