/** The values of the credentials that a connection test used, hidden in all that it shows. */
import type { ProbeStep } from '../../../engine/contract/node/probe.ts';

export const STARS = '******';
/** A shorter password would also be found in words of our own texts. */
const SHORTEST_IN_TEXT = 4;

export class SecretValues {
  /** Regular expressions, each with the length of the shortest text that it finds. */
  readonly #forms = new Map<string, number>();

  /** Returns the secret. */
  add(secret: string): string {
    for (const part of partsOf(secret)) for (const [form, length] of formsOf(part)) this.#forms.set(form, length);
    return secret;
  }

  /** Replaces each secret in a text whose characters are bytes (`latin1`). */
  hide(bytes: string, shortest = 1): string {
    // The longest form first: a shorter one may be a part of it.
    const forms = [...this.#forms].filter(([, length]) => length >= shortest).toSorted(([, a], [, b]) => b - a);
    return forms.reduce((text, [form]) => text.replaceAll(new RegExp(form, 'g'), STARS), bytes);
  }
}

/** Hides the secrets in what a step says: a library may put a login into the text of an error. */
export function hideInStep(step: ProbeStep, secrets: SecretValues): ProbeStep {
  const hide = (text: string) => fromBytes(secrets.hide(toBytes(text), SHORTEST_IN_TEXT));
  const { detail, error } = step;
  const values = Object.entries(error?.values ?? {}).map(([key, value]) => [key, typeof value === 'string' ? hide(value) : value]);
  return {
    ...step,
    ...(detail === undefined ? {} : { detail: hide(detail) }),
    ...(error === undefined
      ? {}
      : {
          error: {
            ...error,
            message: hide(error.message),
            ...(error.values === undefined ? {} : { values: Object.fromEntries(values) as NonNullable<typeof error.values> }),
          },
        }),
  };
}

/** A credential may be `user:password`: the password alone is secret too. A private key (PEM) may stand behind either. */
function partsOf(secret: string): readonly string[] {
  const key = secret.indexOf('-----BEGIN ');
  const login = key < 0 ? secret : secret.slice(0, key).trimEnd();
  const colon = login.indexOf(':');
  return [secret, secret.trim(), login, ...(colon < 0 ? [] : [login.slice(colon + 1)])].filter((part) => part !== '');
}

type Form = readonly [pattern: string, length: number];

/** Returns the secret as it may stand in a request or an answer: in Base64, in hexadecimal, in UTF-16, or as text. */
function formsOf(secret: string): readonly Form[] {
  const base64 = Buffer.from(secret).toString('base64');
  const forms = [
    base64,
    base64.replace(/=+$/, '').replaceAll('+', '-').replaceAll('/', '_'),
    Buffer.from(secret, 'utf16le').toString('latin1'),
  ];
  const hex = Buffer.from(secret).toString('hex');
  return [
    ...forms.map((form): Form => [exactly(form), form.length]),
    [anyCase(hex), hex.length],
    [exactly(toBytes(secret)), Buffer.byteLength(secret)],
    [Array.from(secret, spellings).join(''), Buffer.byteLength(secret) + 1],
  ];
}

/** Returns a pattern of what stands for a character in a URL, a form, JSON and XML. Writers escape different ones. */
function spellings(character: string, at: number): string {
  const bytes = exactly(toBytes(character));
  if (/[A-Za-z0-9]/.test(character)) return bytes;
  const code = character.codePointAt(0)!;
  const json = JSON.stringify(character).slice(1, -1);
  const units = Array.from({ length: character.length }, (_, unit) => character.charCodeAt(unit).toString(16).padStart(4, '0'));
  const escapes = [
    Buffer.from(character)
      .toString('hex')
      .replaceAll(/../g, (byte) => `%${anyCase(byte)}`),
    units.map((unit) => `\\\\u${anyCase(unit)}`).join(''),
    `&#[xX]0*${anyCase(code.toString(16))};`,
    `&#0*${code};`,
    ...(json === character ? [] : [exactly(toBytes(json))]),
    ...(character === '/' ? ['\\\\/'] : []),
    ...(character === ' ' ? ['\\+'] : []),
    ...(XML_NAMES.has(character) ? [`&${XML_NAMES.get(character)};`] : []),
  ];
  // A choice is never taken back, so that the time is linear.
  return `(?=(?<c${at}>${[...escapes, bytes].join('|')}))\\k<c${at}>`;
}

const XML_NAMES = new Map(Object.entries({ '&': 'amp', '<': 'lt', '>': 'gt', '"': 'quot', "'": 'apos' }));

/** Returns a pattern of the bytes as they are. */
function exactly(bytes: string): string {
  return bytes.replaceAll(/[^A-Za-z0-9]/g, (byte) => `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

function anyCase(hex: string): string {
  return hex.replaceAll(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`);
}

const toBytes = (text: string) => Buffer.from(text).toString('latin1');
const fromBytes = (bytes: string) => Buffer.from(bytes, 'latin1').toString();
