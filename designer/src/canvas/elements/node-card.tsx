/** The card of a node: its type and label, its state, and its ports. */
import { Handle, Position, type NodeProps } from '@xyflow/react';
import { memo } from 'react';
import { useEditor } from '../../editor/state/editor-context.tsx';
import type { CanvasPort, CardData } from '../../model/layout/canvas-view.ts';
import { NodeIcon } from '../../kit/icon/node-icon.tsx';
import { useCanvas, useCanvasTexts, useCanvasTools } from '../state/canvas-context.tsx';
import type { CardElement } from '../state/flow-elements.ts';
import { CardBadges } from './card-badges.tsx';
import styles from './node-card.module.css';
import { STATE_TEXTS } from '../../editor/state/node-looks.ts';

/**
 * Renders a card. During a drag xyflow renders it at every step with a new position. The content of the card is a
 * separate component, which renders only when the content changes.
 */
export function NodeCard({ id, data, selected, isConnectable }: NodeProps<CardElement>) {
  return <Card id={id} data={data} isSelected={selected} isConnectable={isConnectable} />;
}

interface CardProps {
  readonly id: string;
  readonly data: CardData;
  readonly isSelected: boolean;
  readonly isConnectable: boolean;
}

const Card = memo(function Card({ id, data: { node, ins, outs }, isSelected, isConnectable }: CardProps) {
  const t = useCanvasTexts(STATE_TEXTS);
  const { language } = useCanvasTools();
  const type = useEditor(({ types }) => types.get(node.type));
  const status = useEditor(({ overlay }) => (overlay === undefined ? undefined : (overlay.nodes[id]?.status ?? 'not-reached')));
  const isLoose = useEditor(({ history }) => isLooseNode(history.document, id, type?.kind));
  const ways = outs.filter(({ isError }) => !isError);
  const reach = useCanvas(({ connecting }) => reachOf(connecting, id));
  const classes = [
    styles.card,
    status === undefined ? '' : styles[status],
    isSelected ? styles.selected : '',
    node.disabled === true ? styles.disabled : '',
    isLoose ? styles.loose : '',
    reach === undefined ? '' : styles[reach],
    ways.length > 1 ? styles.branching : '',
  ];
  return (
    <div className={classes.filter(Boolean).join(' ')} data-category={type?.category ?? 'unknown'}>
      <span className={styles.bar} />
      <span className={styles.icon}>
        <NodeIcon name={type?.icon ?? 'circle-help'} size={20} />
      </span>
      <span className={styles.words}>
        <span className={styles.label}>{node.label === '' ? type?.text.label[language] : node.label}</span>
        <span className={styles.caption}>{type === undefined ? `${t('unknown')} · ${node.type}` : type.text.label[language]}</span>
      </span>
      {ways.length > 1 ? <PortNames ports={ways} /> : null}
      <CardBadges id={id} isDisabled={node.disabled === true} isLoose={isLoose} />
      <CardPorts ins={ins} outs={outs} isConnectable={isConnectable} />
    </div>
  );
});

/** Returns whether no wire ends at the node, so that no message reaches it. Triggers need no such wire. */
function isLooseNode(
  { edges }: { readonly edges: readonly { readonly to: { readonly node: string } }[] },
  id: string,
  kind: string | undefined,
): boolean {
  return kind !== 'trigger' && kind !== undefined && !targetsOf(edges).has(id);
}

const targets = new WeakMap<readonly object[], ReadonlySet<string>>();

/** Returns the nodes at which wires end. They are cached, since every card of a flow needs them. */
function targetsOf(edges: readonly { readonly to: { readonly node: string } }[]): ReadonlySet<string> {
  const known = targets.get(edges);
  if (known !== undefined) return known;
  const found = new Set(edges.map(({ to }) => to.node));
  targets.set(edges, found);
  return found;
}

function reachOf(connecting: { readonly from: { readonly node: string }; readonly targets: ReadonlySet<string> } | undefined, id: string) {
  if (connecting === undefined || connecting.from.node === id) return undefined;
  return connecting.targets.has(id) ? 'reachable' : 'unreachable';
}

function PortNames({ ports }: { readonly ports: readonly CanvasPort[] }) {
  const { language } = useCanvasTools();
  return ports.map(({ name, label, at }) => (
    <span key={name} className={styles.portName} style={{ top: at.y }} title={label[language]}>
      {label[language]}
    </span>
  ));
}

interface PortsProps {
  readonly ins: readonly CanvasPort[];
  readonly outs: readonly CanvasPort[];
  readonly isConnectable: boolean;
}

const CardPorts = memo(function CardPorts({ ins, outs, isConnectable }: PortsProps) {
  return (
    <>
      {ins.map((port) => (
        <Port key={port.name} port={port} side="left" isConnectable={isConnectable} />
      ))}
      {outs.map((port) => (
        <Port key={port.name} port={port} side={port.isError ? 'below' : 'right'} isConnectable={isConnectable} />
      ))}
    </>
  );
});

interface PortProps {
  readonly port: CanvasPort;
  readonly side: 'left' | 'right' | 'below';
  readonly isConnectable: boolean;
}

const POSITIONS = { left: Position.Left, right: Position.Right, below: Position.Bottom } as const;

function Port({ port, side, isConnectable }: PortProps) {
  const { language } = useCanvasTools();
  const t = useCanvasTexts(STATE_TEXTS);
  const name = port.label[language];
  return (
    <Handle
      id={port.name}
      type={side === 'left' ? 'target' : 'source'}
      position={POSITIONS[side]}
      isConnectable={isConnectable && !port.isMissing}
      className={`${styles.port} ${styles[side]} ${port.isMissing ? styles.missing : ''}`}
      role="img"
      aria-label={t(port.isMissing ? 'portMissing' : 'port', { name })}
      title={port.isMissing ? t('portMissing', { name }) : name}
      style={side === 'below' ? { left: port.at.x } : { top: port.at.y }}
    />
  );
}
