/** Draws a line between the trees for each visible connection. */
import { useMemo } from 'react';
import { useStore } from 'zustand';
import { createStore, type StoreApi } from 'zustand/vanilla';
import { drawLines, type DrawnLine, type MappingLine, type Pane } from '../../model/mapping/mapping-lines.ts';
import { useMappingView } from '../context/mapping-context.tsx';
import { ROW_HEIGHT } from './tree-pane.tsx';
import styles from './lines-layer.module.css';

interface Panes {
  readonly source: Pane;
  readonly target: Pane;
  setSource(source: Pane): void;
  setTarget(target: Pane): void;
}

const START: Pane = { scrollTop: 0, height: 600 };

/** Creates a store for the scroll positions of both trees. */
export function createPanes(): StoreApi<Panes> {
  return createStore<Panes>((set) => ({
    source: START,
    target: START,
    setSource: (source) => set({ source }),
    setTarget: (target) => set({ target }),
  }));
}

interface LinesLayerProps {
  readonly panes: StoreApi<Panes>;
  readonly findSource: (path: string) => number | undefined;
  readonly findTarget: (key: string) => number | undefined;
  readonly isLit: (line: MappingLine) => boolean;
}

const WIDTH = 100;
/** Height of the column headings of the target. */
const TARGET_OFFSET = 28;

export function LinesLayer({ panes, findSource, findTarget, isLit }: LinesLayerProps) {
  const { lines, select } = useMappingView();
  const { source, target } = useStore(panes);
  const drawn = useMemo(
    () => drawLines(lines, { source: findSource, target: findTarget }, { source, target, rowHeight: ROW_HEIGHT }),
    [lines, findSource, findTarget, source, target],
  );
  const height = Math.max(source.height, target.height + TARGET_OFFSET);
  // Highlighted lines are drawn above the others.
  const ordered = drawn.map((line) => ({ line, lit: isLit(line.line) })).toSorted((a, b) => Number(a.lit) - Number(b.lit));
  return (
    <svg className={styles.layer} viewBox={`0 0 ${WIDTH} ${height}`} width={WIDTH} height={height} aria-hidden>
      {ordered.map(({ line, lit }) => (
        <Line key={`${line.line.source} ${line.line.target}`} drawn={line} isLit={lit} onClick={() => select(line.line.target)} />
      ))}
    </svg>
  );
}

function Line({ drawn, isLit, onClick }: { readonly drawn: DrawnLine; readonly isLit: boolean; readonly onClick: () => void }) {
  const { line, fromY, toY, isCut } = drawn;
  const end = toY + TARGET_OFFSET;
  const path = `M0 ${fromY} C${WIDTH * 0.5} ${fromY} ${WIDTH * 0.5} ${end} ${WIDTH} ${end}`;
  const middle = (fromY + end) / 2;
  return (
    <g
      className={[styles.line, styles[line.kind], isLit ? styles.lit : '', isCut ? styles.cut : ''].filter(Boolean).join(' ')}
      onClick={onClick}
    >
      <path className={styles.reach} d={path} />
      <path className={styles.stroke} d={path} />
      {line.isWorked && line.kind === 'value' ? (
        <>
          <circle cx={WIDTH / 2} cy={middle} r={8} />
          <text x={WIDTH / 2} y={middle + 4}>
            ƒ
          </text>
        </>
      ) : null}
    </g>
  );
}
