import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { AppError } from '../../../engine/contract/values/errors.ts';
import { createMailSplitter, type MailPiece } from '../../../nodes/mail/split-mail.ts';
import { parseMail, parseMailRest } from '../../../nodes/shared/mail/parse-mail.ts';

interface Split {
  readonly rest: Buffer;
  readonly contents: ReadonlyMap<string, Buffer>;
}

/** Feeds the mail in chunks of these sizes, in turn. */
function split(mail: Buffer, sizes: readonly number[]): Split {
  const splitter = createMailSplitter();
  const pieces: MailPiece[] = [];
  for (let at = 0, turn = 0; at < mail.length; turn += 1) {
    const size = sizes[turn % sizes.length]!;
    pieces.push(...splitter.feed(mail.subarray(at, at + size)));
    at += size;
  }
  pieces.push(...splitter.end());
  const rest: Uint8Array[] = [];
  const contents = new Map<string, Buffer>();
  let current = '';
  for (const piece of pieces) {
    if ('rest' in piece) rest.push(piece.rest);
    if ('opens' in piece) contents.set((current = piece.opens), Buffer.alloc(0));
    if ('content' in piece) contents.set(current, Buffer.concat([contents.get(current)!, piece.content]));
  }
  return { rest: Buffer.concat(rest), contents };
}

/** The attachments as `mail.receive` puts them together: name, type and content. */
async function attachmentsOf(mail: Buffer, sizes: readonly number[]): Promise<readonly (readonly [string, string, string])[]> {
  const { rest, contents } = split(mail, sizes);
  const { attachments } = await parseMailRest(rest);
  return attachments.map(({ name, mediaType, content }) => {
    const mark = Buffer.from(content).toString('latin1').trimEnd();
    return [name, mediaType, (contents.get(mark) ?? Buffer.from(content)).toString('base64')];
  });
}

const bytesOf = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));
const part = fc.oneof(
  bytesOf.map((bytes) => `Content-Type: application/pdf; name="a.pdf"\r\nContent-Transfer-Encoding: base64\r\n\r\n${lines(bytes)}`),
  bytesOf.map((bytes) => `Content-Type: text/html; charset=iso-8859-1\r\nContent-Transfer-Encoding: base64\r\n\r\n${lines(bytes)}`),
  fc.constant(
    'Content-Type: text/plain\r\nContent-Disposition: attachment; filename=b.txt\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\na=3Db',
  ),
  fc.constant(
    'Content-Type: multipart/alternative;\r\n boundary=in\r\n\r\n--in\r\n\r\ntext\r\n--in\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\nAAEC\r\n--in--\r\n',
  ),
  fc.constant('\r\nonly text\r\n--\r\n-- \r\n--ou\r\n'),
);
const lines = (bytes: Buffer) => bytes.toString('base64').replaceAll(/.{1,76}/g, '$&\r\n');

test('texts, names and contents are those of the whole mail, however it is cut', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(part, { maxLength: 5 }),
      fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1 }),
      async (parts, sizes) => {
        const head = 'Subject: x\r\nContent-Type: multipart/mixed; boundary="out"\r\n\r\npreamble\r\n';
        const mail = Buffer.from(`${head}${parts.map((text) => `--out\r\n${text}\r\n`).join('')}--out--\r\n`, 'latin1');
        const whole = await parseMail(mail);
        assert.deepEqual(
          await attachmentsOf(mail, sizes),
          whole.attachments.map(({ name, mediaType, content }) => [name, mediaType, content]),
        );
        const { text, html } = await parseMailRest(split(mail, sizes).rest);
        assert.deepEqual([text, html], [whole.text, whole.html]);
      },
    ),
    { numRuns: 300 },
  );
});

test('bytes without encoding keep their line breaks, and lose only the one before the boundary', () => {
  const content = 'a\r\n\r\n--b\n\rc\n-\n--outer\r\n';
  const mail = Buffer.from(
    `Content-Type: multipart/mixed; boundary=out\r\n\r\n--out\r\nContent-Type: application/x-raw\r\n\r\n${content}\r\n--out--\r\n`,
  );
  for (let size = 1; size <= mail.length; size += 1) {
    const [found] = split(mail, [size]).contents.values();
    assert.equal(found?.toString(), content, `in chunks of ${size}`);
  }
});

test('a mail of too many parts, or of too much text, is refused while it streams in', () => {
  const head = 'Content-Type: multipart/mixed; boundary=B\r\n\r\n';
  const isCode = (code: string) => (error: unknown) => error instanceof AppError && error.code === code;
  const manyParts = Buffer.from(head + '--B\r\n\r\nx\r\n'.repeat(10_001));
  assert.throws(() => split(manyParts, [65_536]), isCode('MAIL_TOO_MANY_PARTS'));
  const manyFiles = Buffer.from(head + '--B\r\nContent-Type: a/b\r\n\r\nx\r\n'.repeat(501));
  assert.throws(() => split(manyFiles, [65_536]), isCode('MAIL_TOO_MANY_PARTS'));
  const longHeaders = Buffer.from(`X: ${'y'.repeat(300_000)}\r\n\r\n`);
  assert.throws(() => split(longHeaders, [65_536]), isCode('MAIL_TOO_MANY_PARTS'));
  const longText = Buffer.from(`\r\n${'y'.repeat(17 * 1024 * 1024)}`);
  assert.throws(() => split(longText, [65_536]), isCode('MAIL_TEXT_TOO_LARGE'));
});
