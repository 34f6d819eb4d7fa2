import { decodeChinese } from './decode-chinese.ts';

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = Buffer.from([0x50, 0x4b, 0x05, 0x06]);
const END_BYTES = 22;
const MAX_COMMENT_BYTES = 0xffff;
/** A data descriptor (APPNOTE 4.3.9) stands between two members, in at most 24 bytes. */
const MAX_DESCRIPTOR_BYTES = 24;

/**
 * Returns the names of the members of a ZIP archive, in lower case. Returns undefined for an archive that two readers
 * could read differently: its directory and the members before it must say the same, without gaps. Reads only the
 * directory and the heads of the members.
 */
export function readZipNames(bytes: Buffer): readonly string[] | undefined {
  const end = findZipEnd(bytes);
  if (end === undefined || end + END_BYTES + bytes.readUInt16LE(end + 20) !== bytes.length) return undefined;
  const count = bytes.readUInt16LE(end + 10);
  const directory = bytes.readUInt32LE(end + 16);
  if (directory + bytes.readUInt32LE(end + 12) !== end) return undefined;
  const members = readDirectory(bytes.subarray(0, end), directory, count);
  if (members === undefined) return undefined;
  const inOrder = members.toSorted((a, b) => a.offset - b.offset);
  let expected = 0;
  for (const member of inOrder) {
    const next = endOfMember(bytes.subarray(0, directory), member, expected);
    if (next === undefined) return undefined;
    expected = next;
  }
  if (expected > directory || directory - expected > MAX_DESCRIPTOR_BYTES) return undefined;
  return members.map(({ name }) => (decodeChinese(name) ?? name.toString('latin1')).toLowerCase());
}

/**
 * Returns where the end record of a ZIP archive stands; undefined if there is none. Readers look for it from the end of
 * a file, so another file with an archive behind it is also an archive.
 */
export function findZipEnd(bytes: Buffer): number | undefined {
  const from = Math.max(0, bytes.length - END_BYTES - MAX_COMMENT_BYTES);
  const tail = bytes.subarray(from);
  for (let at = tail.lastIndexOf(END); at >= 0; at = at === 0 ? -1 : tail.lastIndexOf(END, at - 1)) {
    // An archive in one file, with a directory that fits in front of its end.
    if (at + END_BYTES <= tail.length && tail.readUInt32LE(at + 4) === 0 && tail.readUInt32LE(at + 12) <= from + at) return from + at;
  }
  return undefined;
}

interface Member {
  readonly name: Buffer;
  readonly offset: number;
  readonly packedBytes: number;
}

function readDirectory(bytes: Buffer, from: number, count: number): readonly Member[] | undefined {
  const members: Member[] = [];
  let at = from;
  for (let i = 0; i < count; i++) {
    if (at + 46 > bytes.length || bytes.readUInt32LE(at) !== CENTRAL) return undefined;
    const nameEnd = at + 46 + bytes.readUInt16LE(at + 28);
    const next = nameEnd + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
    if (next > bytes.length) return undefined;
    members.push({
      name: bytes.subarray(at + 46, nameEnd),
      offset: bytes.readUInt32LE(at + 42),
      packedBytes: bytes.readUInt32LE(at + 20),
    });
    at = next;
  }
  return at === bytes.length ? members : undefined;
}

/** Returns where a member ends; undefined unless it stands at its place and has the name of the directory. */
function endOfMember(bytes: Buffer, { name, offset, packedBytes }: Member, expected: number): number | undefined {
  if (offset < expected || offset - expected > (expected === 0 ? 0 : MAX_DESCRIPTOR_BYTES)) return undefined;
  if (offset + 30 > bytes.length || bytes.readUInt32LE(offset) !== LOCAL) return undefined;
  const nameEnd = offset + 30 + bytes.readUInt16LE(offset + 26);
  if (!bytes.subarray(offset + 30, nameEnd).equals(name)) return undefined;
  const end = nameEnd + bytes.readUInt16LE(offset + 28) + packedBytes;
  return end > bytes.length ? undefined : end;
}
