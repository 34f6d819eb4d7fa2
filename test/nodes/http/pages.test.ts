import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { runNode } from '../../../engine/testing/run-node.ts';
import httpCall from '../../../nodes/http/call.node.ts';
import { httpPeer, type Received } from '../support/peers.ts';

const ALL = Array.from({ length: 25 }, (_, id) => ({ id }));

test('follows the header Link', async (t) => {
  const { read, requests } = await peer(t, (query, baseUrl) => {
    const at = Number(query.get('at') ?? 0);
    const links = [`<${baseUrl}/list?at=0>; rel="first"; title="a, b"`, `<list?at=${at + 10}>; rel="prefetch NEXT"`];
    return { body: ALL.slice(at, at + 10), headers: at + 10 < 25 ? { link: links } : { link: links[0]! } };
  });
  assert.deepEqual(await read({ by: 'link' }), ALL);
  assert.deepEqual(
    requests.map(({ url }) => url),
    ['/base/list?size=10', '/base/list?at=10', '/base/list?at=20'],
  );
});

test('follows an address in the answer, absolute or relative', async (t) => {
  const { read } = await peer(t, (query, baseUrl) => {
    const at = Number(query.get('at') ?? 0);
    const next = at === 0 ? `${baseUrl}/list?at=10` : at === 10 ? '/base/list?at=20' : null;
    return { body: { links: { next }, data: ALL.slice(at, at + 10) } };
  });
  assert.deepEqual(await read({ by: 'address', items: 'data', next: 'links.next' }), ALL);
});

test('passes a cursor on, as it is', async (t) => {
  const { read, requests } = await peer(t, (query) => {
    const at = Number(query.get('after')?.replace('c&=', '') ?? 0);
    return { body: { rows: ALL.slice(at, at + 10), page: { cursor: at + 10 < 25 ? `c&=${at + 10}` : '' } } };
  });
  assert.deepEqual(await read({ by: 'cursor', items: 'rows', next: 'page.cursor', parameter: 'after' }), ALL);
  assert.equal(requests[2]?.url, '/base/list?size=10&after=c%26%3D20');
});

test('counts pages and items, to a page that is short or empty', async (t) => {
  const { read, requests } = await peer(t, (query) => {
    const size = Number(query.get('size'));
    const at = query.has('page') ? (Number(query.get('page')) - 1) * size : Number(query.get('offset'));
    return { body: ALL.slice(at, at + size) };
  });
  const pagesOf = async (pages: object) => {
    requests.length = 0;
    assert.deepEqual(await read(pages), ALL);
    return requests.map(({ url }) => url?.replace('/base/list?size=10&', ''));
  };
  assert.deepEqual(await pagesOf({ by: 'page' }), ['page=1', 'page=2', 'page=3', 'page=4']);
  assert.deepEqual(await pagesOf({ by: 'page', pageSize: 10 }), ['page=1', 'page=2', 'page=3']);
  assert.deepEqual(await pagesOf({ by: 'offset', pageSize: 10 }), ['offset=0', 'offset=10', 'offset=20']);
});

test('counts in a field of the body, and leaves its other fields as they are', async (t) => {
  const { read, requests } = await peer(t, (_, __, body) => {
    const { no, from } = body['page'] as { no?: number; from?: number };
    const at = from ?? (no! - 1) * 10;
    return { body: { code: 0, data: { records: ALL.slice(at, at + 10), total: 25 } } };
  });
  const bodiesOf = async (pages: object, config: object = {}) => {
    requests.length = 0;
    const all = { place: 'body', items: 'data.records', pageSize: 10, ...pages };
    assert.deepEqual(await read(all, { method: 'POST', reads: true, data: { wards: ['1'], page: { size: 10, no: 7 } }, ...config }), ALL);
    assert.ok(requests.every(({ url }) => url === '/base/list?size=10'));
    return requests.map(({ body }) => JSON.parse(body) as unknown);
  };
  const wards = ['1'];
  assert.deepEqual(await bodiesOf({ by: 'page', parameter: 'page.no' }), [
    { wards, page: { size: 10, no: 1 } },
    { wards, page: { size: 10, no: 2 } },
    { wards, page: { size: 10, no: 3 } },
  ]);
  const fixed = { body: { value: { wards } } };
  assert.deepEqual(await bodiesOf({ by: 'offset', parameter: 'page.from' }, fixed), [
    { wards, page: { from: 0 } },
    { wards, page: { from: 10 } },
    { wards, page: { from: 20 } },
  ]);
});

test('passes a cursor on in the body: the first page has none, and a number stays a number', async (t) => {
  const { read, requests } = await peer(t, (_, __, { cursor = 0 }) => {
    const at = cursor as number;
    return { body: { rows: ALL.slice(at, at + 10), next: at + 10 < 25 ? at + 10 : null } };
  });
  const pages = { by: 'cursor', place: 'body', items: 'rows', next: 'next' };
  assert.deepEqual(await read(pages, { method: 'POST', reads: true, data: { size: 10 } }), ALL);
  assert.deepEqual(
    requests.map(({ body }) => JSON.parse(body) as unknown),
    [{ size: 10 }, { size: 10, cursor: 10 }, { size: 10, cursor: 20 }],
  );
  const circle = await peer(t, () => ({ body: { rows: [], next: 5 } }));
  await assert.rejects(circle.read(pages, { method: 'POST', reads: true, data: {} }), {
    code: 'HTTP_PAGE_WRONG',
    values: { problem: 'circle' },
  });
});

test('counts in a field of a form', async (t) => {
  const { read, requests } = await peer(t, (_, __, body) => {
    const at = (Number(body['pageNo']) - 1) * 10;
    return { body: ALL.slice(at, at + 10) };
  });
  const pages = { by: 'page', place: 'body', parameter: 'pageNo', pageSize: 10 };
  assert.deepEqual(await read(pages, { method: 'POST', reads: true, bodyAs: 'form', data: { ward: '内科' } }), ALL);
  assert.equal(requests[2]?.body, `ward=${encodeURIComponent('内科')}&pageNo=3`);
});

test('the name of a field of a form may have dots and brackets, as in the query', async (t) => {
  const { read, requests } = await peer(t, () => ({ body: [] }));
  const call = async (parameter: string, bodyAs: string) => {
    requests.length = 0;
    const pages = { by: 'page', place: 'body', parameter };
    await read(pages, { method: 'POST', reads: true, bodyAs, data: { size: 10 } });
    return requests[0]!.body;
  };
  assert.equal(await call('page.no', 'form'), 'size=10&page.no=1');
  assert.equal(await call('page[no]', 'form'), 'size=10&page%5Bno%5D=1');
  assert.match(await call('page.no', 'multipart'), /name="page\.no"\r\n\r\n1\r\n/);
});

test('a body that cannot hold the place of the next page is an error before anything is sent', async (t) => {
  const { read, requests } = await peer(t, () => ({ body: [] }));
  const pages = { by: 'page', place: 'body', parameter: 'page.no' };
  for (const data of ['text', [1], { page: 5 }, { page: [] }])
    await assert.rejects(read(pages, { method: 'POST', reads: true, data }), { code: 'HTTP_PAGE_WRONG', values: { problem: 'body' } });
  for (const [wrong, config] of [
    [{}, { method: 'GET' }],
    [{}, { method: 'POST', reads: true, body: 'none' }],
    [{}, { method: 'POST', reads: true, bodyAs: 'blob' }],
    [{ parameter: 'a[0]' }, { method: 'POST', reads: true }],
    [{ parameter: 'a..b' }, { method: 'POST', reads: true }],
    [{ by: 'link' }, { method: 'POST', reads: true }],
  ])
    await assert.rejects(read({ ...pages, ...wrong }, { data: {}, ...config }), { code: 'NODE_CONFIG_WRONG' });
  assert.equal(requests.length, 0);
});

test('a list is never cut: what goes beyond a limit, or cannot be read to its end, is an error', async (t) => {
  const { read, baseUrl } = await peer(t, (query) => {
    const at = Number(query.get('offset') ?? 0);
    return { body: { next: query.get('to') ?? '', items: ALL.slice(at, at + 10) } };
  });
  const elsewhere = [
    'http://127.0.0.1:1/list',
    `${new URL(baseUrl).origin}/other`,
    `${baseUrl}/../other`,
    '//evil.example/list',
    'file:///etc',
  ];
  const cases: readonly [pages: object, code: string, values: object, query?: object][] = [
    [{ by: 'offset', items: 'items', maxPages: 2 }, 'HTTP_PAGES_TOO_MANY', { problem: 'pages', limit: 2 }],
    [{ by: 'offset', items: 'items', maxItems: 24 }, 'HTTP_PAGES_TOO_MANY', { problem: 'items', limit: 24 }],
    [{ by: 'offset' }, 'HTTP_PAGE_WRONG', { problem: 'items' }],
    [{ by: 'offset', items: 'typo' }, 'HTTP_PAGE_WRONG', { problem: 'items' }],
    [{ by: 'address', items: 'items', next: 'items' }, 'HTTP_PAGE_WRONG', { problem: 'next' }],
    ...elsewhere.map((to): [object, string, object, object] => [
      { by: 'address', items: 'items', next: 'next' },
      'HTTP_PAGE_WRONG',
      { problem: 'elsewhere' },
      { to },
    ]),
  ];
  for (const [pages, code, values, query] of cases) await assert.rejects(read(pages, { query }), { code, kind: 'input', values });
  const circle = await peer(t, () => ({ body: { next: 'list?size=10', items: [] } }));
  await assert.rejects(circle.read({ by: 'address', items: 'items', next: 'next' }), {
    code: 'HTTP_PAGE_WRONG',
    values: { problem: 'circle' },
  });
});

test('each page has the time limit of a call, a page that fails is an error, and a cancel ends between pages', async (t) => {
  let status = 200;
  const cancel = new AbortController();
  const { read, requests } = await peer(t, (query) => {
    const at = Number(query.get('offset'));
    if (at === 10 && status === 0) return undefined;
    if (at === 20 && cancel.signal.reason === undefined && status === 1) cancel.abort(new Error('cancelled'));
    return { body: ALL.slice(at, at + 10), status: at === 10 && status > 1 ? status : 200 };
  });
  status = 503;
  await assert.rejects(read({ by: 'offset' }), { code: 'HTTP_BUSY', kind: 'transient' });
  status = 0;
  await assert.rejects(read({ by: 'offset' }, { limits: { timeoutMs: 300 } }), { code: 'HTTP_NO_ANSWER', kind: 'transient' });
  status = 1;
  requests.length = 0;
  await assert.rejects(read({ by: 'offset' }, { signal: cancel.signal }), { code: 'HTTP_NO_ANSWER' });
  assert.equal(requests.length, 3);
});

test('whole answers have the items and the last status; pages belong to calls that only read', async (t) => {
  const { read } = await peer(t, () => ({ body: [] }));
  const { status, body } = (await read({ by: 'page' }, { full: true })) as { status: number; body: unknown };
  assert.deepEqual([status, body], [200, []]);
  for (const wrong of [{ method: 'POST' }, { responseAs: 'blob' }, { blobAboveBytes: 5 }])
    await assert.rejects(read({ by: 'page' }, wrong), { code: 'NODE_CONFIG_WRONG' });
  await assert.rejects(read({ by: 'cursor' }), { code: 'NODE_CONFIG_WRONG' });
  await assert.rejects(read({ by: 'cursor', next: 'a..b' }), { code: 'NODE_CONFIG_WRONG' });
});

interface Answer {
  readonly body: unknown;
  readonly headers?: Record<string, string | string[]>;
  readonly status?: number;
}

async function peer(
  t: TestContext,
  answer: (query: URLSearchParams, baseUrl: string, body: Record<string, unknown>) => Answer | undefined,
) {
  const { baseUrl, requests } = await httpPeer(t, ({ url, headers, body }: Received, response) => {
    const isJson = headers['content-type'] === 'application/json';
    const fields = isJson ? (JSON.parse(body) as Record<string, unknown>) : Object.fromEntries(new URLSearchParams(body));
    const given = answer(new URL(url!, baseUrl).searchParams, baseUrl, fields);
    if (given === undefined) return;
    response.writeHead(given.status ?? 200, { 'content-type': 'application/json', ...given.headers }).end(JSON.stringify(given.body));
  });
  const read = async (pages: object, { limits = {}, signal, query, data, ...config }: Record<string, unknown> = {}): Promise<unknown> => {
    const outcome = await runNode(httpCall, {
      config: { path: '/list', query: { size: '10', ...(query as object) }, pages, ...config },
      adapter: { settings: { baseUrl }, limits: limits as object },
      ...(data === undefined ? {} : { data }),
      ...(signal === undefined ? {} : { signal: signal as AbortSignal }),
    });
    assert.ok('emit' in outcome);
    return outcome.emit!['ok']![0]!.data;
  };
  return { read, requests, baseUrl };
}
