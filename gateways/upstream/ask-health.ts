import type { Clock } from '../../engine/contract/values/clock.ts';
import type { Instance } from './create-pools.ts';

const TIME_OUT_MS = 2_000;

/** Asks an instance whether it works: a GET without credentials that must be answered with 2xx in time. */
export async function askHealth({ pool, prefix }: Instance, path: string, clock: Pick<Clock, 'after'>): Promise<boolean> {
  const controller = new AbortController();
  const cancel = clock.after(TIME_OUT_MS, () => controller.abort());
  try {
    const { statusCode, body } = await pool.request({ method: 'GET', path: prefix + path, signal: controller.signal });
    await body.dump({ limit: 64 * 1024 });
    return statusCode >= 200 && statusCode < 300;
  } catch {
    return false;
  } finally {
    cancel();
  }
}
