/**
 * The connections of one send node: as many as the adapter allows (one by default). Each carries one message at a
 * time.
 */
import { AppError } from '../../engine/contract/values/errors.ts';
import { createSendLine, type Answer, type Exchange, type SendLine } from './send-line.ts';
import type { SendSettings } from './settings.ts';

/**
 * Maximum number of steps that wait for a connection. If there are more, the remote system is far too slow. The
 * additional steps are refused, and the engine retries them later.
 */
const MAX_WAITING = 1000;

export interface SendPool {
  /**
   * Waits for a free connection, then sends like `SendLine.exchange`. Rejects with MLLP_BUSY (transient) if too many
   * steps wait.
   */
  send(settings: SendSettings, request: Exchange): Promise<Answer>;
}

export function createSendPool(): SendPool {
  let target = '';
  let free: SendLine[] = [];
  let lines = 0;
  const waiting: ((line: SendLine) => void)[] = [];

  async function send(settings: SendSettings, request: Exchange): Promise<Answer> {
    follow(settings);
    const mine = target;
    const line = await takeLine(settings, request.signal);
    try {
      return await line.exchange(request);
    } finally {
      giveBack(line, mine);
    }
  }

  /**
   * Closes the idle connections when the address or certificate has changed, since they still use the old settings.
   * Busy connections are closed when their message is done.
   */
  function follow(settings: SendSettings): void {
    const wanted = JSON.stringify(settings);
    if (wanted === target) return;
    target = wanted;
    for (const line of free) line.close();
    lines -= free.length;
    free = [];
  }

  function takeLine(settings: SendSettings, signal: AbortSignal): Promise<SendLine> | SendLine {
    const idle = free.pop();
    if (idle !== undefined) return idle;
    if (lines < settings.connections!) return openLine(settings);
    if (waiting.length >= MAX_WAITING)
      throw new AppError('MLLP_BUSY', 'transient', 'Too many messages are waiting for the connection to this system.', {
        fix: 'Wait, or raise connections of the adapter if the other side allows it.',
      });
    return new Promise((resolve, reject) => {
      const onLine = (line: SendLine) => {
        signal.removeEventListener('abort', onAbort);
        resolve(line);
      };
      const onAbort = () => {
        waiting.splice(waiting.indexOf(onLine), 1);
        reject(new AppError('MLLP_STOPPED', 'transient', 'The step was stopped before anything was sent.'));
      };
      signal.addEventListener('abort', onAbort, { once: true });
      waiting.push(onLine);
      if (signal.aborted) onAbort();
    });
  }

  function openLine(settings: SendSettings): SendLine {
    lines += 1;
    return createSendLine(settings.idleCloseMs!);
  }

  function giveBack(line: SendLine, itsTarget: string): void {
    if (itsTarget !== target) line.close();
    const next = waiting.shift();
    if (next !== undefined) return next(line);
    if (itsTarget === target) free.push(line);
    else lines -= 1;
    return undefined;
  }

  return { send };
}
