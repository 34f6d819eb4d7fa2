import httpCall from '../../../nodes/http/call.node.ts';
import http from '../../../nodes/http/http.adapter.ts';
import { describeAdapter } from './kit.ts';
import { overHttp } from './over-http.ts';
import { nodeAct } from './subject.ts';

describeAdapter(
  overHttp({
    adapter: http,
    name: 'HTTP',
    path: '',
    acts: (count) => [
      nodeAct(httpCall, { method: 'POST', path: '/orders' }, (order) => ({ order }), count),
      nodeAct(httpCall, { path: '/orders/{data.order}' }, (order) => ({ order })),
    ],
  }),
);
