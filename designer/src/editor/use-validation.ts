/** Shows problems where they arise: local ones at once, and those that only the server finds after a pause. */
import { useEffect, useMemo, useReducer, useRef } from 'react';
import { call } from '../api/client.ts';
import { useLive } from '../api/live.ts';
import { collectProblems, createProblemChecks, type ToldIssues } from '../model/problems/issues.ts';
import { useEditor, useEditorStore } from './state/editor-context.tsx';

const QUICK_MS = 120;
const SERVER_MS = 500;

export function useValidation(): void {
  const store = useEditorStore();
  const document = useEditor((editor) => editor.history.document);
  const types = useEditor((editor) => editor.types);
  const checks = useMemo(() => createProblemChecks(types), [types]);
  const told = useRef<ToldIssues>(undefined);
  const look = useOtherFlows();
  useEffect(() => {
    const controller = new AbortController();
    const show = () => store.getState().setProblems(collectProblems(checks.current(document, told.current), document));
    const ask = async () => {
      const { issues } = await call('flows.validate', { document }, { signal: controller.signal });
      told.current = { document, issues };
      show();
    };
    // The server does the first check: it knows everything, and a large flow opens sooner.
    const quick = told.current === undefined ? undefined : setTimeout(show, QUICK_MS);
    // If the call fails, local problems stay; the saving state already shows that the platform is unreachable.
    const thorough = setTimeout(() => void ask().catch(() => undefined), told.current === undefined ? 0 : SERVER_MS);
    return () => {
      clearTimeout(quick);
      clearTimeout(thorough);
      controller.abort();
    };
  }, [document, checks, store, look]);
}

/**
 * Counts up when a flow is published or removed, or the user returns from a page where they may have fixed something.
 */
function useOtherFlows(): number {
  const [look, again] = useReducer((count: number) => count + 1, 0);
  useLive('flow', again);
  useLive<{ readonly gone: readonly string[] }>('flows', ({ gone }) => {
    if (gone.length > 0) again();
  });
  useEffect(() => {
    window.addEventListener('focus', again);
    return () => window.removeEventListener('focus', again);
  }, []);
  return look;
}
