import { useMemo } from 'react';
import type { FlowTest } from '../../../engine/contract/flow/flow-document.ts';
import { useEditor } from '../editor/state/editor-context.tsx';
import { defineTexts, useText, useTexts } from '../i18n/texts.ts';
import { bodySchema, type OfferedShapes } from '../model/samples/offered-shapes.ts';
import { sampleOf } from '../model/schema/schema-sample.ts';

const TEXTS = defineTexts({
  structure: ['按请求结构编的示例', 'Example generated from the structure of the request'],
});

/** An input with which a trial may start. */
export interface Start {
  readonly key: string;
  readonly label: string;
  readonly input: FlowTest['input'];
  readonly mocks: FlowTest['mocks'];
}

/**
 * Returns the inputs to choose from: those of the saved tests, then an example generated from the schema of the
 * request, then the samples of the trigger's type.
 */
export function useStarts(offered: OfferedShapes): readonly Start[] {
  const t = useTexts(TEXTS);
  const text = useText();
  const tests = useEditor(({ history }) => history.document.tests);
  const trigger = useEditor(({ history, types }) => history.document.nodes.find((node) => types.isTrigger(node)));
  const samples = useEditor(({ types }) => (trigger === undefined ? undefined : types.get(trigger.type)?.samples));
  const body = useEditor(({ history, types }) => bodySchema(history.document, types, offered));
  return useMemo(
    () => [
      ...tests.map(({ name, input, mocks }, index) => ({ key: `test ${index}`, label: name, input, mocks })),
      ...(body === undefined
        ? []
        : [{ key: 'structure', label: t('structure'), input: { data: { body: sampleOf(body), query: {}, params: {} } }, mocks: {} }]),
      ...(samples ?? []).map(({ name, data, mediaType }, index) => ({
        key: `sample ${index}`,
        label: text(name),
        input: { data, ...(mediaType === undefined ? {} : { mediaType }) },
        mocks: {},
      })),
    ],
    [tests, body, samples, text, t],
  );
}
