/**
 * Reads data from a message without a full parse: headers for the flow, and business keys for lane, deduplication and
 * search.
 */
import type { Message } from '../../engine/contract/values/message.ts';
import { headerField, type Hl7Message } from '../shared/hl7/message.ts';
import { getHl7, parseHl7Path, type Hl7Path } from '../shared/hl7/paths.ts';

export type KeyPaths = Readonly<Record<string, Hl7Path>>;

export function describeHl7(request: Hl7Message, paths: KeyPaths): Pick<Message, 'headers' | 'keys'> {
  return { headers: headersOf(request), keys: keysOf(request, paths) };
}

/** Parses HL7 paths. `texts` maps the name of each key to its path. */
export function parseKeyPaths(texts: Readonly<Record<string, string>>): KeyPaths {
  return Object.fromEntries(Object.entries(texts).map(([name, path]) => [name, parseHl7Path(path)]));
}

/** Returns headers with the type and control id of the message. They contain no personal data. */
function headersOf(request: Hl7Message): Record<string, string> {
  return { 'hl7-type': headerField(request, 9), 'hl7-control-id': headerField(request, 10) };
}

function keysOf(request: Hl7Message, paths: KeyPaths): Record<string, string> {
  const keys: Record<string, string> = {};
  for (const name in paths) {
    const value = getHl7(request, paths[name]!);
    if (value !== undefined && value !== '') keys[name] = value;
  }
  return keys;
}
