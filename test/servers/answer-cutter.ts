/** A TCP proxy that lets one chosen request through and cuts the connection when its answer comes: the sender cannot know whether it was done. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface AnswerCutter {
  readonly port: number;
  /** Cuts off the answer to the next request that contains `text`. `meanwhile` runs after the request was done and before the sender sees the cut. */
  cutAnswerTo(text: string, meanwhile?: () => Promise<unknown>): void;
  /** How many answers were cut off. */
  readonly cuts: number;
  stop(): Promise<void>;
}

export async function startAnswerCutter(targetPort: number): Promise<AnswerCutter> {
  let wanted: { readonly text: string; readonly meanwhile: (() => Promise<unknown>) | undefined } | undefined;
  let cuts = 0;
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(targetPort, '127.0.0.1');
    let cutting: typeof wanted;
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket
        .on('error', () => undefined)
        .on('close', () => {
          sockets.delete(socket);
          near.destroy();
          far.destroy();
        });
    }
    near.on('data', (chunk) => {
      if (wanted && chunk.includes(wanted.text)) {
        cutting = wanted;
        wanted = undefined;
      }
      far.write(chunk);
    });
    far.on('data', (chunk) => {
      if (!cutting) return void near.write(chunk);
      cuts++;
      far.pause();
      void Promise.resolve(cutting.meanwhile?.()).finally(() => near.resetAndDestroy());
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    cutAnswerTo: (text, meanwhile) => void (wanted = { text, meanwhile }),
    get cuts() {
      return cuts;
    },
    async stop() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
