/** Descriptions of services (WSDL 1.1) and the types in them (XSD). */
import type { Tricks } from './bomb.ts';
import { filled, joined, nested } from './random.ts';

const wsdl = (types: string, operations = 1, more = ''): string => {
  const each = (make: (index: number) => string) => joined(operations, make);
  return `<w:definitions xmlns:w="http://schemas.xmlsoap.org/wsdl/" xmlns:s="http://schemas.xmlsoap.org/wsdl/soap/" targetNamespace="u">
<w:types><schema xmlns="http://www.w3.org/2001/XMLSchema">${types}</schema></w:types>${more}
<w:message name="m"><w:part name="p" element="e"/></w:message>
<w:portType name="p">${each((i) => `<w:operation name="o${i}"><w:input message="m"/><w:output message="m"/></w:operation>`)}</w:portType>
<w:binding name="b" type="p"><s:binding/>${each((i) => `<w:operation name="o${i}"/>`)}</w:binding></w:definitions>`;
};
const extending = (base: string, times: number) => `<complexContent><extension base="${base}"/></complexContent>`.repeat(times);
const type = (name: string, content: string) => `<complexType name="${name}">${content}</complexType>`;
const element = (name: string, of: string) => `<element name="${name}" type="${of}"/>`;
const ROOT = element('e', 't0');

export const WSDL_TRICKS: Tricks<string> = {
  'a type that extends itself': (random) => wsdl(ROOT + type('t0', extending('t0', random.int(1, 30)))),
  'a tower of types': (random) => {
    const height = random.int(5, 40);
    return wsdl(ROOT + joined(height, (i) => type(`t${i}`, extending(`t${i + 1}`, random.int(2, 9)))) + type(`t${height}`, ''));
  },
  operations: (random) => wsdl(`${ROOT}${type('t0', '')}`, random.int(1000, 40_000)),
  'fields of fields': (random) => {
    const height = random.int(5, 30);
    const level = (i: number) => type(`t${i}`, `<sequence>${joined(random.int(2, 8), (f) => element(`f${f}`, `t${i + 1}`))}</sequence>`);
    return wsdl(ROOT + joined(height, level) + type(`t${height}`, ''));
  },
  'a type in itself': (random) =>
    wsdl(ROOT + type('t0', `<sequence>${joined(random.int(10, 900), (f) => element(`f${f}`, 't0'))}</sequence>`)),
  'deep choices': (random) =>
    wsdl(
      ROOT +
        type(
          't0',
          nested(random.int(50, 3000), '', (inner) => `<choice>${inner}</choice>`),
        ),
    ),
  'long lists of values': (random) =>
    wsdl(
      `${element('e', 's')}<simpleType name="s"><restriction base="string">${joined(random.int(1000, 40_000), (i) => `<enumeration value="v${i}"/>`)}</restriction></simpleType>`,
    ),
  'groups in circles': (random) =>
    wsdl(
      ROOT +
        type('t0', '<group ref="g0"/>') +
        joined(random.int(2, 400), (i) => `<group name="g${i}"><sequence><group ref="g${i + 1}"/><group ref="g0"/></sequence></group>`),
    ),
  attributes: (random) =>
    wsdl(
      ROOT +
        type(
          't0',
          joined(random.int(100, 9000), (i) => `<attribute name="a${i}" type="string" x${i}="${i}"/>`),
        ),
    ),
  'laughing entities': (random) =>
    `<!DOCTYPE w [${joined(random.int(5, 30), (i) => `<!ENTITY l${i + 1} "${`&l${i};`.repeat(10)}">`)}]>${wsdl(ROOT)}`,
  'a file of this machine': () => `<!DOCTYPE w [<!ENTITY x SYSTEM "file:///etc/passwd">]>${wsdl(`${ROOT}&x;`)}`,
  imports: (random) =>
    wsdl(
      ROOT,
      1,
      joined(random.int(10, 2000), (i) => `<w:import namespace="n${i}" location="http://127.0.0.1:9/${i}?wsdl"/>`),
    ),
  messages: (random) =>
    wsdl(
      ROOT,
      1,
      joined(random.int(1000, 30_000), (i) => `<w:message name="m"><w:part name="p${i}" element="e"/></w:message>`),
    ),
  'long words': (random) => wsdl(element('e', filled('长', random.int(10_000, 900_000)))),
  deep: (random) => `${'<a>'.repeat(random.int(200, 200_000))}`,
  'no description': (random) =>
    random.pick(['', '<a/>', '{"a":1}', '\u0000', '<w:definitions/>', filled('<', 100_000), filled('&', 100_000)]),
};
