/**
 * Fetches a description and the files that it imports, each through the outbound guard. The credential is sent only
 * to the adapter's own address. A host that cannot be reached may be the inner name of the adapter's host, so the same
 * path is then tried there.
 */
import { AppError, toErrorRecord } from '../../../engine/contract/values/errors.ts';
import { createMessage } from '../../../engine/contract/values/message.ts';
import type { ProbeContext } from '../../../engine/contract/node/probe.ts';
import type { OutboundResponse } from '../../shared/http/exchange.ts';
import { createOutboundClient, type OutboundClient } from '../../shared/http/outbound.ts';
import type { HttpSettings } from '../../shared/http/settings.ts';
import { wsdlProblem } from './problems.ts';
import type { FetchedFile, FetchedLink, References } from './task.ts';
import type { FileReference } from './references.ts';

export const MOST_FILES = 100;
const MOST_BYTES = 20_000_000;
const MAX_DEPTH = 20;

export interface Fetched {
  readonly main: string;
  readonly files: readonly FetchedFile[];
  readonly links: readonly FetchedLink[];
}

/** Fetches `main` and what it imports, level by level. `referencesIn` reads the references of one file. */
export async function fetchFiles(
  ctx: ProbeContext,
  settings: HttpSettings,
  main: FetchedFile,
  referencesIn: (file: FetchedFile) => Promise<References>,
): Promise<Fetched> {
  const fetcher = createFetcher(ctx, settings);
  const files = new Map([[main.name, main]]);
  const links: FetchedLink[] = [];
  const tried = new Map<string, Promise<FetchedFile | AppError>>();
  let bytes = main.content.length;
  let level: readonly FetchedFile[] = [main];
  for (let depth = 0; level.length > 0; depth += 1) {
    const references = (await Promise.all(level.map(referencesIn))).flat();
    const next: FetchedFile[] = [];
    const results = references.map(async (reference): Promise<void> => {
      const to = addressOf(reference);
      if (to instanceof AppError || files.has(to)) return void links.push(linkOf(reference, to));
      const overLimit =
        tried.size >= MOST_FILES ? `${MOST_FILES} files` : depth >= MAX_DEPTH ? `${MAX_DEPTH} levels of imports` : undefined;
      if (!tried.has(to))
        tried.set(to, overLimit === undefined ? fetcher(reference, to) : Promise.resolve(limit(reference, to, overLimit)));
      const file = await tried.get(to)!;
      if (file instanceof AppError || files.has(to)) return void links.push(linkOf(reference, file instanceof AppError ? file : to));
      bytes += file.content.length;
      if (bytes > MOST_BYTES) return void links.push(linkOf(reference, limit(reference, to, `${MOST_BYTES} bytes`)));
      files.set(to, file);
      next.push(file);
      links.push(linkOf(reference, to));
    });
    await Promise.all(results);
    ctx.signal.throwIfAborted();
    level = next;
  }
  return { main: main.name, files: [...files.values()], links };
}

function linkOf({ file, location }: FileReference, to: string | AppError): FetchedLink {
  return { from: file, location, to: typeof to === 'string' ? to : toErrorRecord(to) };
}

function limit({ file, line }: FileReference, target: string, most: string): AppError {
  return wsdlProblem('limit', { file, line, target, limit: most });
}

function addressOf(reference: FileReference): string | AppError {
  const { file, location } = reference;
  if (!URL.canParse(location, file)) return unread(reference, location, 'not a URL');
  const url = new URL(location, file);
  url.hash = '';
  return url.protocol === 'http:' || url.protocol === 'https:' ? url.href : unread(reference, location, `${url.protocol} is not fetched`);
}

function unread({ file, line }: FileReference, target: string, reason: string): AppError {
  return wsdlProblem('import', { file, line, target: target.slice(0, 500), reason });
}

type Fetcher = (reference: FileReference, address: string) => Promise<FetchedFile | AppError>;

function createFetcher(ctx: ProbeContext, settings: HttpSettings): Fetcher {
  const own = new URL(settings.baseUrl).origin;
  const clients = new Map<string, OutboundClient>();
  const get = (url: URL, origin: string): Promise<OutboundResponse> => {
    const client = clients.get(origin) ?? createOutboundClient();
    clients.set(origin, client);
    const { auth: _auth, tls: _tls, ...rest } = settings;
    const adapter = { ...ctx.adapter, settings: origin === own ? { ...settings, baseUrl: own } : { ...rest, baseUrl: origin } };
    return getFile({ ...ctx, adapter }, client, `${url.pathname}${url.search}`);
  };
  return async (reference, address) => {
    const url = new URL(address);
    const origins = url.origin === own ? [own] : [url.origin, own];
    let problem: AppError | undefined;
    for (const origin of origins)
      try {
        const { status, body } = await get(url, origin);
        if (status >= 200 && status <= 299) return { name: address, content: body };
        problem ??= unread(reference, address, `HTTP ${status}`);
      } catch (error) {
        if (!(error instanceof AppError) || ctx.signal.aborted) throw error;
        problem ??= unread(reference, address, String(error.values['reason'] ?? error.code));
      }
    return problem!;
  };
}

/** Sends one GET below the adapter's address. */
export function getFile(ctx: ProbeContext, client: OutboundClient, path: string): Promise<OutboundResponse> {
  const scope = { message: createMessage(null), nodes: {}, now: ctx.clock.now() };
  return client.send(
    { ...ctx, scope, idempotencyKey: '', beforeFirstByte: () => undefined, secret: (name) => ctx.secret(name) },
    { method: 'GET', path, headers: { accept: 'text/xml, application/wsdl+xml, application/xml' }, effect: 'read' },
  );
}
