/** Problems are told where they arise: at once what can be seen here, and after a pause what only the server can tell. */
import { useEffect, useRef } from 'react';
import { call } from '../api/client.ts';
import { collectProblems, currentIssues, type ToldIssues } from '../model/issues.ts';
import { useEditor, useEditorStore } from './editor-context.tsx';

const QUICK_MS = 120;
const SERVER_MS = 500;

export function useValidation(): void {
  const store = useEditorStore();
  const document = useEditor((editor) => editor.history.document);
  const types = useEditor((editor) => editor.types);
  const told = useRef<ToldIssues>(undefined);
  useEffect(() => {
    const controller = new AbortController();
    const show = () => store.getState().setProblems(collectProblems(currentIssues(document, types, told.current).issues, document));
    const ask = async () => {
      const { issues } = await call('flows.validate', { document }, { signal: controller.signal });
      told.current = { document, issues };
      show();
    };
    const quick = setTimeout(show, QUICK_MS);
    // Without an answer what can be seen here stays; saving says that the platform is away.
    const thorough = setTimeout(() => void ask().catch(() => undefined), SERVER_MS);
    return () => {
      clearTimeout(quick);
      clearTimeout(thorough);
      controller.abort();
    };
  }, [document, types, store]);
}
