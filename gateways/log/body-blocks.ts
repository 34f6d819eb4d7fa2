/**
 * The bodies of logged calls. They are compressed and sealed many at a time: sealing each by itself took a sixth of the
 * time of a call, and calls of one interface are so alike that together they need a tenth of the space.
 */
import { randomBytes } from 'node:crypto';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { Seal } from '../../engine/contract/values/seal.ts';
import type { LoggedBodies } from '../policy-ports.ts';

export interface BodyBlock {
  /** Adds the bodies of a call. Returns the place that its line names: `<block>.<index>`. */
  add(logged: LoggedBodies): string;
  /** The length of what was added, in UTF-16 code units. */
  size(): number;
  /** Ends the block and begins the next one. Returns the line of the block, which is written before the lines of its calls. */
  end(now: number): string;
}

const FAST = { level: 1 };
/** A block has 64 KB and the bodies of one call, and each character may have been escaped. */
const MOST_BYTES = 4 * 1024 * 1024;

export function createBodyBlock(seal: Pick<Seal, 'seal'>): BodyBlock {
  let id = nextId();
  let calls: string[] = [];
  let size = 0;
  return {
    add({ traceId, interfaceId = '', bodies }) {
      const call = JSON.stringify({ ...bodies, trace: traceId, interface: interfaceId });
      size += call.length;
      return `${id}.${calls.push(call) - 1}`;
    },
    size: () => size,
    end(now) {
      const bytes = deflateRawSync(Buffer.from(`[${calls.join(',')}]`), FAST);
      const line = `{"at":${now},"block":"${id}","sealed":"${seal.seal(placeOf(id), bytes)}"}`;
      id = nextId();
      calls = [];
      size = 0;
      return line;
    },
  };
}

/** Returns the id of the block that a place names. */
export const blockOf = (place: string): string => place.slice(0, place.indexOf('.'));

/** Returns whether a line of the log is a block and not a call. With `place`, only the block of that place. */
export function isBlockLine(line: string, place?: string): boolean {
  const id = BLOCK.exec(line)?.[1];
  return id !== undefined && (place === undefined || id === blockOf(place));
}
const BLOCK = /^\{"at":\d+,"block":"([\w-]+)"/;

/**
 * Returns the bodies of one call from the line of its block. Throws if the block is damaged, or if the bodies were sealed
 * for another call or interface: then the line of the call was changed, for instance to show them to another domain.
 */
export function openBodies(
  seal: Pick<Seal, 'open'>,
  place: string,
  line: string,
  { traceId, interfaceId = '' }: Pick<LoggedBodies, 'traceId' | 'interfaceId'>,
): LoggedBodies['bodies'] {
  const id = blockOf(place);
  const { sealed } = JSON.parse(line) as { readonly sealed: string };
  const bytes = inflateRawSync(seal.open(placeOf(id), sealed), { maxOutputLength: MOST_BYTES });
  const calls = JSON.parse(bytes.toString()) as readonly Readonly<Record<string, string>>[];
  const { trace, interface: sealedFor, ...bodies } = calls[Number(place.slice(id.length + 1))] ?? {};
  if (trace !== traceId || sealedFor !== interfaceId) throw new RangeError('the bodies belong to another call');
  return bodies;
}

const nextId = () => randomBytes(12).toString('base64url');
const placeOf = (id: string) => ({ collection: 'access-log', id, field: 'bodies' });
