/** Reads the values of SQL Server without losing digits. The client turns decimals and money into floating-point numbers. */
import parser from 'tedious/lib/value-parser.js';
import { base64, exactNumber, floatNumber, shortestFloat } from '../values.ts';

/** Replaces the client's reader of one value. The parsers of the client look it up whenever they call it. */
export function readDecimalsExactly(): void {
  const client = parser as { readValue: typeof parser.readValue };
  if (client.readValue === readValue) return;
  client.readValue = readValue;
}

const readByClient = parser.readValue;

const readValue: typeof parser.readValue = (buffer, offset, metadata, options) => {
  const result = readByClient(buffer, offset, metadata, options);
  if (typeof result.value === 'number') result.value = exactText(buffer, offset, metadata) ?? result.value;
  return result;
};

const MONEY_SCALE = 4;

interface NumberType {
  readonly type: { readonly name: string };
  readonly scale?: number | undefined;
}

/** Returns undefined for types that a double holds. */
function exactText(buffer: Buffer, offset: number, { type, scale = 0 }: NumberType): string | undefined {
  switch (type.name) {
    case 'NumericN':
    case 'DecimalN': {
      const end = offset + 1 + buffer.readUInt8(offset);
      const isNegative = buffer.readUInt8(offset + 1) === 0;
      const magnitude = littleEndian(buffer.subarray(offset + 2, end));
      return decimalText(isNegative ? -magnitude : magnitude, scale);
    }
    case 'MoneyN':
      return buffer.readUInt8(offset) === 4 ? smallMoney(buffer, offset + 1) : money(buffer, offset + 1);
    case 'Money':
      return money(buffer, offset);
    case 'SmallMoney':
      return smallMoney(buffer, offset);
    default:
      return undefined;
  }
}

function smallMoney(buffer: Buffer, offset: number): string {
  return decimalText(BigInt(buffer.readInt32LE(offset)), MONEY_SCALE);
}

/** The high half comes first. */
function money(buffer: Buffer, offset: number): string {
  const high = BigInt(buffer.readInt32LE(offset));
  return decimalText((high << 32n) + BigInt(buffer.readUInt32LE(offset + 4)), MONEY_SCALE);
}

function littleEndian(bytes: Buffer): bigint {
  const hex = Buffer.from(bytes).reverse().toString('hex');
  return hex === '' ? 0n : BigInt(`0x${hex}`);
}

function decimalText(unscaled: bigint, scale: number): string {
  const sign = unscaled < 0n ? '-' : '';
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0');
  return scale === 0 ? sign + digits : `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

/** What the server says of a column. */
export interface SqlColumn {
  readonly colName: string;
  readonly type: { readonly name: string };
  readonly dataLength?: number | undefined;
}

type Read = (value: unknown) => unknown;

/** Returns how the values of a column are turned into the forms of `Row`. */
export function readerOf({ type, dataLength }: SqlColumn): Read {
  switch (type.name) {
    case 'BigInt':
    case 'IntN':
    case 'NumericN':
    case 'DecimalN':
    case 'Money':
    case 'MoneyN':
    case 'SmallMoney':
      return (value) => exactNumber(String(value));
    case 'Real':
      return (value) => shortestFloat(value as number);
    case 'FloatN':
      return dataLength === 4 ? (value) => shortestFloat(value as number) : (value) => floatNumber(value as number);
    case 'Date':
      return (value) => isoOf(value as Moment).slice(0, 10);
    case 'Time':
      return (value) => isoOf(value as Moment).slice(11);
    case 'SmallDateTime':
    case 'DateTime':
    case 'DateTimeN':
    case 'DateTime2':
      return (value) => isoOf(value as Moment);
    case 'DateTimeOffset':
      return (value) => `${isoOf(value as Moment)}Z`;
    default:
      return (value) => (value instanceof Uint8Array ? base64(value) : value);
  }
}

/** The client keeps what is smaller than a millisecond beside the date, in seconds. */
type Moment = Date & { readonly nanosecondsDelta?: number };

/** `2026-06-01T08:30:00.1234567`, without the zeros at its end. */
function isoOf(moment: Moment): string {
  const [whole = '', fraction = ''] = moment.toISOString().slice(0, -1).split('.');
  const finer = Math.round((moment.nanosecondsDelta ?? 0) * 1e7);
  const digits = `${fraction}${String(finer).padStart(4, '0')}`.replace(/0+$/, '');
  return digits === '' ? whole : `${whole}.${digits}`;
}
