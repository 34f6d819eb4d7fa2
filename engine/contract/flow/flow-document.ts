/**
 * The flow document `flow/1`. The API, the engine's check, the designer, the OpenAPI page and
 * docs/reference/flow-document.md all use this one schema.
 */
import { Type, type Static } from 'typebox';
import { sharedWithField } from '../values/domain.ts';
import {
  EDGE_TEXTS,
  FLOW_TEXTS,
  HANDLING_TEXTS,
  INGRESS_TEXTS,
  LAYOUT_TEXTS,
  NODE_TEXTS,
  RECORDING_TEXTS,
  RETRY_TEXTS,
  TEST_TEXTS,
} from './flow-texts.ts';
import { valuesByName, valuesMostlyBy } from '../values/named-values.ts';
import { PLAIN_LINE, PLAIN_TEXT } from '../values/plain-text.ts';
import { DESCRIPTION_PROPERTIES, fieldEditor, NAME_PROPERTIES, type FieldText } from '../values/texts.ts';

interface Words {
  readonly text: FieldText;
}

const closed = { additionalProperties: false } as const;
const Id = (prefix: string, words?: Words) => Type.String({ ...words, pattern: `^${prefix}_[A-Za-z0-9_-]{1,60}$` });
const NameTexts = (words: Words) => Type.Object(NAME_PROPERTIES, { ...words, ...fieldEditor('text-both'), ...closed });
const DescriptionTexts = (words: Words) => Type.Object(DESCRIPTION_PROPERTIES, { ...words, ...fieldEditor('text-both'), ...closed });
const Expression = (words: Words) => Type.String({ ...words, maxLength: 2000 });

export const RetryRule = Type.Object(
  {
    max: Type.Integer({ ...RETRY_TEXTS.max, minimum: 0, maximum: 100, default: 3 }),
    baseMs: Type.Integer({ ...RETRY_TEXTS.baseMs, minimum: 1, maximum: 3_600_000, default: 500 }),
    factor: Type.Number({ ...RETRY_TEXTS.factor, minimum: 1, maximum: 10, default: 2 }),
    capMs: Type.Integer({ ...RETRY_TEXTS.capMs, minimum: 1, maximum: 86_400_000, default: 60_000 }),
    totalMs: Type.Optional(Type.Integer({ ...RETRY_TEXTS.totalMs, minimum: 1, maximum: 2_592_000_000 })),
    on: Type.Array(Type.Union([Type.Literal('transient'), Type.Literal('unknown-outcome')]), {
      ...RETRY_TEXTS.on,
      default: ['transient'],
      maxItems: 2,
    }),
  },
  closed,
);
export type RetryRule = Static<typeof RetryRule>;

export const Handling = Type.Object(
  {
    timeoutMs: Type.Optional(Type.Integer({ ...HANDLING_TEXTS.timeoutMs, minimum: 1, maximum: 86_400_000 })),
    retry: Type.Optional(Type.Object(RetryRule.properties, { ...HANDLING_TEXTS.retry, ...closed })),
    onError: Type.Optional(Type.Union([Type.Literal('port'), Type.Literal('fail'), Type.Literal('continue')], HANDLING_TEXTS.onError)),
    exhausted: Type.Optional(
      Type.Union([Type.Literal('hold'), Type.Literal('skip'), Type.Literal('dead-letter')], HANDLING_TEXTS.exhausted),
    ),
    record: Type.Optional(Type.Union([Type.Literal('full'), Type.Literal('keys'), Type.Literal('none')], HANDLING_TEXTS.record)),
  },
  closed,
);
export type Handling = Static<typeof Handling>;

export const FlowNode = Type.Object(
  {
    id: Id('n', NODE_TEXTS.id),
    type: Type.String({ ...NODE_TEXTS.type, pattern: '^[a-z][a-z0-9-]*(\\.[a-z][a-z0-9-]*)*@[1-9][0-9]*$' }),
    label: Type.String({ ...NODE_TEXTS.label, maxLength: 200, pattern: PLAIN_LINE }),
    config: Type.Record(Type.String(), Type.Unknown(), NODE_TEXTS.config),
    adapter: Type.Optional(Id('adp', NODE_TEXTS.adapter)),
    handling: Type.Optional(Type.Object(Handling.properties, { ...NODE_TEXTS.handling, ...closed })),
    disabled: Type.Optional(Type.Boolean(NODE_TEXTS.disabled)),
  },
  closed,
);
export type FlowNode = Static<typeof FlowNode>;

const EdgeEnd = (words: Words) =>
  Type.Object({ node: Id('n', EDGE_TEXTS.node), port: Type.String({ ...EDGE_TEXTS.port, maxLength: 64 }) }, { ...words, ...closed });

export const FlowEdge = Type.Object({ id: Id('e', EDGE_TEXTS.id), from: EdgeEnd(EDGE_TEXTS.from), to: EdgeEnd(EDGE_TEXTS.to) }, closed);
export type FlowEdge = Static<typeof FlowEdge>;

/** What a saved test expects: a value at a path (JSON Pointer) of the reply, or of one node's output. */
export const FlowTestExpectation = Type.Object(
  {
    node: Type.Optional(Id('n', TEST_TEXTS.node)),
    path: Type.String({ ...TEST_TEXTS.path, maxLength: 1000 }),
    equals: Type.Optional(Type.Unknown(TEST_TEXTS.equals)),
    exists: Type.Optional(Type.Boolean(TEST_TEXTS.exists)),
    matches: Type.Optional(Type.String({ ...TEST_TEXTS.matches, maxLength: 500 })),
  },
  closed,
);

/** What a node returns in a test instead of running: emitted data by port, or an error. */
export const FlowMock = Type.Union([
  Type.Object({ emit: Type.Record(Type.String(), Type.Unknown(), TEST_TEXTS.emit) }, closed),
  Type.Object(
    {
      error: Type.Object(
        {
          code: Type.String(TEST_TEXTS.errorCode),
          kind: Type.String(TEST_TEXTS.errorKind),
          message: Type.String(TEST_TEXTS.errorMessage),
        },
        { ...TEST_TEXTS.error, ...closed },
      ),
    },
    closed,
  ),
]);
export type FlowMock = Static<typeof FlowMock>;

export const FlowTest = Type.Object(
  {
    name: Type.String({ ...TEST_TEXTS.name, minLength: 1, maxLength: 200, pattern: PLAIN_LINE }),
    input: Type.Object(
      {
        data: Type.Unknown(TEST_TEXTS.data),
        mediaType: Type.Optional(Type.String(TEST_TEXTS.mediaType)),
        charset: Type.Optional(Type.String(TEST_TEXTS.charset)),
        headers: Type.Optional(valuesByName(Type.String(), TEST_TEXTS.headers)),
        keys: Type.Optional(valuesByName(Type.String(), TEST_TEXTS.keys)),
      },
      { ...TEST_TEXTS.input, ...closed },
    ),
    mocks: valuesByName(FlowMock, TEST_TEXTS.mocks),
    expect: Type.Array(FlowTestExpectation, { ...TEST_TEXTS.expect, maxItems: 100 }),
  },
  closed,
);
export type FlowTest = Static<typeof FlowTest>;

export const Ingress = Type.Object(
  {
    dedupe: Type.Optional(
      Type.Object(
        {
          key: Expression(INGRESS_TEXTS.dedupeKey),
          windowSec: Type.Integer({ ...INGRESS_TEXTS.windowSec, minimum: 1, maximum: 31_536_000, default: 86_400 }),
        },
        { ...INGRESS_TEXTS.dedupe, ...closed },
      ),
    ),
    lane: Type.Optional(Type.Object({ key: Expression(INGRESS_TEXTS.laneKey) }, { ...INGRESS_TEXTS.lane, ...closed })),
    ack: Type.Optional(Type.Literal('after-persist', INGRESS_TEXTS.ack)),
    keys: Type.Optional(valuesMostlyBy('key', Type.String({ maxLength: 2000 }), INGRESS_TEXTS.keys)),
  },
  closed,
);
export type Ingress = Static<typeof Ingress>;

export const Recording = Type.Object(
  {
    level: Type.Union([Type.Literal('full'), Type.Literal('keys'), Type.Literal('none')], RECORDING_TEXTS.level),
    retainDays: Type.Integer({ ...RECORDING_TEXTS.retainDays, minimum: 1, maximum: 3650, default: 30 }),
    perSecond: Type.Optional(Type.Integer({ ...RECORDING_TEXTS.perSecond, minimum: 0, maximum: 10_000, default: 10 })),
    /**
     * The daily quota of stored records. Above it, successful executions keep only their status and business keys, for
     * as long as the dedupe window but at least one day. Failed executions keep their content for at most a week, or
     * for the dedupe window if that is longer.
     */
    megabytesPerDay: Type.Optional(Type.Integer({ ...RECORDING_TEXTS.megabytesPerDay, minimum: 1, maximum: 10_000_000, default: 10_240 })),
  },
  closed,
);
export type Recording = Static<typeof Recording>;

/** The names of the colours of notes and groups. The theme defines how each looks. */
export const LayoutColour = Type.Union(
  [Type.Literal('grey'), Type.Literal('teal'), Type.Literal('green'), Type.Literal('amber'), Type.Literal('red'), Type.Literal('violet')],
  LAYOUT_TEXTS.colour,
);
export type LayoutColour = Static<typeof LayoutColour>;
const Place = (words: Words) => Type.Number({ ...words, minimum: -1_000_000, maximum: 1_000_000 });
const Extent = (words: Words) => Type.Number({ ...words, minimum: 1, maximum: 10_000 });

/** A text on the canvas beside the nodes. */
export const LayoutNote = Type.Object(
  {
    id: Id('note', LAYOUT_TEXTS.noteId),
    text: Type.String({ ...LAYOUT_TEXTS.noteText, maxLength: 4000, pattern: PLAIN_TEXT }),
    x: Place(LAYOUT_TEXTS.x),
    y: Place(LAYOUT_TEXTS.y),
    width: Extent(LAYOUT_TEXTS.width),
    height: Extent(LAYOUT_TEXTS.height),
    colour: LayoutColour,
  },
  closed,
);
export type LayoutNote = Static<typeof LayoutNote>;

/** A named frame around nodes. Its position follows from the positions of its nodes. */
export const LayoutGroup = Type.Object(
  {
    id: Id('group', LAYOUT_TEXTS.groupId),
    label: Type.String({ ...LAYOUT_TEXTS.groupLabel, maxLength: 200, pattern: PLAIN_LINE }),
    nodes: Type.Array(Id('n'), { ...LAYOUT_TEXTS.groupNodes, maxItems: 1000 }),
    colour: LayoutColour,
  },
  closed,
);
export type LayoutGroup = Static<typeof LayoutGroup>;

export const FlowDocument = Type.Object(
  {
    schema: Type.Literal('flow/1', FLOW_TEXTS.schema),
    flowId: Id('flw', FLOW_TEXTS.flowId),
    revision: Type.Integer({ ...FLOW_TEXTS.revision, minimum: 0, maximum: 999_999_999 }),
    name: NameTexts(FLOW_TEXTS.name),
    description: Type.Optional(DescriptionTexts(FLOW_TEXTS.description)),
    domain: Type.String({ ...FLOW_TEXTS.domain, minLength: 1, maxLength: 64, pattern: PLAIN_LINE }),
    sharedWith: Type.Optional(sharedWithField(FLOW_TEXTS.sharedWith)),
    tags: Type.Array(Type.String({ maxLength: 64, pattern: PLAIN_LINE }), { ...FLOW_TEXTS.tags, maxItems: 50 }),
    mode: Type.Union([Type.Literal('sync'), Type.Literal('durable')], FLOW_TEXTS.mode),
    deadlineMs: Type.Integer({ ...FLOW_TEXTS.deadlineMs, minimum: 1, maximum: 604_800_000 }),
    nodes: Type.Array(FlowNode, { ...FLOW_TEXTS.nodes, maxItems: 1000 }),
    edges: Type.Array(FlowEdge, { ...FLOW_TEXTS.edges, maxItems: 4000 }),
    ingress: Type.Optional(Type.Object(Ingress.properties, { ...FLOW_TEXTS.ingress, ...closed })),
    recording: Type.Optional(Type.Object(Recording.properties, { ...FLOW_TEXTS.recording, ...closed })),
    tests: Type.Array(FlowTest, { ...FLOW_TEXTS.tests, maxItems: 200 }),
    layout: Type.Object(
      {
        nodes: valuesByName(Type.Tuple([Type.Number(), Type.Number()]), LAYOUT_TEXTS.nodes),
        groups: Type.Array(LayoutGroup, { ...LAYOUT_TEXTS.groups, maxItems: 200 }),
        notes: Type.Array(LayoutNote, { ...LAYOUT_TEXTS.notes, maxItems: 200 }),
      },
      { ...FLOW_TEXTS.layout, ...closed },
    ),
  },
  { ...closed, $id: 'https://kangqiao/schema/flow-1.json' },
);
export type FlowDocument = Static<typeof FlowDocument>;

/** An immutable, numbered version of a flow. Every execution is pinned to one version. */
export interface FlowVersion {
  readonly flowId: string;
  readonly version: number;
  readonly contentHash: string;
  readonly document: FlowDocument;
}
