/**
 * What an extension's code gets besides the language. It runs inside the sandbox, in the realm of one call, before the
 * extension's code: an extension that changes the realm only harms its own call. `docs/extensions.md` describes `ctx`
 * and `message`.
 */
export const PRELUDE = String.raw`
(send, random) => {
  'use strict';
  const { parse, stringify } = JSON;
  Math.random = random;
  // Without a prototype, so that a toJSON of the code does not reach the message itself.
  const tell = (kind, message) => send(kind, stringify({ __proto__: null, ...message }));
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

  function startFetch(url, { method = 'GET', headers = {}, body } = {}) {
    return new Promise((resolve, reject) => {
      const request = ++lastRequest;
      const what = { __proto__: null, url: String(url), method, headers, ...(body === undefined ? {} : { body: String(body) }) };
      requests.set(request, { resolve, reject });
      tell('fetch', { request, what });
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

  function contextOf({ config, idempotencyKey, attempt }) {
    return Object.freeze({
      config,
      idempotencyKey,
      attempt,
      emit: (port, data, mediaType) => new Emitted(port, data, mediaType),
      fail(name) {
        throw new Declared(name);
      },
      fetch: startFetch,
    });
  }

  async function call(nodes, { verb, message, ...input }) {
    try {
      const result = await nodes[verb](contextOf(input), message);
      const { port, data, mediaType } = result instanceof Emitted ? result : new Emitted('ok', result);
      tell('result', { port: String(port), data: data === undefined ? null : data, ...(mediaType === undefined ? {} : { mediaType }) });
    } catch (error) {
      tell('failed', failureOf(error));
    }
  }

  function failureOf(error) {
    if (error instanceof Declared) return { declared: error.message.slice(0, 40) };
    const request = typeof error === 'object' && error !== null ? requestOf.get(error) : undefined;
    if (request !== undefined) return { request };
    const name = /^[A-Za-z]{1,40}$/.test(error?.name) ? error.name : 'Error';
    return { name, place: /extension\.mjs:(\d{1,9}(:\d{1,9})?)/.exec(error?.stack)?.[1] ?? '' };
  }

  return (exported) => {
    const nodes = exported.nodes;
    if (typeof nodes !== 'object' || nodes === null) throw new TypeError('the module exports no nodes');
    return {
      verbs: Object.keys(nodes).filter((verb) => typeof nodes[verb] === 'function'),
      receive(text) {
        const given = parse(text);
        if (given.is === 'call') void call(nodes, given.input);
        else endFetch(given);
      },
    };
  };
};
`;
