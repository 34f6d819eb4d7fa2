/** The settings of a flow with their texts, by section of the form. Pure. */
import { Type } from 'typebox';
import { DomainName } from '../../../engine/contract/values/domain.ts';
import { FLOW_TEXTS, INGRESS_TEXTS, RECORDING_TEXTS } from '../../../engine/contract/flow/flow-texts.ts';
import { valuesBy } from '../../../engine/contract/values/named-values.ts';
import { fieldEditor, Text } from '../../../engine/contract/values/texts.ts';
import { asField, type FieldSchema } from '../kit/form/field-schema.ts';

const closed = { additionalProperties: false } as const;
const both = { ...fieldEditor('text-both'), ...closed };

const expression = (maxLength = 2000) => Type.String({ ...fieldEditor('expression'), minLength: 1, maxLength });

export const FLOW_SCHEMAS = {
  about: asField(
    Type.Object({
      name: Type.Object(Text.properties, { ...FLOW_TEXTS.name, ...both }),
      description: Type.Optional(
        Type.Object(Text.properties, {
          ...FLOW_TEXTS.description,
          ...both,
        }),
      ),
      domain: Type.String({
        ...FLOW_TEXTS.domain,
        ...fieldEditor('domain'),
        minLength: 1,
        maxLength: 64,
      }),
      sharedWith: Type.Optional(Type.Array(DomainName, { ...FLOW_TEXTS.sharedWith, ...fieldEditor('domains'), maxItems: 200 })),
      tags: Type.Array(Type.String({ maxLength: 64 }), {
        ...FLOW_TEXTS.tags,
        maxItems: 50,
        default: [],
      }),
    }),
  ),
  mode: asField(
    Type.Object({
      mode: Type.Union([Type.Literal('sync'), Type.Literal('durable')], {
        ...FLOW_TEXTS.mode,
      }),
      deadlineMs: Type.Integer({
        ...FLOW_TEXTS.deadlineMs,
        ...fieldEditor('duration-ms'),
        minimum: 1,
        maximum: 604_800_000,
      }),
    }),
  ),
  dedupe: asField(
    Type.Object({
      key: Type.Optional(
        Type.String({
          ...INGRESS_TEXTS.dedupeKey,
          ...fieldEditor('expression'),
          minLength: 1,
          maxLength: 2000,
        }),
      ),
      windowSec: Type.Integer({
        ...INGRESS_TEXTS.windowSec,
        ...fieldEditor('duration-sec'),
        minimum: 1,
        maximum: 31_536_000,
        default: 86_400,
      }),
    }),
  ),
  lane: asField(
    Type.Object({
      key: Type.Optional(
        Type.String({
          ...INGRESS_TEXTS.laneKey,
          ...fieldEditor('expression'),
          minLength: 1,
          maxLength: 2000,
        }),
      ),
    }),
  ),
  keys: asField(
    Type.Object({
      keys: valuesBy('key', expression(), {
        ...INGRESS_TEXTS.keys,
        default: {},
        maxProperties: 20,
      }),
    }),
  ),
  recording: asField(
    Type.Object({
      level: Type.Union([Type.Literal('full'), Type.Literal('keys'), Type.Literal('none')], {
        ...RECORDING_TEXTS.level,
        default: 'full',
      }),
      retainDays: Type.Integer({
        ...RECORDING_TEXTS.retainDays,
        minimum: 1,
        maximum: 3650,
        default: 30,
      }),
      perSecond: Type.Integer({
        ...RECORDING_TEXTS.perSecond,
        minimum: 0,
        maximum: 10_000,
        default: 10,
      }),
      megabytesPerDay: Type.Integer({
        ...RECORDING_TEXTS.megabytesPerDay,
        minimum: 1,
        maximum: 10_000_000,
        default: 10_240,
      }),
    }),
  ),
} as const satisfies Readonly<Record<string, FieldSchema>>;
