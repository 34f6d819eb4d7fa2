/**
 * The fields for a node's timeouts, retries and errors, with their texts. Defaults depend on the node and on the
 * flow's mode. Pure.
 */
import { Type } from 'typebox';
import type { FlowDocument, RetryRule } from '../../../engine/contract/flow/flow-document.ts';
import { HANDLING_TEXTS, RETRY_TEXTS } from '../../../engine/contract/flow/flow-texts.ts';
import { fieldEditor } from '../../../engine/contract/values/texts.ts';
import { asField, type FieldSchema } from '../kit/form/field-schema.ts';

export interface HandlingCase {
  readonly mode: FlowDocument['mode'];
  readonly isAction: boolean;
  readonly hasErrorPort: boolean;
  /** True if a wire starts at the error port of the node. */
  readonly isErrorConnected: boolean;
}

/** Returns the default retry rule. It must match the engine's defaults (`engine/compile/compile-flow.ts`). */
export function defaultRetry({ mode, isAction }: HandlingCase): RetryRule {
  return { max: mode === 'durable' && isAction ? 100 : 0, baseMs: 500, factor: 2, capMs: 60_000, on: ['transient'] };
}

export type HandlingSection = 'time' | 'retry' | 'error' | 'record';

export function handlingSchema(section: HandlingSection, about: HandlingCase): FieldSchema {
  switch (section) {
    case 'time':
      return asField(Type.Object({ timeoutMs: Type.Optional(timeout) }));
    case 'retry':
      return retrySchema(defaultRetry(about));
    case 'error':
      return asField(
        about.hasErrorPort
          ? Type.Object({ onError: Type.Optional(onErrorOf(about)), exhausted: Type.Optional(exhausted) })
          : Type.Object({ exhausted: Type.Optional(exhausted) }),
      );
    case 'record':
      return asField(Type.Object({ record: Type.Optional(record) }));
  }
}

const timeout = Type.Integer({
  ...HANDLING_TEXTS.timeoutMs,
  ...fieldEditor('duration-ms'),
  minimum: 1,
  maximum: 86_400_000,
});

const exhausted = Type.Union([Type.Literal('hold'), Type.Literal('skip'), Type.Literal('dead-letter')], {
  ...HANDLING_TEXTS.exhausted,
  default: 'hold',
});

const record = Type.Union([Type.Literal('full'), Type.Literal('keys'), Type.Literal('none')], {
  ...HANDLING_TEXTS.record,
  default: 'full',
});

function onErrorOf({ isErrorConnected }: HandlingCase) {
  return Type.Union([Type.Literal('port'), Type.Literal('fail'), Type.Literal('continue')], {
    ...HANDLING_TEXTS.onError,
    default: isErrorConnected ? 'port' : 'fail',
  });
}

function retrySchema(preset: RetryRule): FieldSchema {
  const rule = Type.Object({
    max: Type.Integer({
      ...RETRY_TEXTS.max,
      minimum: 0,
      maximum: 100,
      default: preset.max,
    }),
    baseMs: Type.Integer({
      ...RETRY_TEXTS.baseMs,
      ...fieldEditor('duration-ms'),
      minimum: 1,
      maximum: 3_600_000,
      default: preset.baseMs,
    }),
    factor: Type.Number({
      ...RETRY_TEXTS.factor,
      minimum: 1,
      maximum: 10,
      default: preset.factor,
    }),
    capMs: Type.Integer({
      ...RETRY_TEXTS.capMs,
      ...fieldEditor('duration-ms'),
      minimum: 1,
      maximum: 86_400_000,
      default: preset.capMs,
    }),
    totalMs: Type.Optional(
      Type.Integer({
        ...RETRY_TEXTS.totalMs,
        ...fieldEditor('duration-ms'),
        minimum: 1,
        maximum: 2_592_000_000,
      }),
    ),
    on: Type.Array(Type.Union([Type.Literal('transient'), Type.Literal('unknown-outcome')]), {
      ...RETRY_TEXTS.on,
      maxItems: 2,
      default: preset.on,
    }),
  });
  return asField(rule);
}
