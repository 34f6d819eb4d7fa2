/**
 * Shows problems at the fields and nodes that have them. Local problems are shown at once; problems that only the
 * server finds are shown after a pause.
 */
import { useEffect, useMemo, useReducer, useRef } from 'react';
import { call } from '../api/client.ts';
import { useLive } from '../api/live.ts';
import { collectProblems, createProblemChecks, type ServerIssues } from '../model/problems/issues.ts';
import { useEditor, useEditorStore } from './state/editor-context.tsx';

const QUICK_MS = 120;
const SERVER_MS = 500;

export function useValidation(): void {
  const store = useEditorStore();
  const document = useEditor((editor) => editor.history.document);
  const types = useEditor((editor) => editor.types);
  const checks = useMemo(() => createProblemChecks(types), [types]);
  const told = useRef<ServerIssues>(undefined);
  const look = useOtherFlows();
  useEffect(() => {
    const controller = new AbortController();
    const show = () => store.getState().setProblems(collectProblems(checks.current(document, told.current), document));
    const ask = async () => {
      const { issues } = await call('flows.validate', { document }, { signal: controller.signal });
      told.current = { document, issues };
      show();
    };
    // The first check runs on the server only. The server finds all problems, and without a local check a large flow
    // opens sooner.
    const quick = told.current === undefined ? undefined : setTimeout(show, QUICK_MS);
    // If the server cannot be reached, only the local problems are shown. The saving state already shows that the
    // platform is unreachable.
    const thorough = setTimeout(() => void ask().catch(() => undefined), told.current === undefined ? 0 : SERVER_MS);
    return () => {
      clearTimeout(quick);
      clearTimeout(thorough);
      controller.abort();
    };
  }, [document, checks, store, look]);
}

/**
 * Returns a number that increases when other flows may have changed the result of the check: when a flow is published
 * or removed, and when the user returns from another window.
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
