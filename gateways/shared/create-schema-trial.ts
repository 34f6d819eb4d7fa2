import type { Clock } from '../../engine/contract/clock.ts';
import { AppError } from '../../engine/contract/errors.ts';
import { measureSchema, schemaExcessText } from '../../engine/contract/schema-bounds.ts';
import { BoundedThreads, ThreadLimit } from '../../engine/threads/bounded-threads.ts';
import { createSchemaCheck, type JsonSchema, type SchemaProblem } from './compile-schema.ts';

/** What is wrong with each schema. SCHEMA_CHECK_BUSY (transient) when too many wait, of all or of `by`. */
export type SchemaTrial = (schemas: readonly JsonSchema[], by: string) => Promise<readonly (SchemaProblem | undefined)[]>;

/** Of computing, for the schemas of one interface together. */
const CPU_MS = 200;
/** Compiled on the event loop within a few milliseconds. */
const SMALL = { subschemas: 60, weight: 50 };
const FILE = new URL(import.meta.url.endsWith('.ts') ? './schema-worker.ts' : './schema-worker.js', import.meta.url);

/** Compiles schemas that anybody may have written: small ones at once, others in a thread that ends when they take too long. */
export function createSchemaTrial(clock: Clock): SchemaTrial {
  const threads = new BoundedThreads<readonly JsonSchema[], readonly (SchemaProblem | undefined)[]>({
    ...{ file: FILE, size: 1, heapMb: 128, waiting: 32, waitingPerKey: 4, pauseMs: 2000, clock },
  });
  const find = createSchemaCheck();
  return async (schemas, by) => {
    const sizes = schemas.map(measureSchema);
    const costly = sizes.map(({ excess }) => excess && { costly: schemaExcessText(excess) });
    if (costly.some((problem) => problem !== undefined)) return costly;
    const subschemas = sizes.reduce((sum, size) => sum + size.subschemas, 0);
    const isSmall = subschemas <= SMALL.subschemas && sizes.every(({ weight, isPlain }) => weight <= SMALL.weight && isPlain);
    if (isSmall) return schemas.map(find);
    try {
      return await threads.run(schemas, { cpuMs: CPU_MS, key: by });
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
  en: `Compiling the schema took more than ${CPU_MS} ms of computing. Give it fewer fields and branches`,
};

function busy({ retryAfterMs }: ThreadLimit): AppError {
  return new AppError('SCHEMA_CHECK_BUSY', 'transient', 'Too many schemas wait to be checked, or one of yours was just too much.', {
    retryAfterMs: Math.max(1000, retryAfterMs),
    fix: 'Wait a moment and check again.',
  });
}
