/**
 * The context that the parts of the mapping editor share: the mapping as trees and lines, the selection, and the
 * result for the sample.
 */
import { createContext, use, useCallback, useMemo, useState, type ReactNode } from 'react';
import type { Issue } from '../../../../engine/contract/values/errors.ts';
import type { Mapping } from '../../../../nodes/shared/mapping/mapping-document.ts';
import type { ScopeSample } from '../../node-panel/expression/scope-sample.ts';
import { connect, isFilled, type ConnectHow, type SourcePoint } from '../../model/mapping/connect-mapping.ts';
import { linesOf, readRows, type MappingLine } from '../../model/mapping/mapping-lines.ts';
import type { IsList } from '../../model/mapping/mapping-paths.ts';
import { problemsByRow, type MappingPreview } from '../../model/mapping/preview-mapping.ts';
import { hasPlainItems, isListSource, listsOf, sourceTree, type SourceNode, type SourceRoot } from '../../model/mapping/source-tree.ts';
import { findNode, targetTree, unfilledRequired, type TargetNode } from '../../model/mapping/target-tree.ts';
import { hl7RowNames, withoutRepeatedRows } from './hl7-row-names.ts';
import type { MappingEditing } from './use-mapping.ts';
import { useMappingPreview } from './use-mapping-preview.ts';
import { useScope } from '../../node-panel/expression/scope-context.tsx';

export interface Point {
  readonly x: number;
  readonly y: number;
}

/**
 * A source that was dropped on a field that is already filled. The author must still choose how to combine the source
 * with the field.
 */
export interface PendingConnection {
  readonly source: SourceNode;
  readonly target: string;
  readonly at: Point;
}

export interface MappingView {
  readonly nodeId: string;
  readonly editing: MappingEditing;
  readonly mapping: Mapping;
  readonly tree: TargetNode;
  readonly sources: readonly SourceNode[];
  readonly isList: IsList;
  /** Returns the name that the HL7 standard gives to a path, if the path is in an HL7 message. */
  readonly standardName: ReturnType<typeof hl7RowNames>;
  readonly lines: readonly MappingLine[];
  readonly sample: ScopeSample;
  /** The result for the sample. Undefined if there is no sample, and while the result is being computed. */
  readonly preview: MappingPreview | undefined;
  readonly problems: ReadonlyMap<string, readonly Issue[]>;
  readonly unfilled: ReadonlySet<string>;
  /** Key of the target row whose rules are shown. */
  readonly selected: string | undefined;
  select(key: string | undefined): void;
  /** The source that the user picked with the keyboard to connect it to a field. */
  readonly picked: SourceNode | undefined;
  pick(source: SourceNode | undefined): void;
  readonly pending: PendingConnection | undefined;
  setPending(pending: PendingConnection | undefined): void;
  /** Connects a source to a target. If the target is already filled, first asks the author how to combine them. */
  lead(source: SourceNode, target: string, at: Point): void;
  connect(source: SourceNode, target: string, how: ConnectHow): void;
}

const MappingContext = createContext<MappingView | undefined>(undefined);

export function useMappingView(): MappingView {
  const view = use(MappingContext);
  if (view === undefined) throw new Error('used outside of <MappingProvider>');
  return view;
}

interface ProviderProps {
  readonly nodeId: string;
  readonly editing: MappingEditing;
  readonly mapping: Mapping;
  readonly sample: ScopeSample;
  readonly children: ReactNode;
}

export function MappingProvider({ nodeId, editing, mapping, sample, children }: ProviderProps) {
  const trees = useTrees(mapping, sample);
  const preview = useMappingPreview(mapping, sample);
  const { tree, isList } = trees;
  const problems = useMemo(() => problemsByRow(tree, preview?.problems ?? []), [tree, preview]);
  const [selected, select] = useState<string>();
  const [picked, pick] = useState<SourceNode>();
  const [pending, setPending] = useState<PendingConnection>();
  const lay = useCallback(
    (source: SourceNode, target: string, how: ConnectHow) => {
      if (editing.edit((now) => connect(now, { source: pointOf(source), target, how }, isList))) select(target);
      pick(undefined);
      setPending(undefined);
    },
    [editing, isList],
  );
  const lead = useCallback(
    (source: SourceNode, target: string, at: Point) => {
      const node = findNode(tree, target);
      if (node !== undefined && isFilled(node) && node.kind !== 'append' && node.kind !== 'items') setPending({ source, target, at });
      else lay(source, target, 'replace');
    },
    [tree, lay],
  );
  const view = useMemo<MappingView>(
    () => ({
      ...trees,
      nodeId,
      editing,
      mapping,
      sample,
      preview,
      problems,
      selected: selected !== undefined && findNode(tree, selected) !== undefined ? selected : undefined,
      select,
      picked,
      pick,
      pending,
      setPending,
      lead,
      connect: lay,
    }),
    [trees, nodeId, editing, mapping, sample, preview, problems, tree, selected, picked, pending, lead, lay],
  );
  return <MappingContext value={view}>{children}</MappingContext>;
}

export function pointOf(source: SourceNode): SourcePoint {
  return { path: source.path, isList: isListSource(source), hasPlainItems: hasPlainItems(source) };
}

function useTrees(
  mapping: Mapping,
  sample: ScopeSample,
): Pick<MappingView, 'tree' | 'sources' | 'isList' | 'standardName' | 'lines' | 'unfilled'> {
  const { nodesBefore } = useScope();
  const roots = useMemo<readonly SourceRoot[]>(
    () => [
      { path: 'data', sample: sample.data },
      ...nodesBefore.map(({ id, label }) => ({ path: `nodes.${id}`, sample: sample.nodes?.[id], note: label })),
      ...(['headers', 'keys'] as const).flatMap((path) => (hasParts(sample[path]) ? [{ path, sample: sample[path] }] : [])),
      { path: 'now', sample: Date.now() },
    ],
    [sample, nodesBefore],
  );
  const known = useMemo(() => sourceTree(roots, []), [roots]);
  const isList = useMemo(() => listsOf(known), [known]);
  const tree = useMemo(() => targetTree(mapping), [mapping]);
  const lines = useMemo(() => linesOf(tree, isList), [tree, isList]);
  const read = readRows(lines).join('\n');
  const sources = useMemo(() => {
    const paths = read === '' ? [] : read.split('\n');
    return withoutRepeatedRows(sourceTree(roots, paths), paths);
  }, [roots, read]);
  const unfilled = useMemo(() => new Set(unfilledRequired(tree)), [tree]);
  const standardName = useMemo(() => hl7RowNames(sources), [sources]);
  return useMemo(() => ({ tree, sources, isList, standardName, lines, unfilled }), [tree, sources, isList, standardName, lines, unfilled]);
}

function hasParts(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0;
}
