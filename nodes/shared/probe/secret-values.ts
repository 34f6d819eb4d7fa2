/** The values of the credentials that a connection test used, hidden in all that it shows. */
import type { ProbeStep } from '../../../engine/contract/node/probe.ts';

export const STARS = '******';
/** A shorter password would also be found in words of our own texts. */
const SHORTEST_IN_TEXT = 4;

export class SecretValues {
  readonly #forms = new Set<string>();

  /** Returns the secret. */
  add(secret: string): string {
    for (const part of partsOf(secret)) for (const form of formsOf(part)) this.#forms.add(form);
    return secret;
  }

  /** Replaces each secret in a text whose characters are bytes (`latin1`). */
  hide(bytes: string, shortest = 1): string {
    // The longest form first: a shorter one may be a part of it.
    const forms = [...this.#forms].filter(({ length }) => length >= shortest).toSorted((a, b) => b.length - a.length);
    return forms.reduce((text, form) => text.replaceAll(form, STARS), bytes);
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

/** Returns the secret as it may stand in a request: as it is, in Base64, in a URL, in a form, in JSON, in XML. */
function formsOf(secret: string): readonly string[] {
  const url = secret.isWellFormed() ? encodeURIComponent(secret) : secret;
  const base64 = Buffer.from(secret).toString('base64');
  return [
    toBytes(secret),
    base64,
    base64.replace(/=+$/, '').replaceAll('+', '-').replaceAll('/', '_'),
    url,
    url.replaceAll('%20', '+'),
    toBytes(JSON.stringify(secret).slice(1, -1)),
    toBytes(escapeXml(secret)),
    Buffer.from(secret, 'utf16le').toString('latin1'),
  ];
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

const toBytes = (text: string) => Buffer.from(text).toString('latin1');
const fromBytes = (bytes: string) => Buffer.from(bytes, 'latin1').toString();
