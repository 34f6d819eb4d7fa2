/** Searches the access log of this process, the newest lines first. */
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isRecord } from '../../engine/contract/values/is-record.ts';
import type { Seal } from '../../engine/contract/values/seal.ts';
import { isRefusal } from '../errors.ts';
import { blockOf, isBlockLine, openBodies } from './body-blocks.ts';
import type { CallLine, CallName, CallQuery, FoundCalls, OpenedCall } from '../documents/gateway-questions.ts';

export interface AccessLogFiles {
  readonly folder: string;
  /**
   * The names of the logs, one for each gateway of the process. A log is in the files `<name>.ndjson` and
   * `<name>.<time>.ndjson`. That of a bus gateway also has the lines of other fronts, whose calls came through the DMZ.
   */
  readonly logs: readonly string[];
  readonly processId: string;
}

export interface SearchOptions {
  /** Only calls of these interfaces; without it also calls that reached no interface. */
  readonly interfaceIds?: ReadonlySet<string> | undefined;
  /** Returns true when the search should end, because its time is over or nobody waits for it any more. */
  isOver(): boolean;
  /** Called before each block of a file. Resolves when the search may go on, so that requests are not delayed. */
  turn(): Promise<void>;
}

export interface FindCallsOptions extends SearchOptions {
  readonly limit: number;
}

const BLOCK_BYTES = 256 * 1024;
/** A block of bodies is the longest line. A longer line is not ours. */
const LINE_LIMIT_BYTES = 1024 * 1024;
const NEW_LINE = 10;

/** Returns up to `limit` matching calls, the newest first. */
export async function findCalls(files: AccessLogFiles, query: CallQuery, options: FindCallsOptions): Promise<FoundCalls> {
  const calls: CallLine[] = [];
  let readTo: number | undefined;
  const matches = toMatch(query, options.interfaceIds);
  for (const name of files.logs) {
    let found = 0;
    search: for await (const block of blocksBackward(files.folder, name, options)) {
      // Most blocks have no line that matches. Their lines need not be read.
      const lines = matches.mayMatchOneOf(block) ? linesOf(block) : [lastLineOf(block)];
      for (const line of lines) {
        if (query.from !== undefined && endedBefore(line, query.from)) break search;
        if (found >= options.limit || options.isOver()) {
          readTo = Math.max(readTo ?? 0, atOf(line));
          break search;
        }
        if (isBlockLine(line) || !matches.mayMatch(line)) continue;
        const call = parseCall(line, files.processId);
        if (call === undefined || !matches.matches(call)) continue;
        calls.push(call);
        found++;
      }
    }
  }
  const newest = calls.sort((a, b) => b.at - a.at).slice(0, options.limit);
  return { calls: newest, ...(readTo === undefined ? {} : { readTo }) };
}

export interface OpenCallOptions extends SearchOptions {
  readonly seal: Pick<Seal, 'open'>;
}

/**
 * Returns the opened bodies of one call; undefined if this process has no such line, or if it may not be opened;
 * `damaged` if what was sealed is damaged or belongs to another call or interface.
 */
export async function openCall(
  files: AccessLogFiles,
  named: CallName,
  options: OpenCallOptions,
): Promise<OpenedCall | 'damaged' | undefined> {
  const { traceId, at, front, interfaceId } = named;
  if (!isAmong(interfaceId, options.interfaceIds)) return undefined;
  const opened = (read: () => OpenedCall['bodies']): OpenedCall | 'damaged' => {
    try {
      return { ...(interfaceId !== undefined && { interfaceId }), bodies: read() };
    } catch {
      return 'damaged';
    }
  };
  for (const name of files.logs) {
    let place: string | undefined;
    search: for await (const block of blocksBackward(files.folder, name, options)) {
      for (const line of block.includes(place === undefined ? traceId : blockOf(place)) ? linesOf(block) : [lastLineOf(block)]) {
        if (options.isOver()) break search;
        if (place !== undefined) {
          if (!isBlockLine(line, place)) continue;
          const { seal } = options;
          const found = place;
          return opened(() => openBodies(seal, found, line, { traceId, interfaceId }));
        }
        if (endedBefore(line, at)) break search;
        const call = atOf(line) === at && line.includes(traceId) ? parseLine(line) : undefined;
        if (call?.['trace'] !== traceId || call['interface'] !== interfaceId || call['front'] !== front) continue;
        if (typeof call['bodies'] !== 'string') return opened(() => openFields(call, options.seal));
        place = call['bodies'];
      }
    }
  }
  return undefined;
}

/** Until November 2026 each body was sealed by itself, in the line of its call. */
function openFields(call: Readonly<Record<string, unknown>>, seal: Pick<Seal, 'open'>): OpenedCall['bodies'] {
  const open = (field: string, sealed: string) =>
    Buffer.from(seal.open({ collection: 'access-log', id: String(call['trace']), field }, sealed)).toString();
  return Object.fromEntries(
    SEALED_FIELDS.flatMap((field) => {
      const sealed = call[field];
      return typeof sealed === 'string' ? [[field, open(field, sealed)]] : [];
    }),
  );
}

function isAmong(interfaceId: string | undefined, only: ReadonlySet<string> | undefined): boolean {
  return only === undefined || (interfaceId !== undefined && only.has(interfaceId));
}

const SEALED_FIELDS = ['target', 'query', 'in', 'out'] as const;

/** Checks a line. `mayMatch` looks at the text only, because most lines do not match and need no parsing. */
function toMatch(query: CallQuery, interfaceIds: ReadonlySet<string> | undefined) {
  const { traceId, appId, interfaceId, front, code, ip, from, to, outcome, notedBy } = query;
  const texts = [
    front === undefined ? undefined : `"front":"${front}"`,
    traceId === undefined ? undefined : `"trace":"${traceId}`,
    interfaceId === undefined ? undefined : `"interface":"${interfaceId}"`,
    code === undefined ? undefined : `"code":"${code}"`,
    ip === undefined ? undefined : `"ip":"${ip}"`,
  ].filter((text) => text !== undefined);
  const hasApp = (line: string) => appId === undefined || line.includes(`"app":"${appId}"`) || line.includes(`"claimed":"${appId}"`);
  const noted = notedBy?.map((policy) => `"policy":"${policy}"`);
  const hasNote = (line: string) => noted === undefined || noted.some((text) => line.includes(text));
  return {
    mayMatch: (line: string) => texts.every((text) => line.includes(text)) && hasApp(line) && hasNote(line),
    mayMatchOneOf: (block: Buffer) => texts.every((text) => block.includes(text)),
    matches: (call: CallLine) =>
      (front === undefined || call.front === front) &&
      (from === undefined || call.at >= from) &&
      (to === undefined || call.at <= to) &&
      (traceId === undefined || call.traceId.startsWith(traceId)) &&
      (appId === undefined || call.appId === appId || call.claimedAppId === appId) &&
      (interfaceId === undefined || call.interfaceId === interfaceId) &&
      (code === undefined || call.code === code) &&
      (ip === undefined || call.ip === ip) &&
      (notedBy === undefined || (call.notes ?? []).some(({ policy }) => notedBy.includes(policy))) &&
      (outcome === undefined || outcomeOf(call) === outcome) &&
      isAmong(call.interfaceId, interfaceIds),
  };
}

function outcomeOf({ status = 0, code, hasLeft }: CallLine): 'refused' | 'failed' | 'passed' {
  if (code === undefined ? status >= 500 : !isRefusal(code)) return 'failed';
  return code !== undefined || status >= 400 || hasLeft === true ? 'refused' : 'passed';
}

/** Every line begins with its time, so that lines outside of the wanted time need no parsing. */
function atOf(line: string): number {
  return Number(line.slice(6, line.indexOf(',', 6)));
}

/** Lines are in the order in which calls ended. A long call stands behind shorter ones that began later. */
function endedBefore(line: string, at: number): boolean {
  if (atOf(line) >= at) return false;
  const ms = Number(/^\{"at":\d+,"ms":(\d+)/.exec(line)?.[1] ?? 0);
  return atOf(line) + ms < at;
}

function parseLine(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isRecord(value) ? value : undefined;
  } catch {
    // The end of the file may have half a line after a crash.
    return undefined;
  }
}

function parseCall(line: string, processId: string): CallLine | undefined {
  const value = parseLine(line);
  if (value === undefined) return undefined;
  const { at, ms, front, trace, method, path, interface: interfaceId, app, claimed, key, ip, via, status, code, by, notes, left } = value;
  const { bytesIn, bytesOut, attempts, plan } = value;
  return JSON.parse(
    JSON.stringify({
      ...{ at, ms, front, traceId: trace, method, path, interfaceId, appId: app, keyId: key, ip, via },
      ...{ claimedAppId: claimed, status, code, decidedBy: by, notes },
      ...{ hasLeft: left, bytesIn: bytesIn ?? 0, bytesOut: bytesOut ?? 0, attempts, planNumber: plan },
      hasBodies: ['bodies', ...SEALED_FIELDS].some((field) => value[field] !== undefined),
      processId,
    }),
  ) as CallLine;
}

/**
 * Reads the files of a front from their ends to their beginnings, the newest file first. A block is made of complete
 * lines.
 */
async function* blocksBackward(folder: string, name: string, options: SearchOptions): AsyncGenerator<Buffer> {
  const names = (await readdir(folder).catch(() => [])).filter((file) => file.startsWith(`${name}.`) && file.endsWith('.ndjson'));
  const older = names
    .filter((file) => file !== `${name}.ndjson`)
    .sort()
    .reverse();
  for (const file of [`${name}.ndjson`, ...older]) yield* fileBackward(join(folder, file), options);
}

async function* fileBackward(path: string, { turn }: SearchOptions): AsyncGenerator<Buffer> {
  const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    // The file was removed by the rotation since the folder was read.
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (file === undefined) return;
  try {
    let end = (await file.stat()).size;
    let rest: Buffer = Buffer.alloc(0);
    while (end > 0) {
      await turn();
      const start = Math.max(0, end - BLOCK_BYTES);
      const block = Buffer.alloc(end - start);
      await file.read(block, 0, block.length, start);
      end = start;
      const bytes = Buffer.concat([block, rest]);
      const firstLine = start === 0 ? 0 : bytes.indexOf(NEW_LINE) + 1;
      // Without a complete line, more of the file is needed.
      if (start > 0 && firstLine === 0 && bytes.length < LINE_LIMIT_BYTES) {
        rest = bytes;
        continue;
      }
      rest = bytes.subarray(0, firstLine);
      if (firstLine < bytes.length) yield bytes.subarray(firstLine);
    }
  } finally {
    await file.close();
  }
}

/** Returns the lines of a block, the newest first. */
function linesOf(block: Buffer): readonly string[] {
  return block
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '')
    .reverse();
}

/** Returns the newest line of a block. */
function lastLineOf(block: Buffer): string {
  const end = block.at(-1) === NEW_LINE ? block.length - 1 : block.length;
  return block.subarray(end === 0 ? 0 : block.lastIndexOf(NEW_LINE, end - 1) + 1, end).toString('utf8');
}
