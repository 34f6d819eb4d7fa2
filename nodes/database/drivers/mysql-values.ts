import mysql, { type FieldPacket } from 'mysql2';
import { base64, exactNumber, jsonValue, localTimestamp, shortestFloat, utcTimestamp } from './values.ts';

/** What the client says of a column; its own types leave half of it out. */
type Field = FieldPacket & { readonly columnType?: number; readonly columnLength?: number; readonly extendedFormat?: string };
const { Types } = mysql;
type Read = (value: unknown) => unknown;

/**
 * Returns how the values of a column are read. `offset` is the session's time zone: the server shows timestamps in it.
 */
export function readerOf(packet: FieldPacket, offset: string): Read {
  const { columnType, columnLength, extendedFormat } = packet as Field;
  // MariaDB has no JSON type of its own: it marks a text column.
  if (extendedFormat === 'json') return (value) => jsonValue(value as string);
  switch (columnType) {
    case Types.TINY:
      // BOOLEAN is TINYINT(1).
      return columnLength === 1 ? (value) => (value === 0 ? false : value === 1 ? true : value) : asIs;
    case Types.BIT:
      return columnLength === 1 ? (value) => (value as Buffer)[0] === 1 : (value) => exactNumber(integerOf(value as Buffer));
    case Types.LONGLONG:
    case Types.DECIMAL:
    case Types.NEWDECIMAL:
      return (value) => exactNumber(String(value));
    case Types.FLOAT:
      return (value) => shortestFloat(value as number);
    case Types.DATETIME:
      return (value) => localTimestamp(value as string);
    case Types.TIMESTAMP:
      return (value) => utcTimestamp(`${value as string}${offset}`);
    case Types.JSON:
      return (value) => jsonValue(value as string);
    default:
      return asIs;
  }
}

function asIs(value: unknown): unknown {
  return value instanceof Uint8Array ? base64(value) : value;
}

function integerOf(bytes: Buffer): string {
  return BigInt(`0x${bytes.toString('hex')}`).toString();
}
