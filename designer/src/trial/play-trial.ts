import type { EditorStore } from '../editor/state/editor-store.ts';
import type { TrialOrder } from '../editor/state/trial-state.ts';
import { useGuide } from '../guide/guide-store.ts';
import { handedIn, overlayOf, runTrial, samplesOf } from './run-trial.ts';

/** Runs a trial in the editor. The panel shows its progress and result; the canvas shows the path of the message. */
export async function playTrial(store: EditorStore, order: TrialOrder): Promise<void> {
  const { setTrial, setOverlay, setSamples } = store.getState();
  const { document, input, scope } = order;
  const isWhole = scope.kind === 'whole';
  const trigger = isWhole ? document.nodes.find((node) => store.getState().types.isTrigger(node))?.id : undefined;
  const stop = new AbortController();
  setTrial({ run: { order, stop } });
  setOverlay(undefined);
  try {
    const answer = await runTrial(order, stop.signal);
    setOverlay(overlayOf(answer, document, trigger));
    setSamples(samplesOf(answer, isWhole ? handedIn(document, store.getState().types, input.data) : {}));
    useGuide.getState().finish('try');
    setTrial({ run: { order, stop, answer } });
  } catch (error) {
    setTrial({ run: stop.signal.aborted ? undefined : { order, stop, error } });
  }
}
