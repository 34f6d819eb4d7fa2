/** Reads the operations of a SOAP service: from the files that people uploaded, otherwise from its WSDL at `?wsdl`. */
import { AppError } from '../../engine/contract/values/errors.ts';
import type { Offer } from '../../engine/contract/node/node.ts';
import type { ProbeContext } from '../../engine/contract/node/probe.ts';
import { BoundedThreads, ThreadLimit } from '../../engine/threads/bounded-threads.ts';
import { perClock } from '../shared/per-clock.ts';
import { createOutboundClient } from '../shared/http/outbound.ts';
import { readSettings } from '../shared/read-settings.ts';
import { httpAdapter, SoapSettings } from './settings.ts';
import { fetchFiles, getFile } from './wsdl/fetch-files.ts';
import type { References, WsdlTask } from './wsdl/task.ts';
import { tooCostly } from './wsdl/too-costly.ts';

const FIX = 'Ask the other side for the address of its WSDL, upload its files at the adapter, or fill in the fields by hand.';
/** Maximum CPU time for one task, in milliseconds. A description with thousands of operations takes a fraction of it. */
const CPU_MS = 3000;
const HEAP_MB = 256;
/** Maximum number of tasks that wait: in all, and per adapter. */
const WAITING = 256;
const WAITING_PER_ADAPTER = 128;
const FILE = new URL(import.meta.url.endsWith('.ts') ? './wsdl/wsdl-worker.ts' : './wsdl/wsdl-worker.js', import.meta.url);

/**
 * Returns the operations of a service. Rejects with WSDL_INVALID (input), which names file and line, with
 * WSDL_TOO_COSTLY (input) if reading takes too much time or memory, with WSDL_ABSENT (input) if the service returns no
 * description, with PARSE_BUSY (transient) if too many descriptions wait, and with the errors of the HTTP call.
 */
export async function readOffers(ctx: ProbeContext): Promise<readonly Offer[]> {
  const settings = readSettings(ctx.adapter, SoapSettings);
  const basePath = new URL(settings.baseUrl).pathname.replace(/\/$/, '');
  if (settings.wsdl !== undefined && settings.wsdl.length > 0) return run({ kind: 'uploaded', files: settings.wsdl, basePath }, ctx);
  const http = { ...ctx, adapter: httpAdapter(ctx.adapter) };
  const { status, body } = await getFile(http, createOutboundClient(), basePath === '' ? '/?wsdl' : '?wsdl');
  if (status < 200 || status > 299) throw absent(status);
  const { wsdl: _files, ...httpSettings } = settings;
  const name = new URL(`${basePath === '' ? '/' : basePath}?wsdl`, settings.baseUrl).href;
  const referencesIn = (file: { readonly name: string; readonly content: Uint8Array }) =>
    run<References>({ kind: 'references', file }, ctx);
  const fetched = await fetchFiles(http, httpSettings, { name, content: body }, referencesIn);
  return run({ kind: 'fetched', ...fetched, basePath }, ctx);
}

/**
 * The thread that reads descriptions. A description comes from the hospital and can take any amount of work, so the
 * thread is stopped when it exceeds the limit. All requests share this one thread, so that many requests use only one
 * processor.
 */
const threadsOf = perClock(
  (clock) =>
    new BoundedThreads<WsdlTask, unknown>({
      file: FILE,
      size: 1,
      heapMb: HEAP_MB,
      waiting: WAITING,
      waitingPerKey: WAITING_PER_ADAPTER,
      clock,
    }),
);

async function run<Answer = readonly Offer[]>(task: WsdlTask, { adapter, clock, signal }: ProbeContext): Promise<Answer> {
  try {
    return (await threadsOf(clock).run(task, { cpuMs: CPU_MS, key: adapter.adapterId, signal })) as Answer;
  } catch (error) {
    if (!(error instanceof ThreadLimit)) throw error;
    throw error.fault === 'busy' ? busy(error) : error.fault === 'failed' ? error : tooCostly();
  }
}

function busy({ retryAfterMs }: ThreadLimit): AppError {
  return new AppError('PARSE_BUSY', 'transient', 'Too many descriptions are waiting to be read.', {
    retryAfterMs,
    fix: 'Try again later.',
  });
}

function absent(status: number): AppError {
  const reason = `HTTP ${status}`;
  return new AppError('WSDL_ABSENT', 'input', `The service does not describe itself at ?wsdl (${reason}).`, {
    values: { reason },
    fix: FIX,
  });
}
