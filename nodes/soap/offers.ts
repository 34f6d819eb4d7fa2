/** Reads the operations of a SOAP service from its WSDL at `?wsdl`. */
import { AppError } from '../../engine/contract/values/errors.ts';
import { createMessage } from '../../engine/contract/values/message.ts';
import type { Offer, ProbeContext } from '../../engine/contract/node/node.ts';
import { BoundedThreads, ThreadLimit } from '../../engine/threads/bounded-threads.ts';
import { createOutboundClient } from '../shared/http/outbound.ts';
import { HttpSettings } from '../shared/http/settings.ts';
import { readSettings } from '../shared/read-settings.ts';
import { tooCostly } from './too-costly.ts';
import type { WsdlTask } from './wsdl-worker.ts';

const FIX = 'Ask the other side for the address of its WSDL, or fill in the fields by hand.';
/**
 * Maximum CPU time for reading one description, in milliseconds. A description with thousands of operations takes a
 * tenth of it.
 */
const CPU_MS = 2000;
const HEAP_MB = 256;
/** Maximum number of descriptions that wait: in all, and per adapter. */
const WAITING = 32;
const WAITING_PER_ADAPTER = 4;
const FILE = new URL(import.meta.url.endsWith('.ts') ? './wsdl-worker.ts' : './wsdl-worker.js', import.meta.url);

/**
 * Returns the operations of a service. Rejects with WSDL_TOO_COSTLY (input) if reading its description takes too much
 * time or memory, with WSDL_ABSENT (input) if the service returns no description of SOAP operations, with PARSE_BUSY
 * (transient) if too many descriptions wait, and with the errors of the HTTP call.
 */
export async function readOffers(ctx: ProbeContext): Promise<readonly Offer[]> {
  const basePath = new URL(readSettings(ctx.adapter, HttpSettings).baseUrl).pathname.replace(/\/$/, '');
  const scope = { message: createMessage(null), nodes: {}, now: ctx.clock.now() };
  const { status, body } = await createOutboundClient().send(
    { ...ctx, scope, idempotencyKey: '', beforeFirstByte: () => undefined, secret: (name) => ctx.secret(name) },
    { method: 'GET', path: basePath === '' ? '/?wsdl' : '?wsdl', headers: { accept: 'text/xml, application/wsdl+xml' }, effect: 'read' },
  );
  if (status < 200 || status > 299) throw absent(`HTTP ${status}`);
  const offers = await read({ body, basePath }, ctx);
  if (offers.length === 0) throw absent('no SOAP operation');
  return offers;
}

/**
 * The thread that reads descriptions. A description comes from the hospital and can take any amount of work, so the
 * thread is stopped when it exceeds the limit. All requests share this one thread, so that many requests use only one
 * processor.
 */
let threads: BoundedThreads<WsdlTask, readonly Offer[]> | undefined;

async function read(task: WsdlTask, { adapter, clock, signal }: ProbeContext): Promise<readonly Offer[]> {
  threads ??= new BoundedThreads({ file: FILE, size: 1, heapMb: HEAP_MB, waiting: WAITING, waitingPerKey: WAITING_PER_ADAPTER, clock });
  try {
    return await threads.run(task, { cpuMs: CPU_MS, key: adapter.adapterId, signal });
  } catch (error) {
    if (error instanceof ThreadLimit) throw error.fault === 'busy' ? busy(error) : error.fault === 'failed' ? error : tooCostly();
    if (error instanceof AppError && error.code !== 'WSDL_TOO_COSTLY') throw absent(error.code, error);
    throw error;
  }
}

function busy({ retryAfterMs }: ThreadLimit): AppError {
  return new AppError('PARSE_BUSY', 'transient', 'Too many descriptions are waiting to be read.', {
    retryAfterMs,
    fix: 'Try again later.',
  });
}

function absent(reason: string, cause?: AppError): AppError {
  return new AppError('WSDL_ABSENT', 'input', `The service does not describe itself at ?wsdl (${reason}).`, {
    values: { reason },
    cause,
    fix: FIX,
  });
}
