import type { Clock } from '../../engine/contract/values/clock.ts';
import { AppError } from '../../engine/contract/values/errors.ts';
import type { Text } from '../../engine/contract/values/texts.ts';
import type { JsonSchema } from '../../engine/schema/compile-schema.ts';
import { BoundedThreads, ThreadLimit } from '../../engine/threads/bounded-threads.ts';

/** Why a JSON Schema cannot be used: it is invalid, or takes more work than a gateway does for one request. */
export type SchemaProblem = { readonly invalid: string } | { readonly costly: Text };

/**
 * Returns the problem of each schema. Rejects with SCHEMA_CHECK_BUSY (transient) if too many checks wait, in total or
 * for the account `by`.
 */
export type SchemaTrial = (schemas: readonly JsonSchema[], by: string) => Promise<readonly (SchemaProblem | undefined)[]>;

/** Limit of CPU time for all schemas of one interface together. */
const CPU_MS = 200;
const FILE = new URL(import.meta.url.endsWith('.ts') ? './schema-worker.ts' : './schema-worker.js', import.meta.url);

/**
 * Measures and compiles untrusted schemas in a thread that is ended when they take too long. The calling thread never
 * inspects them.
 */
export function createSchemaTrial(clock: Clock): SchemaTrial {
  const threads = new BoundedThreads<string, readonly (SchemaProblem | undefined)[]>({
    ...{ file: FILE, size: 1, heapMb: 128, waiting: 32, waitingPerKey: 4, pauseMs: 2000, clock },
  });
  return async (schemas, by) => {
    if (schemas.length === 0) return [];
    try {
      return await threads.run(JSON.stringify(schemas), { cpuMs: CPU_MS, key: by });
    } catch (error) {
      if (!(error instanceof ThreadLimit)) throw error;
      if (error.fault === 'failed') throw new Error('the thread that checks schemas failed', { cause: error });
      if (error.fault === 'busy') throw busy(error);
      return schemas.map((_, index) => (index === error.step ? { costly: SLOW } : undefined));
    }
  };
}

const SLOW = {
  'zh-CN': `编译 Schema 的计算时间超过 ${CPU_MS} 毫秒。请减少字段和分支`,
  en: `Compiling the schema took more than ${CPU_MS} ms of CPU time. Give it fewer fields and branches`,
};

function busy({ retryAfterMs }: ThreadLimit): AppError {
  return new AppError(
    'SCHEMA_CHECK_BUSY',
    'transient',
    'Too many schemas are waiting to be checked, or one of yours needed too much work just now.',
    {
      retryAfterMs: Math.max(1000, retryAfterMs),
      fix: 'Wait a moment and check again.',
    },
  );
}
