import { Button, Tooltip } from 'antd';
import { ArrowDown, ArrowUp, Plus, Trash2 } from 'lucide-react';
import { defineTexts, useTexts } from '../../i18n/texts.ts';

const TEXTS = defineTexts({
  up: ['上移', 'Move up'],
  down: ['下移', 'Move down'],
  remove: ['删除', 'Remove'],
});

interface ItemButtonsProps {
  /** Name of the item, for screen readers. */
  readonly name: string;
  readonly index: number;
  readonly count: number;
  /** Absent if the order of the items has no meaning. */
  readonly onMove?: (to: number) => void;
  readonly onRemove?: (() => void) | undefined;
}

export function ItemButtons({ name, index, count, onMove, onRemove }: ItemButtonsProps) {
  const t = useTexts(TEXTS);
  return (
    <span>
      {onMove === undefined || count < 2 ? null : (
        <>
          <IconButton words={`${t('up')} · ${name}`} icon={<ArrowUp size={14} />} isOff={index === 0} onClick={() => onMove(index - 1)} />
          <IconButton
            words={`${t('down')} · ${name}`}
            icon={<ArrowDown size={14} />}
            isOff={index === count - 1}
            onClick={() => onMove(index + 1)}
          />
        </>
      )}
      {onRemove === undefined ? null : <IconButton words={`${t('remove')} · ${name}`} icon={<Trash2 size={14} />} onClick={onRemove} />}
    </span>
  );
}

export function IconButton(props: {
  readonly words: string;
  readonly icon: React.ReactNode;
  readonly isOff?: boolean;
  readonly onClick: () => void;
}) {
  return (
    <Tooltip title={props.words}>
      <Button type="text" size="small" aria-label={props.words} icon={props.icon} disabled={props.isOff ?? false} onClick={props.onClick} />
    </Tooltip>
  );
}

export function AddButton({
  words,
  isOff = false,
  onClick,
}: {
  readonly words: string;
  readonly isOff?: boolean;
  readonly onClick: () => void;
}) {
  return (
    <Button type="dashed" size="small" icon={<Plus size={14} />} disabled={isOff} onClick={onClick}>
      {words}
    </Button>
  );
}
