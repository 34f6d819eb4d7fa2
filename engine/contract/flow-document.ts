/** The flow document `flow/1` (design page 1, section 6): the one schema behind API, engine check, designer and OpenAPI page. */
import { Type, type Static } from 'typebox';
import { Text } from './texts.ts';

const closed = { additionalProperties: false } as const;
const Id = (prefix: string) => Type.String({ pattern: `^${prefix}_[A-Za-z0-9_-]{1,60}$` });

export const RetryRule = Type.Object(
  {
    /** Attempts after the first. */
    max: Type.Integer({ minimum: 0, maximum: 100, default: 3 }),
    baseMs: Type.Integer({ minimum: 1, maximum: 3_600_000, default: 500 }),
    factor: Type.Number({ minimum: 1, maximum: 10, default: 2 }),
    capMs: Type.Integer({ minimum: 1, maximum: 86_400_000, default: 60_000 }),
    /** No attempt begins later than this after the first one; left out, their number alone is the end of them. */
    totalMs: Type.Optional(Type.Integer({ minimum: 1, maximum: 2_592_000_000 })),
    on: Type.Array(Type.Union([Type.Literal('transient'), Type.Literal('unknown-outcome')]), { default: ['transient'], maxItems: 2 }),
  },
  closed,
);
export type RetryRule = Static<typeof RetryRule>;

export const Handling = Type.Object(
  {
    /** Bounds one attempt of the node. */
    timeoutMs: Type.Optional(Type.Integer({ minimum: 1, maximum: 86_400_000 })),
    retry: Type.Optional(RetryRule),
    /** `port`: the error leaves by the error port; `fail`: the execution fails or is held; `continue`: go on by the main port with the input. */
    onError: Type.Optional(Type.Union([Type.Literal('port'), Type.Literal('fail'), Type.Literal('continue')])),
    /** When retries are used up in a durable flow: keep the lane and wait for a person, or give up and free the lane. */
    exhausted: Type.Optional(Type.Union([Type.Literal('hold'), Type.Literal('skip'), Type.Literal('dead-letter')])),
    record: Type.Optional(Type.Union([Type.Literal('full'), Type.Literal('keys'), Type.Literal('none')])),
  },
  closed,
);
export type Handling = Static<typeof Handling>;

export const FlowNode = Type.Object(
  {
    id: Id('n'),
    /** `name@major`, for example `soap.call@1`. */
    type: Type.String({ pattern: '^[a-z][a-z0-9-]*(\\.[a-z][a-z0-9-]*)*@[1-9][0-9]*$' }),
    label: Type.String({ maxLength: 200 }),
    config: Type.Record(Type.String(), Type.Unknown()),
    /** Name of the adapter the node speaks through; resolved per environment. */
    adapter: Type.Optional(Type.String({ pattern: '^adp_[A-Za-z0-9_-]{1,60}$' })),
    handling: Type.Optional(Handling),
    disabled: Type.Optional(Type.Boolean()),
  },
  closed,
);
export type FlowNode = Static<typeof FlowNode>;

export const FlowEdge = Type.Object(
  {
    id: Id('e'),
    from: Type.Object({ node: Id('n'), port: Type.String({ maxLength: 64 }) }, closed),
    to: Type.Object({ node: Id('n'), port: Type.String({ maxLength: 64 }) }, closed),
  },
  closed,
);
export type FlowEdge = Static<typeof FlowEdge>;

/** What a saved test demands: a value at a path (JSON Pointer) of the reply, or of one node's output. */
export const FlowTestExpectation = Type.Object(
  {
    node: Type.Optional(Id('n')),
    path: Type.String({ maxLength: 1000 }),
    equals: Type.Optional(Type.Unknown()),
    exists: Type.Optional(Type.Boolean()),
    matches: Type.Optional(Type.String({ maxLength: 500 })),
  },
  closed,
);

/** What a node answers in a test instead of running: emitted data by port, or an error. */
export const FlowMock = Type.Union([
  Type.Object({ emit: Type.Record(Type.String(), Type.Unknown()) }, closed),
  Type.Object({ error: Type.Object({ code: Type.String(), kind: Type.String(), message: Type.String() }, closed) }, closed),
]);
export type FlowMock = Static<typeof FlowMock>;

export const FlowTest = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 200 }),
    /** The trigger's message: `data`, and optionally mediaType, headers, keys. */
    input: Type.Object(
      {
        data: Type.Unknown(),
        mediaType: Type.Optional(Type.String()),
        charset: Type.Optional(Type.String()),
        headers: Type.Optional(Type.Record(Type.String(), Type.String())),
        keys: Type.Optional(Type.Record(Type.String(), Type.String())),
      },
      closed,
    ),
    /** By node id. Nodes that reach outside must be mocked. */
    mocks: Type.Record(Type.String(), FlowMock),
    expect: Type.Array(FlowTestExpectation, { maxItems: 100 }),
  },
  closed,
);
export type FlowTest = Static<typeof FlowTest>;

export const Ingress = Type.Object(
  {
    /** `key` is an expression over the trigger's message; the same key within the window gets the first one's answer. */
    dedupe: Type.Optional(
      Type.Object(
        { key: Type.String({ maxLength: 2000 }), windowSec: Type.Integer({ minimum: 1, maximum: 31_536_000, default: 86_400 }) },
        closed,
      ),
    ),
    /** Messages of one lane are worked on strictly one after the other, in the order of their arrival. */
    lane: Type.Optional(Type.Object({ key: Type.String({ maxLength: 2000 }) }, closed)),
    ack: Type.Optional(Type.Literal('after-persist')),
    /** Business keys: name -> expression. Stored as tokens. */
    keys: Type.Optional(Type.Record(Type.String({ pattern: '^[a-z][A-Za-z0-9]{0,40}$' }), Type.String({ maxLength: 2000 }))),
  },
  closed,
);
export type Ingress = Static<typeof Ingress>;

export const Recording = Type.Object(
  {
    level: Type.Union([Type.Literal('full'), Type.Literal('keys'), Type.Literal('none')]),
    /** Days a finished execution stays; at least the dedupe window. */
    retainDays: Type.Integer({ minimum: 1, maximum: 3650, default: 30 }),
    /** Sync flows: at most so many successful executions a second are recorded; failures always are. */
    perSecond: Type.Optional(Type.Integer({ minimum: 0, maximum: 10_000, default: 10 })),
    /** So much is kept each day at most; beyond it keys alone, and no longer than the dedupe window (at least a day). Failures have as much again. */
    megabytesPerDay: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000_000, default: 10_240 })),
  },
  closed,
);
export type Recording = Static<typeof Recording>;

/** Colours of notes and groups, by name: what they look like is the theme's affair. */
export const LayoutColour = Type.Union([
  Type.Literal('grey'),
  Type.Literal('teal'),
  Type.Literal('green'),
  Type.Literal('amber'),
  Type.Literal('red'),
  Type.Literal('violet'),
]);
export type LayoutColour = Static<typeof LayoutColour>;
const Place = Type.Number({ minimum: -1_000_000, maximum: 1_000_000 });
const Extent = Type.Number({ minimum: 1, maximum: 10_000 });

/** A text that lies on the canvas beside the nodes. */
export const LayoutNote = Type.Object(
  {
    id: Id('note'),
    text: Type.String({ maxLength: 4000 }),
    x: Place,
    y: Place,
    width: Extent,
    height: Extent,
    colour: LayoutColour,
  },
  closed,
);
export type LayoutNote = Static<typeof LayoutNote>;

/** A named frame around nodes; its place follows from theirs. */
export const LayoutGroup = Type.Object(
  { id: Id('group'), label: Type.String({ maxLength: 200 }), nodes: Type.Array(Id('n'), { maxItems: 1000 }), colour: LayoutColour },
  closed,
);
export type LayoutGroup = Static<typeof LayoutGroup>;

export const FlowDocument = Type.Object(
  {
    schema: Type.Literal('flow/1'),
    flowId: Id('flw'),
    revision: Type.Integer({ minimum: 0 }),
    name: Text,
    description: Type.Optional(Text),
    domain: Type.String({ minLength: 1, maxLength: 64 }),
    tags: Type.Array(Type.String({ maxLength: 64 }), { maxItems: 50 }),
    mode: Type.Union([Type.Literal('sync'), Type.Literal('durable')]),
    deadlineMs: Type.Integer({ minimum: 1, maximum: 604_800_000 }),
    nodes: Type.Array(FlowNode, { maxItems: 1000 }),
    edges: Type.Array(FlowEdge, { maxItems: 4000 }),
    ingress: Type.Optional(Ingress),
    recording: Type.Optional(Recording),
    tests: Type.Array(FlowTest, { maxItems: 200 }),
    layout: Type.Object(
      {
        nodes: Type.Record(Type.String(), Type.Tuple([Type.Number(), Type.Number()])),
        groups: Type.Array(LayoutGroup, { maxItems: 200 }),
        notes: Type.Array(LayoutNote, { maxItems: 200 }),
      },
      closed,
    ),
  },
  { ...closed, $id: 'https://kangqiao/schema/flow-1.json' },
);
export type FlowDocument = Static<typeof FlowDocument>;

/** An immutable, numbered version; what every execution is pinned to. */
export interface FlowVersion {
  readonly flowId: string;
  readonly version: number;
  readonly contentHash: string;
  readonly document: FlowDocument;
}
