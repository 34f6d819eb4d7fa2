/** Searches the access log of this process, the newest lines first. */
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Front } from '../../engine/contract/access/access.ts';
import { isRecord } from '../../engine/contract/values/is-record.ts';
import { isRefusal } from '../errors.ts';
import type { CallLine, CallName, CallQuery, FoundCalls, OpenedCall } from '../documents/gateway-questions.ts';

export interface AccessLogFiles {
  readonly folder: string;
  /** The logs by front; a log is in the files `<name>.ndjson` and `<name>.<time>.ndjson`. */
  readonly logs: readonly { readonly front: Front; readonly name: string }[];
  readonly processId: string;
}

export interface FindCallsOptions {
  /** Only calls of these interfaces; without it also calls that reached no interface. */
  readonly interfaceIds?: ReadonlySet<string> | undefined;
  readonly limit: number;
  /** Returns true when the search should end, because others wait. */
  isOver(): boolean;
}

const BLOCK_BYTES = 256 * 1024;
/** A line has at most four sealed texts of 8 KB. A longer line is not ours. */
const LINE_LIMIT_BYTES = 1024 * 1024;
const NEW_LINE = 10;

/** Returns up to `limit` matching calls, the newest first. */
export async function findCalls(files: AccessLogFiles, query: CallQuery, options: FindCallsOptions): Promise<FoundCalls> {
  const calls: CallLine[] = [];
  let readTo: number | undefined;
  const matches = toMatch(query, options.interfaceIds);
  for (const { front, name } of files.logs) {
    if (query.front !== undefined && query.front !== front) continue;
    let found = 0;
    for await (const line of linesBackward(files.folder, name)) {
      const at = atOf(line);
      if (query.from !== undefined && at < query.from) break;
      if (found >= options.limit || options.isOver()) {
        readTo = Math.max(readTo ?? 0, at);
        break;
      }
      if (!matches.mayMatch(line)) continue;
      const call = parseCall(line, files.processId);
      if (call === undefined || !matches.matches(call)) continue;
      calls.push(call);
      found++;
    }
  }
  const newest = calls.sort((a, b) => b.at - a.at).slice(0, options.limit);
  return { calls: newest, ...(readTo === undefined ? {} : { readTo }) };
}

export interface OpenCallOptions {
  /** Only if the line is of one of these interfaces. */
  readonly interfaceIds?: ReadonlySet<string> | undefined;
  openText(traceId: string, field: string, sealed: string): string;
  isOver(): boolean;
}

/** Returns the opened bodies of one call; undefined if this process has no such line, or if it may not be opened. */
export async function openCall(
  files: AccessLogFiles,
  { traceId, at, front, interfaceId }: CallName,
  { interfaceIds, openText, isOver }: OpenCallOptions,
): Promise<OpenedCall | undefined> {
  if (!isAmong(interfaceId, interfaceIds)) return undefined;
  for (const { name } of files.logs.filter((log) => log.front === front)) {
    for await (const line of linesBackward(files.folder, name)) {
      if (atOf(line) < at || isOver()) break;
      const call = atOf(line) === at && line.includes(traceId) ? parseLine(line) : undefined;
      if (call?.['trace'] !== traceId || call['interface'] !== interfaceId) continue;
      const bodies = Object.fromEntries(
        SEALED.flatMap((field) => (typeof call[field] === 'string' ? [[field, openText(traceId, field, call[field])]] : [])),
      );
      return { ...(interfaceId !== undefined && { interfaceId }), bodies };
    }
  }
  return undefined;
}

function isAmong(interfaceId: string | undefined, only: ReadonlySet<string> | undefined): boolean {
  return only === undefined || (interfaceId !== undefined && only.has(interfaceId));
}

const SEALED = ['target', 'query', 'in', 'out'] as const;

/** Checks a line. `mayMatch` looks at the text only, because most lines do not match and need no parsing. */
function toMatch(query: CallQuery, interfaceIds: ReadonlySet<string> | undefined) {
  const { traceId, appId, interfaceId, code, ip, to, outcome, notedBy } = query;
  const texts = [
    traceId === undefined ? undefined : `"trace":"${traceId}"`,
    interfaceId === undefined ? undefined : `"interface":"${interfaceId}"`,
    code === undefined ? undefined : `"code":"${code}"`,
    ip === undefined ? undefined : `"ip":"${ip}"`,
  ].filter((text) => text !== undefined);
  const hasApp = (line: string) => appId === undefined || line.includes(`"app":"${appId}"`) || line.includes(`"claimed":"${appId}"`);
  const noted = notedBy?.map((policy) => `"policy":"${policy}"`);
  const hasNote = (line: string) => noted === undefined || noted.some((text) => line.includes(text));
  return {
    mayMatch: (line: string) => texts.every((text) => line.includes(text)) && hasApp(line) && hasNote(line),
    matches: (call: CallLine) =>
      (to === undefined || call.at <= to) &&
      (traceId === undefined || call.traceId === traceId) &&
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
      hasBodies: SEALED.some((field) => value[field] !== undefined),
      processId,
    }),
  ) as CallLine;
}

/** Reads the files of a front from their ends to their beginnings, the newest file first. */
async function* linesBackward(folder: string, name: string): AsyncGenerator<string> {
  const names = (await readdir(folder).catch(() => [])).filter((file) => file.startsWith(`${name}.`) && file.endsWith('.ndjson'));
  const older = names
    .filter((file) => file !== `${name}.ndjson`)
    .sort()
    .reverse();
  for (const file of [`${name}.ndjson`, ...older]) yield* fileBackward(join(folder, file));
}

async function* fileBackward(path: string): AsyncGenerator<string> {
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
      const lines = bytes.subarray(firstLine).toString('utf8').split('\n');
      for (let i = lines.length - 1; i >= 0; i--) if (lines[i] !== '') yield lines[i]!;
    }
  } finally {
    await file.close();
  }
}
