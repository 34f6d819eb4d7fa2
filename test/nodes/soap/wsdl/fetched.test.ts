/** Imports over HTTP: what is followed, what is never fetched, and what a description may cost. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { createOutboundGuard } from '../../../../engine/outbound/create-outbound-guard.ts';
import { offersOf, schemaOf, wsdlOf } from './describe.ts';

const IN = '<x:element name="in" type="x:string"/><x:element name="out" type="x:string"/>';
const including = (...locations: string[]) =>
  wsdlOf(schemaOf(locations.map((location) => `<x:include schemaLocation="${location}"/>`).join('')));

interface Site {
  readonly origin: string;
  readonly asked: { readonly url: string; readonly authorization: string | undefined }[];
}

/** A server with these files, by path and query. */
async function site(t: TestContext, files: (origin: string) => Readonly<Record<string, string>>): Promise<Site> {
  const asked: { url: string; authorization: string | undefined }[] = [];
  const server = createServer(({ url = '', headers }, response) => {
    asked.push({ url, authorization: headers.authorization });
    const content = files(origin)[url];
    if (content === undefined) response.writeHead(404).end();
    else if (content.startsWith('http')) response.writeHead(302, { location: content }).end();
    else response.end(content);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { origin, asked };
}

test('relative and absolute imports are followed, in circles and each once', async (t) => {
  const { origin, asked } = await site(t, (own) => ({
    '/s/svc?wsdl': wsdlOf('', `<w:import namespace="urn:t" location="${own}/s/parts?wsdl=1"/>`),
    '/s/parts?wsdl=1': wsdlOf(schemaOf('<x:include schemaLocation="../xsd/a.xsd"/>')),
    '/xsd/a.xsd': schemaOf('<x:include schemaLocation="b.xsd"/><x:element name="in" type="t:In"/><x:element name="out"/>'),
    '/xsd/b.xsd': schemaOf(
      '<x:include schemaLocation="a.xsd"/><x:complexType name="In"><x:sequence><x:element name="姓名" type="x:string"/></x:sequence></x:complexType>',
    ),
  }));
  const [offer] = await offersOf({ baseUrl: `${origin}/s/svc`, auth: 'basic' });
  assert.equal(offer?.problems, undefined);
  assert.deepEqual(Object.keys(offer?.takes['properties'] as object), ['姓名']);
  assert.deepEqual(
    asked.map(({ url }) => url),
    ['/s/svc?wsdl', '/s/parts?wsdl=1', '/xsd/a.xsd', '/xsd/b.xsd'],
  );
  assert.ok(asked.every(({ authorization }) => authorization === `Basic ${Buffer.from('user:word').toString('base64')}`));
});

test('another host gets no credential; an inner name that leads nowhere is tried at the adapter', async (t) => {
  const other = await site(t, () => ({ '/b.xsd': schemaOf('<x:element name="out" type="x:string"/>') }));
  const { origin } = await site(t, () => ({
    '/s?wsdl': including('http://inner-name.invalid:8080/a.xsd', `${other.origin}/b.xsd`),
    '/a.xsd': schemaOf('<x:element name="in" type="x:string"/>'),
  }));
  const [offer] = await offersOf({ baseUrl: `${origin}/s`, auth: 'basic' });
  assert.equal(offer?.problems, undefined);
  assert.deepEqual(other.asked, [{ url: '/b.xsd', authorization: undefined }]);
});

test('what the outbound guard forbids, other protocols and redirects are not fetched, with the reason and the line', async (t) => {
  const forbidden = await site(t, () => ({ '/secret.xsd': schemaOf(IN) }));
  const { origin } = await site(t, () => ({
    '/s?wsdl': including(`${forbidden.origin}/secret.xsd`, 'file:///etc/passwd', '/moved.xsd', 'gone.xsd', 'own.xsd'),
    '/moved.xsd': `${forbidden.origin}/secret.xsd`,
    '/own.xsd': schemaOf('<x:element name="in" type="t:Elsewhere"/><x:element name="out"/>'),
  }));
  const port = Number(new URL(origin).port);
  const guard = createOutboundGuard({ isExcepted: (_host, _address, at) => at === port });
  const [offer] = await offersOf({ baseUrl: `${origin}/s` }, guard);
  assert.deepEqual(
    offer?.problems?.map(({ values }) => [values?.['problem'], values?.['line'], values?.['reason']]),
    [
      ['import', 2, 'OUTBOUND_REFUSED'],
      ['import', 2, 'file: is not fetched'],
      ['import', 2, 'HTTP 302'],
      ['import', 2, 'HTTP 404'],
      ['name', 1, undefined],
    ],
  );
  assert.deepEqual(forbidden.asked, []);
});

test('a description that imports without end stops at its limits', async (t) => {
  const wide = await site(t, () => ({ '/s?wsdl': including(...Array.from({ length: 150 }, (_, index) => `${index}.xsd`)) }));
  await assert.rejects(offersOf({ baseUrl: `${wide.origin}/s` }), { code: 'WSDL_INVALID' });
  assert.equal(wide.asked.length, 101);
  const endless = createServer(({ url = '' }, response) => {
    const number = Number(/\d+/.exec(url)?.[0] ?? 0);
    response.end(url.endsWith('?wsdl') ? including('0.xsd') : schemaOf(`<x:include schemaLocation="${number + 1}.xsd"/>`));
  });
  await new Promise<void>((resolve) => endless.listen(0, '127.0.0.1', resolve));
  t.after(() => endless.close());
  const baseUrl = `http://127.0.0.1:${(endless.address() as AddressInfo).port}/s`;
  await assert.rejects(offersOf({ baseUrl }), (error: { values: Readonly<Record<string, unknown>> }) => {
    assert.deepEqual([error.values['problem'], error.values['limit']], ['limit', '20 levels of imports']);
    return true;
  });
});
