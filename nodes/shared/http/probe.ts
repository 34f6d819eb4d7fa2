/** Connection test of an HTTP adapter: name, connection, and whatever answer comes. */
import type { Health, ProbeContext, ProbeStep } from '../../../engine/contract/node.ts';
import { createMessage } from '../../../engine/contract/message.ts';
import { toErrorRecord, type ErrorRecord } from '../../../engine/contract/errors.ts';
import { createOutboundClient } from './outbound.ts';

/** Sends `GET` to the base URL. Any status shows that the other side is there; only 401 and 403 say that the credential is wrong. */
export async function probeHttp(ctx: ProbeContext): Promise<Health> {
  const startedAt = ctx.clock.monotonic();
  const step = (ok: boolean, detail: string, error?: ErrorRecord): ProbeStep => ({
    name: { 'zh-CN': '连接并发送 GET', en: 'Connect and send GET' },
    ok,
    durationMs: ctx.clock.monotonic() - startedAt,
    detail,
    ...(error === undefined ? {} : { error }),
  });
  try {
    const scope = { message: createMessage(null), nodes: {}, now: ctx.clock.now() };
    const { status } = await createOutboundClient().send(
      { ...ctx, scope, idempotencyKey: '', beforeFirstByte: () => undefined, secret: (name) => ctx.secret(name) },
      { method: 'GET', path: '', headers: {}, effect: 'read' },
    );
    const ok = status !== 401 && status !== 403;
    return { ok, steps: [step(ok, `HTTP ${status}`)] };
  } catch (thrown) {
    const error = toErrorRecord(thrown);
    return { ok: false, steps: [step(false, error.message, error)] };
  }
}
