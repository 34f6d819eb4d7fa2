import { isQuickCheck } from '../../engine/contract/schema/check-cost.ts';
import { measurePlainSchema, measureSchema, type PlainSchemaSize } from '../../engine/contract/schema/schema-bounds.ts';
import { pointerStep } from '../../engine/contract/schema/schema-problem.ts';
import { compileFirstBreach, type Breach, type FirstBreach, type JsonSchema } from '../../engine/schema/compile-schema.ts';
import type { CheckedSchema, SchemaIssue } from '../json-reading.ts';

/**
 * Creates a checked schema. It is measured and compiled only when needed, because a plan may have thousands of schemas.
 */
export function createCheckedSchema(schema: JsonSchema, coerces = false): CheckedSchema {
  let plain: { readonly size: PlainSchemaSize | undefined } | undefined;
  let isBounded: boolean | undefined;
  let find: FirstBreach | undefined;
  let text: string | undefined;
  return {
    get text() {
      return (text ??= JSON.stringify(schema));
    },
    coerces,
    get isBounded() {
      return (isBounded ??= measureSchema(schema).excess === undefined);
    },
    isQuick(value, bytes) {
      const { size } = (plain ??= { size: measurePlainSchema(schema) });
      return size !== undefined && isQuickCheck(size, value, bytes);
    },
    check(value) {
      const breach = (find ??= compileFirstBreach(schema, coerces))(value);
      return breach && toSchemaIssue(breach);
    },
  };
}

/** Converts a breach into an issue, which names the rule, never the value. */
export function toSchemaIssue({ instancePath, params, message }: Breach): SchemaIssue {
  const { missingProperty, additionalProperty } = params as { missingProperty?: string; additionalProperty?: string };
  const name = missingProperty ?? additionalProperty;
  return { path: name === undefined ? instancePath : instancePath + pointerStep(name), message };
}
