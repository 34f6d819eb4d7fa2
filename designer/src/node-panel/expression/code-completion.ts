import type { CompletionContext, CompletionResult } from '@codemirror/autocomplete';
import type { CompletionWords } from './completion-words.ts';

const TYPES = { field: 'property', root: 'variable', function: 'function' } as const;
const WORD = /^[\p{L}\p{N}_$`]*$/u;

/**
 * Returns a completion source for a code editor. After each dot, it calls `find` again with the text before the cursor.
 */
export function offerWords(find: (before: string) => CompletionWords | undefined): (context: CompletionContext) => CompletionResult | null {
  return (context) => {
    const before = context.state.doc.sliceString(0, context.pos);
    const found = find(before);
    if (found === undefined || (!context.explicit && found.from === context.pos && !/[.{$]$/.test(before))) return null;
    return {
      from: found.from,
      validFor: WORD,
      options: found.words.map(({ label, insert, kind, detail, info }) => ({
        label,
        apply: insert,
        type: TYPES[kind],
        ...(detail === undefined ? {} : { detail }),
        ...(info === undefined ? {} : { info }),
      })),
    };
  };
}
