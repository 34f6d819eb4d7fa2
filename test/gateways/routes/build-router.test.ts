import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildRouter } from '../../../gateways/routes/build-router.ts';
import { findRouteClashes } from '../../../gateways/routes/find-route-clashes.ts';
import { buildInterface } from '../support/city-plan.ts';

const router = buildRouter(
  [
    ['GET', '/a'],
    ['POST', '/a'],
    ['GET', '/a/:id'],
    ['PUT', '/a/:no'],
    ['GET', '/a/me'],
    ['GET', '/a/:id/b/:part'],
    ['GET', '/a/me/c'],
  ].map(([method, path]) => ({
    interface: { method: method as 'GET', path: path! },
    target: `${method} ${path}`,
  })),
);
const find = (path: string, method = 'GET') => {
  const match = router.find(path);
  return match && [match.methods.get(method), ...match.values];
};

test('finds fixed paths, parameters, and a fixed segment before a parameter', () => {
  assert.deepEqual(find('/a', 'POST'), ['POST /a']);
  assert.deepEqual(find('/a/7'), ['GET /a/:id', '7']);
  assert.deepEqual(find('/a/7', 'PUT'), ['PUT /a/:no', '7']);
  assert.deepEqual(find('/a/me'), ['GET /a/me']);
  assert.deepEqual(find('/a/me/c'), ['GET /a/me/c']);
  assert.deepEqual(find('/a/me/b/x'), ['GET /a/:id/b/:part', 'me', 'x']);
});

test('matches bytes as sent: another spelling is another path', () => {
  for (const path of ['/A', '/a/', '//a', '/%61', '/a/7/', '/a//b/x', '/', '', '/a/7/b']) assert.equal(find(path), undefined, path);
});

test('names both sides of a clash, whatever the parameters are called', () => {
  const first = buildInterface({ interfaceId: 'ifc_1', path: '/x/:id' });
  const second = buildInterface({ interfaceId: 'ifc_2', path: '/x/:no' });
  const clashes = findRouteClashes([
    first,
    second,
    buildInterface({ interfaceId: 'ifc_3', path: '/x/y' }),
    { ...second, interfaceId: 'ifc_4', front: 'bus' },
  ]);
  assert.deepEqual(
    clashes.map((clash) => [clash.first.interfaceId, clash.second.interfaceId]),
    [['ifc_1', 'ifc_2']],
  );
});
