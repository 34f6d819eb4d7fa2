/** A hospital system seen from the bus: the place where addresses, credentials and limits live, so that flows carry none. */
import { Type, type Static } from 'typebox';
import { Text } from './texts.ts';

const closed = { additionalProperties: false } as const;

export const AdapterLimits = Type.Object(
  {
    /** Calls under way at once (bulkhead). */
    maxConcurrency: Type.Integer({ minimum: 1, maximum: 10_000, default: 32 }),
    /** Calls per second (token bucket). Absent: no limit. */
    ratePerSec: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 100_000 })),
    connectTimeoutMs: Type.Integer({ minimum: 1, maximum: 60_000, default: 3000 }),
    timeoutMs: Type.Integer({ minimum: 1, maximum: 3_600_000, default: 5000 }),
    maxResponseBytes: Type.Integer({ minimum: 1, maximum: 1_073_741_824, default: 10_485_760 }),
    /** Consecutive failures after which calls are refused at once for `breakerOpenMs`. */
    breakerFailures: Type.Integer({ minimum: 1, maximum: 10_000, default: 20 }),
    breakerOpenMs: Type.Integer({ minimum: 1, maximum: 600_000, default: 5000 }),
  },
  closed,
);
export type AdapterLimits = Static<typeof AdapterLimits>;

export const AdapterDocument = Type.Object(
  {
    adapterId: Type.String({ pattern: '^adp_[A-Za-z0-9_-]{1,60}$' }),
    revision: Type.Integer({ minimum: 0 }),
    name: Text,
    /** Which protocol's nodes may use it: `http`, `soap`, `mllp` … (a folder of `nodes/`). */
    protocol: Type.String({ pattern: '^[a-z][a-z0-9-]{0,30}$' }),
    owner: Type.String({ maxLength: 200 }),
    domain: Type.String({ minLength: 1, maxLength: 64 }),
    /** Environment name -> settings of that protocol, for example `{ "baseUrl": "https://…" }` or `{ "host": "…", "port": 2575 }`. */
    environments: Type.Record(Type.String({ maxLength: 30 }), Type.Record(Type.String(), Type.Unknown())),
    /** Name of the secret that holds the credential; its value is sealed and never part of this document. */
    credential: Type.Optional(Type.String({ maxLength: 100 })),
    charset: Type.Optional(Type.Union([Type.Literal('UTF-8'), Type.Literal('GBK'), Type.Literal('GB18030')])),
    limits: Type.Optional(Type.Partial(AdapterLimits)),
  },
  closed,
);
export type AdapterDocument = Static<typeof AdapterDocument>;

/** An adapter resolved for the running environment: what a node sees. */
export interface Adapter {
  readonly adapterId: string;
  readonly protocol: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly charset: string | undefined;
  readonly limits: AdapterLimits;
}

/** A code table: translates one coding into another. Pinned per execution. */
export const CodeTable = Type.Object(
  {
    tableId: Type.String({ pattern: '^[a-z][a-z0-9-]{0,60}$' }),
    revision: Type.Integer({ minimum: 0 }),
    name: Text,
    entries: Type.Record(Type.String({ maxLength: 200 }), Type.String({ maxLength: 2000 })),
    /** What unknown keys become; absent: looking one up is an error (CODE_UNKNOWN). */
    fallback: Type.Optional(Type.String({ maxLength: 2000 })),
  },
  closed,
);
export type CodeTable = Static<typeof CodeTable>;
