/** What the engine and the process of an extension say to each other. What comes from the process is checked by schema. */
import { Type, type Static } from 'typebox';

export interface NodeCallInput {
  readonly verb: string;
  readonly config: unknown;
  readonly message: {
    readonly data: unknown;
    readonly mediaType: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly keys: Readonly<Record<string, string>>;
  };
  readonly idempotencyKey: string;
  readonly attempt: number;
}

export type ToProcess =
  | { readonly is: 'load'; readonly code: string; readonly memoryMb: number }
  | { readonly is: 'call'; readonly id: number; readonly input: NodeCallInput }
  | { readonly is: 'cancel'; readonly id: number }
  | { readonly is: 'answer'; readonly id: number; readonly request: number; readonly response?: FetchResponse; readonly code?: string }
  | { readonly is: 'ping' };

const closed = { additionalProperties: false } as const;
const id = Type.Integer({ minimum: 1 });

export const FetchRequest = Type.Object(
  {
    url: Type.String({ maxLength: 4000 }),
    method: Type.String({ maxLength: 10 }),
    headers: Type.Record(
      Type.String({ pattern: '^[A-Za-z0-9-]{1,100}$' }),
      Type.String({ maxLength: 8000, pattern: '^[^\\r\\n\\u0000]*$' }),
      {
        ...closed,
        maxProperties: 50,
      },
    ),
    body: Type.Optional(Type.String()),
  },
  closed,
);
export type FetchRequest = Static<typeof FetchRequest>;

export interface FetchResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export const FromProcess = Type.Union([
  Type.Object({ is: Type.Literal('ready'), verbs: Type.Array(Type.String({ maxLength: 40 }), { maxItems: 100 }) }, closed),
  Type.Object({ is: Type.Literal('fault'), fault: Type.Union([Type.Literal('load'), Type.Literal('memory')]) }, closed),
  Type.Object({ is: Type.Literal('pong') }, closed),
  Type.Object(
    {
      is: Type.Literal('result'),
      id,
      port: Type.String({ maxLength: 40 }),
      data: Type.Unknown(),
      mediaType: Type.Optional(Type.String({ maxLength: 100, pattern: '^[\\w.+/; =-]+$' })),
    },
    closed,
  ),
  Type.Object(
    {
      is: Type.Literal('failed'),
      id,
      /** Name of an error of the manifest. */
      declared: Type.Optional(Type.String({ maxLength: 40 })),
      /** The number of the request whose error was not caught. */
      request: Type.Optional(id),
      name: Type.Optional(Type.String({ maxLength: 40, pattern: '^[A-Za-z]*$' })),
      place: Type.Optional(Type.String({ maxLength: 40, pattern: '^[0-9:]*$' })),
    },
    closed,
  ),
  Type.Object({ is: Type.Literal('fetch'), id, request: id, what: Type.Unknown() }, closed),
]);
export type FromProcess = Static<typeof FromProcess>;
