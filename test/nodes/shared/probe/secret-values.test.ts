import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SecretValues } from '../../../../nodes/shared/probe/secret-values.ts';

const SECRET = 'a/b+S3 "<密😀&\\';

test('a secret is hidden in each form in which a peer may echo it', () => {
  const secrets = new SecretValues();
  secrets.add(`user:${SECRET}`);
  const url = encodeURIComponent(SECRET);
  const json = JSON.stringify(SECRET).slice(1, -1);
  const bytes = Buffer.from(SECRET);
  const units = SECRET.replaceAll(/[^a-z0-9]/gi, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  const entities = (write: (code: number) => string) => SECRET.replaceAll(/[^a-z0-9]/giu, (one) => write(one.codePointAt(0)!));
  const forms = [
    ...[SECRET, url, url.replaceAll('%20', '+'), url.replaceAll(/%../g, (byte) => byte.toLowerCase())],
    ...[json, json.replaceAll('/', '\\/'), units, units.replaceAll(/\\u..../g, (unit) => `\\u${unit.slice(2).toUpperCase()}`)],
    ...[bytes.toString('hex'), bytes.toString('hex').toUpperCase(), bytes.toString('base64'), bytes.toString('base64url')],
    ...[entities((code) => `&#x${code.toString(16)};`), entities((code) => `&#X0${code.toString(16).toUpperCase()};`)],
    ...[entities((code) => `&#${code};`), SECRET.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('/', '&#x2F;')],
  ];
  for (const form of forms) {
    const text = Buffer.from(`begin ${form} end`).toString('latin1');
    assert.equal(secrets.hide(text), 'begin ****** end', form);
  }
  assert.equal(secrets.hide('begin a/b+S4 end'), 'begin a/b+S4 end');
});

test('a long key and a long text take no time worth a word', () => {
  const secrets = new SecretValues();
  secrets.add('\\'.repeat(40));
  secrets.add(`${'&'.repeat(100)}x`);
  const text = '\\'.repeat(30).padEnd(10_000, '& ').replaceAll(' ', 'amp;');
  assert.equal(secrets.hide(text), text);
});
