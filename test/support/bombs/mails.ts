/** Mails (RFC 5322, MIME), and what a mail server (RFC 3501) says instead of the protocol. */
import type { Socket } from 'node:net';
import { floodWith, type Misbehave } from '../hostile-imap.ts';
import type { Tricks } from './bomb.ts';
import { filled, joined, nested } from './random.ts';

const CRLF = '\r\n';
const mixed = (body: string, more = '') =>
  `Subject: x${CRLF}${more}Content-Type: multipart/mixed; boundary=B${CRLF}${CRLF}${body}--B--${CRLF}`;
const KB = 1024;

export const MAIL_TRICKS: Tricks<string> = {
  parts: (random) => mixed(filled(`--B${CRLF}${CRLF}x${CRLF}`, random.int(100, 30_000) * 10)),
  'parts in parts': (random) =>
    nested(
      random.int(20, 2000),
      'x',
      (inner, i) => `Content-Type: multipart/mixed; boundary=B${i}${CRLF}${CRLF}--B${i}${CRLF}${inner}${CRLF}--B${i}--${CRLF}`,
    ),
  'mails in mails': (random) => mixed(filled(`--B${CRLF}Content-Type: message/rfc822${CRLF}${CRLF}`, random.int(10, 8000) * 43)),
  headers: (random) => `${joined(random.int(1000, 60_000), (i) => `X-${i}: y${CRLF}`)}${CRLF}x`,
  'a long header': (random) => `Subject: ${filled('x ', random.int(1000, 900 * KB))}${CRLF}${CRLF}x`,
  'a folded header': (random) => `Subject: x${filled(`${CRLF} y`, random.int(1000, 900 * KB))}${CRLF}${CRLF}x`,
  'encoded words': (random) => `Subject: ${filled('=?utf-8?B?5Lit?= ', random.int(100, 40_000) * 17)}${CRLF}${CRLF}x`,
  addresses: (random) => `To: ${joined(random.int(1000, 30_000), (i) => `"a ${i}" <a${i}@b.cn>, `)}x@y.cn${CRLF}${CRLF}x`,
  'groups of addresses': (random) => `To: ${filled('g: ', random.int(1000, 300_000))}a@b.cn;${CRLF}${CRLF}x`,
  brackets: (random) => `From: ${filled('(', random.int(1000, 300_000))}${filled('<', random.int(1000, 300_000))}${CRLF}${CRLF}x`,
  'pieces of a name': (random) =>
    mixed(
      `--B${CRLF}Content-Disposition: attachment${joined(random.int(100, 9000), (i) => `;${CRLF} filename*${i}*=utf-8''%41`)}${CRLF}${CRLF}x${CRLF}`,
    ),
  'quoted-printable': (random) =>
    `Content-Transfer-Encoding: quoted-printable${CRLF}${CRLF}${filled('=41=\r\n', random.int(1000, 900 * KB))}`,
  base64: (random) => `Content-Transfer-Encoding: base64${CRLF}${CRLF}${filled('QUJD\r\n====', random.int(1000, 900 * KB))}`,
  'a boundary of dashes': (random) =>
    `Content-Type: multipart/mixed; boundary="${filled('-', random.int(10, 70))}"${CRLF}${CRLF}${filled('-', random.int(1000, 900 * KB))}`,
  'a page': (random) => `Content-Type: text/html${CRLF}${CRLF}${filled('<div><a href="x">&nbsp;', random.int(1000, 900 * KB))}`,
  'a charset that is none': (random) => `Content-Type: text/plain; charset="${filled('x', random.int(10, 300_000))}"${CRLF}${CRLF}x`,
  'no mail': (random) => random.pick(['', '\u0000', CRLF, ':', filled(':', 100_000), filled('\n', 300_000), filled('\u00ff', 300_000)]),
};

const when = (wanted: string, act: (write: (text: string) => boolean, socket: Socket, tag: string) => boolean): Misbehave => {
  return (command, tag, write, socket) => (command === wanted ? act(write, socket, tag) : undefined);
};
const flood = (wanted: string, text: string) => when(wanted, (write, socket) => floodWith(text, write, socket));
const say = (wanted: string, text: string) =>
  when(wanted, (write, _socket, tag) => {
    write(`${text}${CRLF}${tag} OK done${CRLF}`);
    return true;
  });

export const IMAP_TRICKS: Tricks<Misbehave> = {
  'folders without an end': () => flood('LIST', `* LIST () "/" "folder"${CRLF}`),
  'a line without an end': () => flood('SEARCH', '1 2 3 4 5 6 7 8 9 '),
  'a greeting without an end': () => flood('GREETING', `* OK and so on${CRLF}`),
  'news without an end': () => flood('SELECT', `* 1 EXISTS${CRLF}`),
  'other mails': () => flood('BODY', `* 9 FETCH (UID 9 BODY[] {5}${CRLF}hello)${CRLF}`),
  'a mail without an end': (random) =>
    when(
      'BODY',
      (write, socket) =>
        write(`* 1 FETCH (UID 1 BODY[]<0> {${random.int(10 ** 8, 2 * 10 ** 9)}}${CRLF}`) && floodWith(filled('x', 1000), write, socket),
    ),
  'brackets in brackets': (random) => say('FETCH', `* 1 FETCH ${filled('(', random.int(1000, 200_000))}`),
  'numbers of all mails': (random) => say('SEARCH', `* SEARCH ${joined(random.int(1000, 150_000), (i) => `${i + 1} `)}1`),
  capabilities: (random) => say('CAPABILITY', `* CAPABILITY IMAP4rev1 ${joined(random.int(1000, 10_000), (i) => `X${i} `)}`),
  'literals of nothing': (random) => say('LIST', filled(`* LIST () "/" {0}${CRLF}${CRLF}`, random.int(100, 20_000) * 20)),
  'no answer that is one': (random) =>
    say('SELECT', random.pick(['*', '* 99999999999999999999 EXISTS', '* "', '+ {', '* OK [', '\u0000', '* NO', '* BYE'])),
};
