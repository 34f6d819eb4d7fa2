/**
 * Hides what a login sends, by the rules of each kind of protocol. The texts consist of bytes (`latin1`). A kind without
 * such rules shows only what precedes its login.
 */
import type { ProbeBytes, ProbeExchange } from '../../../engine/contract/node/probe.ts';
import { STARS, type SecretValues } from './secret-values.ts';
import type { Connection, Recording } from './watch-sockets.ts';

/**
 * - `http`: HTTP/1.1 with headers, forms, JSON or XML.
 * - `lines`: commands in lines: SMTP, IMAP, FTP.
 * - `stomp`: STOMP frames. `redis`: RESP. `postgresql`: messages of PostgreSQL.
 * - `ssh`: only the version lines; the rest is encrypted.
 * - `binary`: only the greeting of a server that speaks first.
 */
export type WireFormat = 'http' | 'lines' | 'stomp' | 'redis' | 'postgresql' | 'ssh' | 'binary';

interface Shown {
  readonly sent: string;
  readonly received: string;
  /** True if `sent` and `received` leave out what follows. */
  readonly isPart?: true;
}

const MAX_SHOWN = 8 * 1024;
/** The end of a cut recording may hold the first half of a secret. It is never shown. */
const MARGIN = 4 * 1024;

const RULES: Readonly<Record<WireFormat, (sent: string, received: string, greetingBytes: number) => Shown>> = {
  http: (sent, received) => ({ sent: hideHttp(sent), received: hideHttp(received) }),
  lines: (sent, received) => ({ sent: hideCommands(sent), received: received.replace(/^(334|\+) .*$/gm, `$1 ${STARS}`) }),
  stomp: (sent, received) => ({ sent: sent.replace(/^(passcode|authorization):.*$/gim, `$1:${STARS}`), received }),
  redis: (sent, received) => ({ sent: hideRedis(sent), received }),
  postgresql: (sent, received) => ({ sent: hidePostgres(sent, 'p', false), received: hidePostgres(received, 'R', true) }),
  ssh: (sent, received) => ({ sent: firstLine(sent), received: firstLine(received), isPart: true }),
  binary: (_sent, received, greetingBytes) => ({ sent: '', received: received.slice(0, greetingBytes), isPart: true }),
};

export function showExchange(connection: Connection, format: WireFormat, secrets: SecretValues): ProbeExchange {
  const { target, isTls, sent, received, greetingBytes } = connection;
  const [out, back] = [sent, received].map((recording) => recording.bytes().toString('latin1')) as [string, string];
  const shown = RULES[format](out, back, greetingBytes);
  const bytesOf = (text: string, recording: Recording): ProbeBytes => {
    const hidden = secrets.hide(text);
    const content = hidden.slice(0, recording.isCut ? Math.min(MAX_SHOWN, Math.max(0, hidden.length - MARGIN)) : MAX_SHOWN);
    const missing = shown.isPart === true && recording.size > text.length ? 'login' : content.length < hidden.length ? 'cut' : undefined;
    return { content: Buffer.from(content, 'latin1').toString('base64'), ...(missing === undefined ? {} : { missing }) };
  };
  return { target, isTls, sent: bytesOf(shown.sent, sent), received: bytesOf(shown.received, received) };
}

const NAMES = 'authorization|cookie|key|token|secret|signature|passw|passcode|credential|assertion|session|nonce';
const HEADER = new RegExp(`^([\\w-]{0,60}(?:${NAMES})[\\w-]{0,60}):[^\\r\\n]*`, 'gim');
const PARAMETER = new RegExp(`([\\w.-]{0,60}(?:${NAMES})[\\w.-]{0,60})=(?:"[^"]*"?|'[^']*'?|[^&\\s"'<>]*)`, 'gi');
const JSON_FIELD = new RegExp(`"([^"\\\\]{0,60}(?:${NAMES})[^"\\\\]{0,60})"\\s{0,10}:\\s{0,10}"(?:[^"\\\\]|\\\\.)*"?`, 'gi');
const ELEMENT =
  /<((?:[\w-]{1,60}:)?(?:\w{0,60}(?:password|secret|token|nonce)\w{0,60}|SignatureValue|CipherValue)(?:\s[^>]{0,500})?)>[^<]*/gi;

function hideHttp(text: string): string {
  // A compressed body cannot be searched for secrets. Chunks would cut a name or a secret in two.
  const isPacked = /^content-encoding:[ \t]{0,10}(?!identity)/im.test(text);
  const readable = isPacked ? text.slice(0, text.indexOf('\r\n\r\n') + 4) : text.replace(/\r\n[0-9a-f]{1,8}\r\n/gi, '\r\n');
  return readable
    .replace(HEADER, `$1: ${STARS}`)
    .replace(JSON_FIELD, `"$1":"${STARS}"`)
    .replace(ELEMENT, `<$1>${STARS}`)
    .replace(PARAMETER, `$1=${STARS}`);
}

const LOGIN = /^((?:[\w.]{1,20} )?(?:AUTH(?:ENTICATE)?(?: [\w-]{1,30})?|LOGIN|PASS|ACCT))( .*)?$/i;
const COMMAND =
  /^(?:[\w.]{1,20} )?(?:EHLO|HELO|LHLO|MAIL|RCPT|DATA|NOOP|QUIT|RSET|STARTTLS|USER|SYST|FEAT|OPTS|TYPE|PBSZ|PROT|PWD|CWD|EPSV|PASV|MLSD|MLST|NLST|STAT|STRU|MODE|CLNT|HELP|CAPABILITY|ID|ENABLE|NAMESPACE|LIST|LSUB|XLIST|SELECT|EXAMINE|STATUS|LOGOUT)(?: .*)?$/;

/** After a login command, lines without a known command are its continuation: the user and the password. */
function hideCommands(text: string): string {
  let isLogin = false;
  return text
    .split('\r\n')
    .map((line) => {
      const [, command, rest] = LOGIN.exec(line) ?? [];
      if (command !== undefined) {
        isLogin = true;
        return rest === undefined ? command : `${command} ${STARS}`;
      }
      isLogin &&= !COMMAND.test(line);
      return isLogin && line !== '' ? STARS : line;
    })
    .join('\r\n');
}

/** A command is an array of strings with their lengths: `*3\r\n$4\r\nAUTH\r\n…`. HELLO may log in too. */
function hideRedis(text: string): string {
  return text
    .split(/(?=^\*\d)/m)
    .map((command) => command.replace(/^(\*\d{1,4}\r\n\$\d{1,4}\r\n(?:AUTH|HELLO)\r\n)[\s\S]*$/i, `$1${STARS}\r\n`))
    .join('');
}

/**
 * Hides the content of messages of one type: `p` is the answer to a login, `R` the challenge. Each message has a type and
 * a length; the first ones of the client have only a length. The server accepts the request for TLS with one
 * byte, `S` or `N`; no other first message of a server has these types.
 */
function hidePostgres(text: string, secret: string, isServer: boolean): string {
  const bytes = Buffer.from(text, 'latin1');
  let shown = '';
  let at = 0;
  if (isServer && /^[SN]/.test(text)) shown += text[at++];
  let hasType = isServer;
  while (at < text.length) {
    const start = at + (hasType ? 1 : 0);
    // Without a whole length the rest could be a login.
    if (start + 4 > text.length) return shown + STARS;
    const end = start + Math.max(4, bytes.readUInt32BE(start));
    shown += hasType && text[at] === secret ? text[at] + STARS : text.slice(at, end);
    // A request for TLS or GSS has eight bytes; the start message that follows it has no type either.
    hasType ||= end - start !== 8;
    at = end;
  }
  return shown;
}

function firstLine(text: string): string {
  const end = text.indexOf('\n');
  return end < 0 || end > 255 ? '' : text.slice(0, end + 1);
}
