/**
 * What an extension's code gets besides the language. It runs inside the sandbox, so an extension that changes it only
 * harms itself. `docs/extensions.md` describes `ctx` and `message`.
 */
export const PRELUDE = String.raw`
(send, exported) => {
  'use strict';
  const { parse, stringify } = JSON;
  const nodes = exported.nodes;
  if (typeof nodes !== 'object' || nodes === null) throw new TypeError('the module exports no nodes');
  const tell = (message) => send(stringify(message));
  const requests = new Map();
  const requestOf = new WeakMap();
  let lastRequest = 0;

  class Emitted {
    constructor(port, data, mediaType) {
      this.port = port;
      this.data = data;
      this.mediaType = mediaType;
    }
  }
  class Declared extends Error {}

  function startFetch(id, url, { method = 'GET', headers = {}, body } = {}) {
    return new Promise((resolve, reject) => {
      const request = ++lastRequest;
      requests.set(request, { id, resolve, reject });
      tell({ is: 'fetch', id, request, what: { url: String(url), method, headers, ...(body === undefined ? {} : { body: String(body) }) } });
    });
  }

  function endFetch({ request, response, code }) {
    const waiting = requests.get(request);
    if (waiting === undefined) return;
    requests.delete(request);
    if (response !== undefined) return waiting.resolve(Object.freeze({ ...response, json: () => parse(response.body) }));
    const error = new Error(code);
    error.code = code;
    requestOf.set(error, request);
    waiting.reject(error);
  }

  function contextOf(id, { config, idempotencyKey, attempt }) {
    return Object.freeze({
      config,
      idempotencyKey,
      attempt,
      emit: (port, data, mediaType) => new Emitted(port, data, mediaType),
      fail(name) {
        throw new Declared(name);
      },
      fetch: (url, options) => startFetch(id, url, options),
    });
  }

  async function call(id, { verb, message, ...input }) {
    try {
      const result = await nodes[verb](contextOf(id, input), message);
      const { port, data, mediaType } = result instanceof Emitted ? result : new Emitted('ok', result);
      tell({ is: 'result', id, port: String(port), data: data === undefined ? null : data, ...(mediaType === undefined ? {} : { mediaType }) });
    } catch (error) {
      tell({ is: 'failed', id, ...failureOf(error) });
    } finally {
      endFetches(id);
    }
  }

  function endFetches(id) {
    for (const [request, waiting] of requests) if (waiting.id === id) requests.delete(request);
  }

  function failureOf(error) {
    if (error instanceof Declared) return { declared: error.message.slice(0, 40) };
    const request = typeof error === 'object' && error !== null ? requestOf.get(error) : undefined;
    if (request !== undefined) return { request };
    const name = /^[A-Za-z]{1,40}$/.test(error?.name) ? error.name : 'Error';
    return { name, place: /extension\.mjs:(\d{1,9}(:\d{1,9})?)/.exec(error?.stack)?.[1] ?? '' };
  }

  return {
    verbs: Object.keys(nodes).filter((verb) => typeof nodes[verb] === 'function'),
    receive(text) {
      const given = parse(text);
      if (given.is === 'call') void call(given.id, given.input);
      else if (given.is === 'answer') endFetch(given);
      else if (given.is === 'cancel') {
        for (const [request, { id }] of requests) if (id === given.id) endFetch({ request, code: 'CANCELLED' });
      }
    },
  };
};
`;
