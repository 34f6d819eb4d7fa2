import assert from 'node:assert/strict';
import http from '../../../nodes/http/http.adapter.ts';
import httpCall from '../../../nodes/http/call.node.ts';
import { describeAdapter } from './kit.ts';
import { overHttp } from './over-http.ts';
import { nodeAct } from './subject.ts';

const SIZE = 100 * 1024 * 1024;

describeAdapter(
  overHttp({
    adapter: http,
    name: 'HTTP',
    path: '',
    acts: (count) => [
      nodeAct(httpCall, { method: 'POST', path: '/orders' }, (order) => ({ order }), count),
      nodeAct(httpCall, { path: '/orders/{data.order}' }, (order) => ({ order })),
    ],
    large: {
      async carry(options) {
        const call = nodeAct(httpCall, { path: `/bytes/${SIZE}` }, () => ({}));
        await assert.rejects(call.run('large', options), { code: 'HTTP_TOO_LARGE', kind: 'input' });
      },
    },
  }),
);
