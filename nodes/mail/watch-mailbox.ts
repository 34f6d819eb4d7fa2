import { takeMails, type Look } from './take-mails.ts';

/**
 * Takes the mails. If the server supports IDLE (RFC 2177), then keeps the connection and takes further mails when they
 * arrive, until the signal aborts; otherwise returns after the first look.
 *
 * A look also follows `everySec` after the last one. It shows whether the server is still there: if it does not respond
 * within the time-out of a call, the connection counts as lost and this rejects.
 */
export async function watchMailbox(look: Look): Promise<void> {
  const { client } = look.mailbox;
  let hasNews = false;
  let wake = () => {};
  client.on('exists', ({ count, prevCount }: { readonly count: number; readonly prevCount: number }) => {
    if (count <= prevCount) return;
    hasNews = true;
    wake();
  });

  /** Resolves at news, after `everySec`, at an abort, and if the server ends IDLE. */
  async function idle(): Promise<boolean> {
    const woken = Promise.withResolvers<boolean>();
    wake = () => woken.resolve(true);
    const cancel = look.ctx.clock.after(look.ctx.config.everySec * 1000, wake);
    look.signal.addEventListener('abort', wake, { once: true });
    if (hasNews) wake();
    look.mailbox.expect(0);
    // A server that refuses IDLE leaves the connection usable. Looking again at once would never end.
    const ended = client.idle().then((result) => result !== false || !client.usable);
    try {
      return await Promise.race([woken.promise, ended]);
    } finally {
      cancel();
      look.signal.removeEventListener('abort', wake);
    }
  }

  do {
    hasNews = false;
    await takeMails(look);
  } while (!look.signal.aborted && client.capabilities.has('IDLE') && (await idle()) && !look.signal.aborted);
}
