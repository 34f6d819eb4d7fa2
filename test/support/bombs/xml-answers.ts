/** XML and JSON that a hospital answers with. */
import type { Tricks } from './bomb.ts';
import { filled, joined, nested } from './random.ts';

const MEGABYTE = 1024 * 1024;

/** Latin-1 texts: the server sends each character as a byte. */
export const XML_TRICKS: Tricks<string> = {
  deep: (random) => filled('<a>', random.int(1000, 2 * MEGABYTE)),
  'deep and closed': (random) => nested(random.int(90, 5000), 'x', (inner) => `<a>${inner}</a>`),
  'many elements': (random) => `<a>${filled('<b/>', random.int(2500, MEGABYTE) * 4)}</a>`,
  'many names': (random) => `<a>${joined(random.int(2000, 60_000), (i) => `<b${i}/>`)}</a>`,
  attributes: (random) => `<a ${joined(random.int(2000, 9000), (i) => `a${i}="${i}" `)}/>`,
  'more attributes': (random) => `<a ${joined(random.int(10_000, 90_000), (i) => `a${i}="" `)}/>`,
  'one attribute twice': (random) => `<a ${filled('a="1" ', random.int(2000, 20_000) * 6)}/>`,
  'laughing entities': (random) =>
    `<!DOCTYPE a [<!ENTITY l0 "ha">${joined(random.int(5, 30), (i) => `<!ENTITY l${i + 1} "${`&l${i};`.repeat(10)}">`)}]><a>&l5;</a>`,
  'a file of this machine': () => '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
  'entities of XML': (random) => `<a>${filled('&amp;&#x4e2d;', random.int(1000, 90_000) * 13)}</a>`,
  'entities without an end': (random) => `<a>${filled('&', random.int(1000, 900_000))}</a>`,
  'CDATA in pieces': (random) => `<a>${filled('<![CDATA[x]]>', random.int(1000, 60_000) * 13)}</a>`,
  'CDATA without an end': (random) => `<a><![CDATA[${filled(']]', random.int(1000, 900_000))}`,
  comments: (random) => `<a>${filled('<!-- x -->', random.int(1000, 60_000) * 10)}</a>`,
  prefixes: (random) => `<${filled('a:', random.int(1000, 120_000))} ${joined(random.int(100, 4000), (i) => `xmlns:n${i}="u${i}" `)}/>`,
  text: (random) => `<a>${filled('x', random.int(MEGABYTE, 8 * MEGABYTE))}</a>`,
  'text between elements': (random) => `<a>${filled('x<b/>y', random.int(2000, 150_000) * 6)}</a>`,
  'names of the language': () => '<constructor><__proto__ a="1"/><toString/></constructor>',
  'a charset that is none': (random) => `<?xml version="1.0" encoding="${filled('x', random.int(1, 100_000))}"?><a/>`,
  'half of it': (random) => filled('<a b="c">d</a', random.int(10, 900_000)),
  'no XML': (random) => random.pick(['', '\u0000', '{}', filled('<', 200_000), filled('>', 200_000), '\u00ff\u00fe<\u0000a\u0000']),
};

export const JSON_TRICKS: Tricks<string> = {
  deep: (random) => filled('[', random.int(1000, 3 * MEGABYTE)),
  'deep and closed': (random) => nested(random.int(90, 5000), '1', (inner) => `{"a":${inner}}`),
  'empty objects': (random) => `[${filled('{},', random.int(10_000, 400_000) * 3)}{}]`,
  'empty lists': (random) => `[${filled('[],', random.int(10_000, 400_000) * 3)}[]]`,
  numbers: (random) => `[${filled('1e9,', random.int(10_000, 400_000) * 4)}1]`,
  'numbers beyond measure': (random) => `[${filled('12345678901234567890123,', random.int(1000, 40_000) * 24)}1e999]`,
  'one long number': (random) => filled('7', random.int(1000, 2 * MEGABYTE)),
  'many names': (random) => `{${joined(random.int(5000, 90_000), (i) => `"n${i}":1,`)}"x":1}`,
  'one name twice': (random) => `{${filled('"a":1,', random.int(1000, 90_000) * 6)}"a":1}`,
  'a long text': (random) => `"${filled('x', random.int(MEGABYTE, 8 * MEGABYTE))}"`,
  escapes: (random) => `"${filled('\\u0041', random.int(1000, 300_000) * 6)}"`,
  'names of the language': () => '{"__proto__":{"polluted":true},"constructor":{"prototype":{"x":1}}}',
  'half of it': (random) => filled('{"a":[1,', random.int(10, 900_000)),
  'no JSON': (random) => random.pick(['', 'NaN', '\u0000', '\u00ff', '<a/>', filled('"', 100_001), filled('\\', 100_000)]),
};
