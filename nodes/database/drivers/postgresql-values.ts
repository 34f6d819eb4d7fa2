import { types, type CustomTypesConfig } from 'pg';
import { base64, exactNumber, floatNumber, jsonValue, localTimestamp, utcTimestamp } from './values.ts';

type Parse = (text: string) => unknown;

/** The types of PostgreSQL that are not text in a row: OID, OID of arrays of them, and how their text is read. */
const PARSERS: readonly (readonly [oid: number, arrayOid: number, parse: Parse])[] = [
  [16, 1000, (text) => text === 't'],
  [17, 1001, (text) => base64(Buffer.from(text.slice(2), 'hex'))],
  [20, 1016, exactNumber],
  [21, 1005, exactNumber],
  [23, 1007, exactNumber],
  [26, 1028, exactNumber],
  [1700, 1231, exactNumber],
  [700, 1021, (text) => floatNumber(Number(text))],
  [701, 1022, (text) => floatNumber(Number(text))],
  [114, 199, jsonValue],
  [3802, 3807, jsonValue],
  [1114, 1115, localTimestamp],
  [1184, 1185, utcTimestamp],
  // Text, varchar, char, date, time, uuid and inet are text as they are; only their arrays need a parser.
  ...[
    [25, 1009],
    [1043, 1015],
    [1042, 1014],
    [1082, 1182],
    [1083, 1183],
    [2950, 2951],
    [869, 1041],
  ].map(([oid, arrayOid]): readonly [number, number, Parse] => [oid!, arrayOid!, (text) => text]),
];

/** The types of `pg` describe this parser wrongly. */
const arrays = types.arrayParser as unknown as { create(text: string, parse: Parse): { parse(): unknown } };

const BY_OID = new Map<number, Parse>(
  PARSERS.flatMap(([oid, arrayOid, parse]) => [
    [oid, parse],
    [arrayOid, (text: string) => arrays.create(text, parse).parse()],
  ]),
);

export const VALUE_TYPES = {
  getTypeParser: (oid: number) => BY_OID.get(oid) ?? ((text: string) => text),
} as CustomTypesConfig;
