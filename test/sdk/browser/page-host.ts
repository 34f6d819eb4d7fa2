/** A page in Chromium with the bundled sdk for browsers, and the server that it comes from. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from '@playwright/test';
import type * as Sdk from '../../../sdk/browser/public.ts';
import { launchBrowser } from '../../designer/browser.ts';

const HTML = '<!doctype html><script type="module">import * as sdk from "/sdk.js"; window.sdk = sdk;</script>';

/** What the page of this test has as global. */
export interface PageGlobals {
  readonly sdk: typeof Sdk;
}

export interface PageHost {
  readonly page: Page;
  /** The source of the bundle. */
  readonly source: string;
  readonly origin: string;
  /** The gateway on this port is also reachable at the page's own origin, below /open/. */
  gatewayPort: number | undefined;
  close(): Promise<void>;
}

export async function openPageHost(): Promise<PageHost> {
  const folder = await mkdtemp(join(tmpdir(), 'kq-sdk-'));
  const built = spawn(process.execPath, [fileURLToPath(new URL('../../../scripts/build-sdk.mjs', import.meta.url)), folder], {
    stdio: 'inherit',
  });
  const [code] = (await once(built, 'exit')) as [number];
  if (code !== 0) throw new Error('The sdk for browsers does not build.');
  const source = await readFile(join(folder, 'public.js'), 'utf8');
  await rm(folder, { recursive: true });

  const server = createServer((request, response) => {
    if (request.url?.startsWith('/open/') === true) {
      const options = { host: '127.0.0.1', port: host.gatewayPort, method: request.method, path: request.url };
      const passed = httpRequest({ ...options, headers: request.rawHeaders as unknown as Record<string, string> }, (answer) => {
        response.writeHead(answer.statusCode!, answer.rawHeaders);
        answer.pipe(response);
      });
      request.pipe(passed);
    } else if (request.url === '/sdk.js') response.writeHead(200, { 'content-type': 'text/javascript' }).end(source);
    else response.writeHead(200, { 'content-type': 'text/html' }).end(HTML);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const browser = await launchBrowser();
  const page = await browser.newPage();
  await page.goto(`${origin}/`);
  await page.waitForFunction('window.sdk !== undefined');
  const host: PageHost = {
    ...{ page, source, origin, gatewayPort: undefined },
    async close() {
      await browser.close();
      server.close();
      server.closeAllConnections();
    },
  };
  return host;
}
