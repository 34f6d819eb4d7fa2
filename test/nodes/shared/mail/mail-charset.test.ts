import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeText } from '../../../../nodes/shared/charset/text-charset.ts';
import { parseMail, parseMailRest } from '../../../../nodes/shared/mail/parse-mail.ts';

const gb = (text: string) => encodeText(text, 'GB18030');
const mailOf = (...parts: readonly (string | Buffer)[]) => Buffer.concat(parts.map((part) => Buffer.from(part)));
const refused = (problem?: string) => (error: { readonly code: string; readonly values: { readonly problem?: string } }) => {
  assert.deepEqual([error.code, error.values.problem], ['MAIL_CHARSET', problem]);
  return true;
};

test('what a mail does not declare is UTF-8, or of the charset of the adapter, and never garbled', async () => {
  const mixed = mailOf(
    ...['From: ', gb('检验科㐀'), ' <lab@x.cn>\r\nSubject: ', gb('无字符集'), '\r\n ', gb('折行'), '\r\n'],
    ...['Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n', gb('没有声明'), '\r\n'],
    ...['--b\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n', gb('声明有误'), '\r\n'],
    ...[
      '--b\r\nContent-Type: text/plain\r\n\r\n是 UTF-8\r\n--b\r\nContent-Type: text/plain; charset=big5\r\n\r\n',
      encodeText('醫院', 'Big5'),
    ],
    ...['\r\n--b\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n', gb('编码的').toString('base64')],
    ...['\r\n--b\r\nContent-Type: text/html\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n<p>=B2=E2=CA=D4</p>\r\n'],
    ...['--b\r\nContent-Type: text/csv; name="', gb('结果.csv'), '"\r\nContent-Disposition: attachment\r\n\r\n', gb('甲'), '\r\n--b--\r\n'],
  );
  for (const parse of [parseMail, parseMailRest]) {
    const mail = await parse(mixed, 'GB18030');
    assert.deepEqual([mail.from[0]!.name, mail.subject], ['检验科㐀', '无字符集 折行']);
    assert.deepEqual(mail.text.trim().split(/\s*\n\s*/), ['没有声明', '声明有误', '是 UTF-8', '醫院', '编码的', '测试']);
    assert.match(mail.html, /<p>测试<\/p>/);
    assert.equal(mail.attachments[0]!.name, '结果.csv');
    await assert.rejects(parse(mixed), refused());
  }
});

test('a mail in UTF-8 needs no charset, and one that is not of its declared charset is refused', async () => {
  const plain = mailOf('Subject: 主题\r\n\r\n正文\r\n');
  for (const charset of [undefined, 'GBK', 'GB18030']) {
    const { subject, text } = await parseMail(plain, charset);
    assert.deepEqual([subject, text.trim()], ['主题', '正文']);
  }
  const body = mailOf('Subject: a\r\n\r\n', gb('正文'));
  await assert.rejects(parseMail(body), refused());
  await assert.rejects(
    parseMail(mailOf('Subject: a\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n', gb('正文')), 'GBK'),
    refused('declared'),
  );
  const kept = await parseMail(mailOf('Subject: a\r\n\r\n', '\ufffd real\r\n'));
  assert.equal(kept.text.trim(), '\ufffd real');
});

test('pictures of the text are named by their content id', async () => {
  const mail = mailOf(
    'Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\nContent-Type: multipart/related; boundary=b\r\n\r\n',
    '--b\r\nContent-Type: text/html\r\n\r\n<img src="cid:i1@x">\r\n--b\r\nContent-Type: image/png\r\nContent-ID: <i1@x>\r\n\r\nPNG\r\n--b--\r\n',
    '--a\r\nContent-Type: image/png; name=i2.png\r\nContent-Disposition: inline\r\n\r\nPNG\r\n',
    '--a\r\nContent-Type: application/pdf; name=r.pdf\r\nContent-Disposition: attachment\r\n\r\nPDF\r\n--a--\r\n',
  );
  const { attachments } = await parseMailRest(mail);
  assert.deepEqual(
    attachments.map(({ name, contentId, isInline }) => [name, contentId, isInline]),
    [
      ['', 'i1@x', true],
      ['i2.png', '', true],
      ['r.pdf', '', false],
    ],
  );
});
