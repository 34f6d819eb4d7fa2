/** Control behind a real socket with a real engine on memory, and a hospital that is a real HTTP server. */
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../../engine/contract/values/clock.ts';
import type { FlowDocument, FlowNode } from '../../engine/contract/flow/flow-document.ts';
import { createMessage } from '../../engine/contract/values/message.ts';
import { silentLogger, silentMetrics } from '../../engine/contract/values/observe.ts';
import type { Documents } from '../../engine/contract/ports/documents.ts';
import { createEngine, type Engine } from '../../engine/create-engine.ts';
import { systemClock } from '../../engine/host/system-clock.ts';
import { createMemorySharedState } from '../../storage/in-process/memory-shared-state.ts';
import { createMemoryWorkQueue } from '../../storage/in-process/memory-work-queue.ts';
import type { Blobs } from '../../engine/contract/ports/blobs.ts';
import { createMemoryBlobs } from '../../storage/memory/memory-blobs.ts';
import { createMemoryDocuments } from '../../storage/memory/memory-documents.ts';
import { engineWith, flow, plainSeal, startControl, type Running } from './start-control.ts';
import { createSoftwareCrypto } from '../../storage/crypto/software-crypto.ts';
import { THIS_MACHINE } from '../support/outbound.ts';

export interface RunningEngine extends Running {
  readonly engine: Engine;
  readonly blobs: Blobs;
  /** Saves and publishes. */
  publish(document: FlowDocument): Promise<void>;
  /** Offers a message to a published flow; answers the execution's id. */
  send(flowId: string, data: unknown, fields?: Parameters<typeof createMessage>[1]): Promise<string>;
  /** Asks again and again until it is so. */
  until<T>(ask: () => Promise<T | undefined | false>): Promise<T>;
}

const NODES = new URL('../../nodes', import.meta.url);
const PATIENCE_MS = 30_000;

/** `controlOffsetMs`: how far control's clock is ahead of the engine's. */
export async function startWithEngine(
  given: { readonly documents?: Documents; readonly allowed?: readonly string[]; readonly controlOffsetMs?: () => number } = {},
): Promise<RunningEngine> {
  const clock = systemClock;
  const documents = given.documents ?? createMemoryDocuments({ clock });
  const shared = createMemorySharedState({ clock });
  const blobs = createMemoryBlobs({ clock });
  const engine = await createEngine({
    documents,
    workQueue: createMemoryWorkQueue({ clock }),
    shared,
    blobs,
    seal: plainSeal,
    crypto: createSoftwareCrypto(),
    nodeFolders: [NODES],
    environment: 'TEST',
    outbound: { allowed: given.allowed ?? THIS_MACHINE },
    tls: () => Promise.resolve(undefined),
    clock,
    log: silentLogger,
    metrics: silentMetrics,
  });
  await engine.startWork();
  const { catalog, executions, nodes, extensions } = engine;
  const { bindings, store: bindingStore } = engine.bindings;
  const { outbound, changes } = engine;
  const { live, adapterCalls, interfaceCalls, frontCalls, gatewayConditions, callsSince, endCalls } = engine.processes;
  const running = await startControl({
    engine: {
      ...engineWith({ live, adapterCalls, interfaceCalls, frontCalls, gatewayConditions, callsSince, endCalls }),
      traffic: engine.traffic,
    },
    documents,
    shared,
    clock: ahead(given.controlOffsetMs ?? (() => 0)),
    catalog,
    executions,
    nodes,
    extensions,
    bindings,
    bindingStore,
    outbound,
    changes,
  });
  return {
    ...running,
    ...{ engine, blobs },
    async publish(document) {
      await catalog.saveDraft(document, 'test');
      await catalog.publish(document.flowId, 'test', new AbortController().signal);
    },
    async send(flowId, data, fields = {}) {
      const result = await engine.runFlow.call({
        flowId,
        caller: { interfaceId: 'ifc_test', appId: 'app' },
        message: createMessage(data, fields),
        traceId: `trace-${flowId}`,
        deadlineMs: clock.now() + 60_000,
        onLeave: () => undefined,
      });
      return result.executionId;
    },
    async until(ask) {
      for (const end = Date.now() + PATIENCE_MS; Date.now() < end;) {
        const found = await ask();
        if (found !== undefined && found !== false) return found;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      throw new Error(`never so: ${ask.toString()}`);
    },
    async stop() {
      await running.stop();
      await engine.stop(1000);
    },
  };
}

function ahead(offsetMs: () => number): Clock {
  const { now, monotonic } = systemClock;
  return { ...systemClock, now: () => now() + offsetMs(), monotonic: () => monotonic() + offsetMs() };
}

/** What `plainSeal` sealed for this document, changed. */
export function plainSealed(id: string, sealed: string, change: (text: string) => string): string {
  const place = { collection: '', id, field: '' };
  return plainSeal.seal(place, change(plainSeal.openText(place, sealed)));
}

export interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Hospital {
  readonly baseUrl: string;
  readonly received: Received[];
  /** How it answers from now on. */
  answer: (request: Received) => { readonly status: number; readonly body?: unknown; readonly html?: string } | 'silence';
  stop(): Promise<void>;
}

/** `port`: where it was before, for one that was down. */
export async function startHospital(port = 0): Promise<Hospital> {
  const hospital: { -readonly [K in keyof Hospital]: Hospital[K] } = {
    baseUrl: '',
    received: [],
    answer: () => ({ status: 200, body: { ok: true } }),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const received = { path: request.url ?? '', headers: request.headers, body: Buffer.concat(parts).toString() };
      hospital.received.push(received);
      const answer = hospital.answer(received);
      if (answer === 'silence') return;
      response.writeHead(answer.status, { 'content-type': answer.html === undefined ? 'application/json' : 'text/html' });
      response.end(answer.html ?? JSON.stringify(answer.body ?? {}));
    });
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  hospital.baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return hospital;
}

export function adapterTo(hospital: Hospital, more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    adapterId: 'adp_his',
    revision: 0,
    name: { 'zh-CN': '医院甲', en: 'Hospital A' },
    protocol: 'http',
    owner: 'A',
    domain: 'sh-city',
    environments: { TEST: { baseUrl: hospital.baseUrl } },
    ...more,
  };
}

/** `n_a.ok > n_b` as an edge; the port is `out` where none is said. */
export function graph(
  flowId: string,
  nodes: Readonly<Record<string, { readonly type: string } & Partial<FlowNode>>>,
  edges: readonly string[],
  more: Partial<FlowDocument> = {},
): FlowDocument {
  return flow(flowId, {
    nodes: Object.entries(nodes).map(([id, node]) => ({ id, label: id, config: {}, ...node })),
    edges: edges.map((text, index) => {
      const [from = '', to = ''] = text.split(' > ');
      const [node = '', port = 'out'] = from.split('.');
      return { id: `e_${index}`, from: { node, port }, to: { node: to, port: 'in' } };
    }),
    ...more,
  });
}
