/**
 * Turns a plan into bytes and back without holding the event loop: a plan with thousands of interfaces has megabytes.
 * The text is JSON with one line per element of each list, so that it can be written and read line by line.
 */
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { constants, createGzip, gunzip } from 'node:zlib';
import type { Crypto } from '../../engine/contract/ports/crypto.ts';
import { inSlices } from '../../engine/threads/run-in-slices.ts';
import type { GatewayPlan } from '../documents/gateway-plan.ts';

const expand = promisify(gunzip);
/** Level 1 takes a third of the time of the default level, and its result is a sixth larger. */
const LEVEL = constants.Z_BEST_SPEED;
const CHUNK_CHARS = 64 * 1024;

export async function packPlan(plan: GatewayPlan): Promise<Buffer> {
  const chunks: Buffer[] = [];
  await inSlices(writeText(plan, (chunk) => void chunks.push(Buffer.from(chunk))));
  return buffer(Readable.from(chunks).pipe(createGzip({ level: LEVEL })));
}

export async function unpackPlan(packed: Uint8Array): Promise<GatewayPlan> {
  return inSlices(readText((await expand(packed)).toString('utf8')));
}

/** Returns the digest (SM3, hex) of everything in the plan except its number and time. */
export async function digestOfPlan(plan: GatewayPlan, crypto: Pick<Crypto, 'createHash'>): Promise<string> {
  const { number: _number, madeAt: _madeAt, ...content } = plan;
  const hash = crypto.createHash('sm3');
  await inSlices(writeText(content, (chunk) => hash.update(chunk)));
  return Buffer.from(hash.digest()).toString('hex');
}

/** Writes the plan as JSON, one line per element of each list, in chunks. */
function* writeText(plan: Partial<GatewayPlan>, take: (chunk: string) => void): Generator<void, void> {
  let chunk = '{';
  let isFirst = true;
  for (const [name, value] of Object.entries(plan)) {
    if (value === undefined) continue;
    chunk += `${isFirst ? '' : ',\n'}${JSON.stringify(name)}:`;
    isFirst = false;
    if (!Array.isArray(value)) {
      chunk += JSON.stringify(value);
      continue;
    }
    chunk += '[\n';
    for (const [index, element] of value.entries()) {
      chunk += `${JSON.stringify(element)}${index < value.length - 1 ? ',' : ''}\n`;
      if (chunk.length >= CHUNK_CHARS) {
        take(chunk);
        chunk = '';
      }
      yield;
    }
    chunk += ']';
  }
  take(`${chunk}}`);
}

/**
 * Reads the text of `writeText`: a list begins with a line that ends with `[` and ends with a line that begins with `]`.
 * Text in another layout, as older versions wrote it, is one line.
 */
function* readText(text: string): Generator<void, GatewayPlan> {
  const lists = new Map<string, unknown[]>();
  let skeleton = '';
  let list: unknown[] | undefined;
  for (const line of linesOf(text)) {
    yield;
    if (list !== undefined && !line.startsWith(']')) {
      if (line !== '') list.push(JSON.parse(line.endsWith(',') ? line.slice(0, -1) : line));
      continue;
    }
    list = undefined;
    skeleton += line;
    const opens = /"(\w+)":\[$/.exec(line);
    if (opens !== null) lists.set(opens[1]!, (list = []));
  }
  return { ...(JSON.parse(skeleton) as GatewayPlan), ...Object.fromEntries(lists) };
}

function* linesOf(text: string): Generator<string> {
  for (let from = 0; from <= text.length;) {
    const end = text.indexOf('\n', from);
    yield text.slice(from, end < 0 ? text.length : end);
    if (end < 0) return;
    from = end + 1;
  }
}
