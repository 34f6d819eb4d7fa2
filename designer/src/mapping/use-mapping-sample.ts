/** The sample for a mapping: from the open editor, a saved test, a real message, or entered by hand. */
import { useCallback, useMemo, useState } from 'react';
import { call } from '../api/client.ts';
import { useQueryOf } from '../api/queries.ts';
import { useMay } from '../session/session-context.ts';
import { useEditor, useEditorStore } from '../editor/state/editor-context.tsx';
import { scopeSampleOf, type NodeSamples } from '../node-panel/node-sample.ts';
import type { ScopeSample } from '../node-panel/expression/scope-sample.ts';
import { useOfferedShapes } from '../node-panel/use-offered-shapes.ts';
import { envelopeOf, recordsOf, type Envelope } from '../model/samples/payload-samples.ts';
import { handedIn, runTrial, samplesOf } from '../trial/run-trial.ts';

export type SampleKey = 'editor' | 'own' | `test ${number}` | `message ${string}`;

export interface SampleOption {
  readonly key: SampleKey;
  readonly kind: 'editor' | 'own' | 'test' | 'message';
  /** The name of a test, or the id of a message. */
  readonly name: string;
  readonly acceptedAt?: number;
}

interface Loaded {
  readonly key: SampleKey;
  readonly samples: NodeSamples;
  readonly envelope: Envelope;
}

export interface MappingSampleChoice {
  readonly options: readonly SampleOption[];
  readonly chosen: SampleKey;
  readonly sample: ScopeSample;
  /** True if no message has run yet, so that the editor's sample is only generated from schemas and descriptions. */
  readonly isLikely: boolean;
  readonly isLoading: boolean;
  readonly error: unknown;
  choose(key: SampleKey): void;
  /** Data entered by hand; undefined until the author enters some. */
  readonly own: unknown;
  setOwn(data: unknown): void;
}

const NOTHING: Envelope = { headers: {}, keys: {} };

export function useMappingSample(nodeId: string): MappingSampleChoice {
  const store = useEditorStore();
  const document = useEditor(({ history }) => history.document);
  const types = useEditor((editor) => editor.types);
  const editorSamples = useEditor((editor) => editor.samples);
  const offered = useOfferedShapes({ mayAsk: true });
  const options = useSampleOptions(nodeId);
  const [chosen, setChosen] = useState<SampleKey>('editor');
  const [loaded, setLoaded] = useState<Loaded>();
  const [own, setOwn] = useState<unknown>();
  const [isLoading, setLoading] = useState(false);
  const [error, setError] = useState<unknown>();

  const choose = useCallback(
    (key: SampleKey) => {
      setChosen(key);
      setError(undefined);
      if (key === 'editor' || key === 'own') return;
      setLoading(true);
      const { history, types: known } = store.getState();
      const load = key.startsWith('test ')
        ? loadTest(history.document, known, Number(key.slice(5)))
        : loadMessage(history.document, known, key.slice(8), nodeId);
      load.then((found) => setLoaded({ key, ...found }), setError).finally(() => setLoading(false));
    },
    [store, nodeId],
  );
  const isLoaded = loaded !== undefined && loaded.key === chosen;
  const samples = isLoaded ? loaded.samples : chosen === 'editor' ? editorSamples : EMPTY;
  const { headers, keys } = isLoaded ? loaded.envelope : NOTHING;
  const { nodes, edges } = document;
  const sample = useMemo<ScopeSample>(() => {
    const found = scopeSampleOf(document, types, offered, samples, nodeId);
    return { ...found, headers, keys, ...(chosen === 'own' ? { data: own } : {}) };
    // Typing into this mapping must not change the sample, so the mapping itself is not a dependency.
  }, [nodes.length, edges, types, offered, samples, nodeId, headers, keys, chosen, own]);
  const isLikely = Object.keys(editorSamples).length === 0;
  return { options, chosen, sample, isLikely, isLoading, error, choose, own, setOwn };
}

const EMPTY: NodeSamples = {};

function useSampleOptions(nodeId: string): readonly SampleOption[] {
  const may = useMay();
  const flowId = useEditor(({ history }) => history.document.flowId);
  const tests = useEditor(({ history }) => history.document.tests);
  const isAllowed = may('executions.payload') && may('executions.read');
  const messages = useQueryOf('flows.samples', { flowId, node: nodeId, limit: 10 }, { enabled: isAllowed });
  return useMemo(
    () => [
      { key: 'editor', kind: 'editor', name: '' },
      ...(may('flows.edit') ? tests.map(({ name }, index) => ({ key: `test ${index}` as const, kind: 'test' as const, name })) : []),
      ...(messages.data?.items ?? []).map(({ executionId, acceptedAt }) => ({
        key: `message ${executionId}` as const,
        kind: 'message' as const,
        name: executionId,
        acceptedAt,
      })),
      { key: 'own', kind: 'own', name: '' },
    ],
    [may, tests, messages.data],
  );
}

type Editor = ReturnType<ReturnType<typeof useEditorStore>['getState']>;
type Found = Omit<Loaded, 'key'>;

/** Runs a saved test. It calls no real system: the mocks of the test reply. */
async function loadTest(document: Editor['history']['document'], types: Editor['types'], index: number): Promise<Found> {
  const { input, mocks } = document.tests[index]!;
  const order = { document, input, mocks, reachesAdapters: false, scope: { kind: 'whole' as const } };
  const answer = await runTrial(order, new AbortController().signal);
  const { headers = {}, keys = {} } = input;
  return { samples: samplesOf(answer, handedIn(document, types, input.data)), envelope: { headers, keys } };
}

/** Loads a message. Reading it creates an audit entry, so this is called only when the user chooses the message. */
async function loadMessage(
  document: Editor['history']['document'],
  types: Editor['types'],
  executionId: string,
  nodeId: string,
): Promise<Found> {
  const payload = await call('executions.payload', { executionId });
  return { samples: recordsOf(payload, document, types), envelope: envelopeOf(payload, nodeId) };
}
