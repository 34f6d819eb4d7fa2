/** `kangqiao sign` signs one request (KQ1) and prints it as a curl command or sends it. */
import { isUtf8 } from 'node:buffer';
import { Command, InvalidArgumentError, Option } from 'commander';
import { KQ1_SCHEMES, type Kq1Scheme } from '../../engine/contract/kq1/kq1.ts';
import { signRequest, type SignedRequest } from '../../sdk/core/sign-request.ts';
import { verifyAnswer } from '../../sdk/core/verify-answer.ts';
import { nodeCrypto } from '../../sdk/node/node-crypto.ts';
import { ConnectionError } from '../shared/api-errors.ts';
import { findCaFile, readCa, type ConnectOptions } from '../shared/connect.ts';
import { EXIT } from '../shared/exit-codes.ts';
import { readBytes, readInput } from '../shared/read-input.ts';
import type { Terminal } from '../shared/terminal.ts';

interface SignOptions extends ConnectOptions {
  readonly app: string;
  readonly keyId: string;
  readonly key: string;
  readonly scheme: Kq1Scheme;
  readonly method?: string;
  readonly header: readonly string[];
  readonly body?: string;
  readonly bodyFile?: string;
  readonly platformKey?: string;
  readonly send?: boolean;
}

export function signCommand(terminal: Terminal): Command {
  return new Command('sign')
    .summary('sign a request with a key file and print it as curl, or send it')
    .description(
      'Signs one request for the open front (KQ1) and prints a curl command. Its nonce can be used once: sign again for each call, or use --send.',
    )
    .argument('<url>', 'absolute URL, exactly as it will be called')
    .addOption(new Option('--app <id>', 'id of the app').makeOptionMandatory())
    .addOption(new Option('--key-id <id>', 'id of its key').makeOptionMandatory())
    .addOption(new Option('--key <file>', 'private key (PEM), or the HMAC secret').makeOptionMandatory())
    .addOption(new Option('--scheme <scheme>', 'signature scheme').choices(KQ1_SCHEMES).default('SM2-SM3'))
    .addOption(new Option('-X, --method <method>', 'HTTP method; default: GET, or POST if there is a body'))
    .addOption(new Option('-H, --header <name: value>', 'a header to sign and send; may be repeated').default([]).argParser(collect))
    .addOption(new Option('-d, --body <text>', 'the body').conflicts('bodyFile'))
    .addOption(new Option('--body-file <file>', 'the body from a file; - is standard input'))
    .addOption(new Option('--platform-key <file>', "with --send: the platform's public key (PEM), to verify the signature of the response"))
    .addOption(new Option('--send', 'send it and print the response'))
    .addHelpText(
      'after',
      '\nExamples:\n  $ kangqiao sign --app A10021 --key-id k1 --key app.key.pem https://127.0.0.1:8441/open/v1/slots?dept=01 --ca ca.pem\n' +
        '  $ kangqiao sign --send --app A10021 --key-id k1 --key app.key.pem -d \'{"patient":"P1"}\' https://127.0.0.1:8441/open/v1/appointments',
    )
    .action(async function (this: Command, url: string) {
      const options = this.optsWithGlobals<SignOptions>();
      const body = options.bodyFile === undefined ? options.body : await readBytes(options.bodyFile);
      const method = (options.method ?? (body === undefined ? 'GET' : 'POST')).toUpperCase();
      const headers = { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...parseHeaders(options.header) };
      const key = (await readInput(options.key)).trim();
      const signed = await signRequest(nodeCrypto, {
        method,
        url: absolute(url),
        headers,
        appId: options.app,
        keyId: options.keyId,
        scheme: options.scheme,
        key,
        ...(body === undefined ? {} : { body }),
      });
      const call = { method, url, body, signed };
      if (options.send === true) await send(terminal, call, options, key);
      else terminal.print(asCurl(call, options.bodyFile, findCaFile(options)));
    });
}

interface Call {
  readonly method: string;
  readonly url: string;
  readonly body: string | Uint8Array | undefined;
  readonly signed: SignedRequest;
}

/** Returns the call as a curl command with one argument per line, each in single quotes. */
function asCurl({ method, url, body, signed }: Call, bodyFile: string | undefined, ca: string | undefined): string {
  const lines = [
    `curl -sS -X ${method} ${quoted(url)}`,
    ...(ca === undefined ? [] : [`--cacert ${quoted(ca)}`]),
    ...Object.entries(signed.headers).map(([name, value]) => `-H ${quoted(`${name}: ${value}`)}`),
    ...(body === undefined ? [] : [bodyArgument(body, bodyFile)]),
  ];
  return lines.join(' \\\n  ');
}

/**
 * Returns the curl argument for the body. A file is passed by its name. Not every file is UTF-8 text, and curl must
 * send exactly the bytes that were signed.
 */
function bodyArgument(body: string | Uint8Array, file: string | undefined): string {
  if (file !== undefined && file !== '-') return `--data-binary ${quoted(`@${file}`)}`;
  if (typeof body !== 'string' && !isUtf8(body))
    throw new InvalidArgumentError('Standard input is not UTF-8, so it cannot be part of a command: use a file, or --send.');
  // With any other option, curl would read a leading @ as the start of a file name.
  return `--data-raw ${quoted(typeof body === 'string' ? body : Buffer.from(body).toString('utf8'))}`;
}

async function send(terminal: Terminal, call: Call, options: SignOptions, key: string): Promise<void> {
  const ca = await readCa(options);
  const { Agent, request } = await import('undici');
  const dispatcher = new Agent({ connect: ca === undefined ? {} : { ca } });
  try {
    const answer = await request(call.url, {
      method: call.method,
      headers: call.signed.headers,
      body: call.body ?? null,
      dispatcher,
      signal: terminal.signal,
      responseHeaders: 'raw',
    }).catch((error: unknown) => {
      throw terminal.signal.aborted
        ? error
        : new ConnectionError(`${new URL(call.url).origin} does not respond: ${error instanceof Error ? error.message : 'unknown'}.`);
    });
    const body = new Uint8Array(await answer.body.arrayBuffer());
    terminal.tell(`HTTP ${answer.statusCode}`);
    terminal.print(decodeAnswer(body, pairsOf(answer.headers)));
    if (answer.statusCode >= 400) process.exitCode = EXIT.failed;
    else if (options.platformKey !== undefined || options.scheme.startsWith('HMAC'))
      await check(terminal, call, answer.statusCode, pairsOf(answer.headers), body, options, key);
  } finally {
    await dispatcher.close();
  }
}

/** Returns the response as text in its own charset; an unknown charset is read as UTF-8. */
function decodeAnswer(body: Uint8Array, headers: readonly (readonly [string, string])[]): string {
  const type = headers.find(([name]) => name.toLowerCase() === 'content-type')?.[1] ?? '';
  const charset = /;\s*charset="?([\w-]+)/i.exec(type)?.[1] ?? 'utf-8';
  try {
    return new TextDecoder(charset).decode(body);
  } catch {
    return new TextDecoder().decode(body);
  }
}

async function check(
  terminal: Terminal,
  { signed }: Call,
  status: number,
  headers: readonly (readonly [string, string])[],
  body: Uint8Array,
  { platformKey, scheme }: SignOptions,
  key: string,
): Promise<void> {
  const keyId = headers.find(([name]) => name.toLowerCase() === 'x-kq-keyid')?.[1] ?? '';
  const platformKeys = platformKey === undefined ? {} : { [keyId]: await readInput(platformKey) };
  const secret = scheme.startsWith('HMAC') ? { secret: key } : {};
  await verifyAnswer(nodeCrypto, { request: signed, status, headers, body, platformKeys, ...secret });
  terminal.tell('The signature of the response is valid.');
}

/** Converts the headers from undici to pairs. In its raw form, names and values alternate. */
function pairsOf(raw: unknown): readonly (readonly [string, string])[] {
  const flat = Array.isArray(raw)
    ? (raw as readonly (Buffer | string)[]).map(String)
    : Object.entries(raw as Record<string, string | string[]>).flatMap(([name, value]) => [name, String(value)]);
  return Array.from({ length: Math.floor(flat.length / 2) }, (_, index) => [flat[2 * index] ?? '', flat[2 * index + 1] ?? ''] as const);
}

function parseHeaders(lines: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(':');
      if (colon < 1) throw new InvalidArgumentError(`"${line}" is not a header: write it as "name: value".`);
      return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
}

function absolute(url: string): string {
  if (/^https?:\/\//.test(url) && URL.canParse(url)) return url;
  throw new InvalidArgumentError(`"${url}" is not an absolute URL: it must start with https:// or http://.`);
}

function collect(value: string, earlier: readonly string[]): readonly string[] {
  return [...earlier, value];
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
