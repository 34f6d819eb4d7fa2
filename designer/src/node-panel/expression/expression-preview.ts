/** Computes the result of an expression for the sample, or its error. JSONata is loaded with the first expression. */
import { useEffect, useState } from 'react';
import type { Loop } from '../../../../engine/contract/node/node.ts';
import { AppError } from '../../../../engine/contract/values/errors.ts';
import { errorText } from '../../../../engine/contract/error-texts/error-texts.ts';
import { useLanguage } from '../../i18n/texts.ts';
import type { SampleLoop, ScopeSample } from './scope-sample.ts';

export type Preview = { readonly value: unknown } | { readonly problem: string } | undefined;

const PAUSE_MS = 250;

/** Returns the result. It is undefined if the text is empty, or if the text is valid but there is no sample. */
export function usePreview(text: string, sample: ScopeSample): Preview {
  const language = useLanguage();
  const [preview, setPreview] = useState<Preview>();
  useEffect(() => {
    let isGone = false;
    const timer = setTimeout(() => {
      void evaluate(text, sample, language).then((next) => isGone || setPreview(next));
    }, PAUSE_MS);
    return () => {
      isGone = true;
      clearTimeout(timer);
    };
  }, [text, sample, language]);
  return text.trim() === '' ? undefined : preview;
}

async function evaluate(text: string, sample: ScopeSample, language: 'zh-CN' | 'en'): Promise<Preview> {
  if (text.trim() === '') return undefined;
  const { compileExpression, createInPlaceRunner } = await import('../../../../engine/expression/browser.ts');
  try {
    const compiled = compileExpression(text, { pool: createInPlaceRunner() });
    if (sample.data === undefined) return undefined;
    return { value: await compiled.run(scopeOf(sample)) };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { problem: errorText(error, language).what };
  }
}

function scopeOf({
  data,
  headers,
  keys,
  nodes,
  loop,
}: ScopeSample): Parameters<ReturnType<typeof import('../../../../engine/expression/browser.ts').compileExpression>['run']>[0] {
  return { message: { data, headers: headers ?? {}, keys: keys ?? {} } as never, nodes: nodes ?? {}, now: Date.now(), ...loopOf(loop) };
}

function loopOf(loop: SampleLoop | undefined): { readonly loop?: Loop } {
  if (loop === undefined) return {};
  const { item, outer } = loop;
  const around = loopOf(outer).loop;
  return { loop: { item, index: 0, ...(around === undefined ? {} : { outer: around }) } };
}
