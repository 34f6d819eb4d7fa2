/** A button for an action of the canvas: its icon, its name and its keys. */
import { Button, Tooltip } from 'antd';
import { useTexts } from '../i18n/texts.ts';
import { ACTION_TEXTS } from './commands/action-texts.ts';
import { ACTIONS, type CanvasAction } from './commands/actions.ts';
import { useCanvasTools } from './state/canvas-context.tsx';
import { shownKeys } from '../kit/page/key-names.ts';

export function ActionButton({ id, isDisabled = false }: { readonly id: CanvasAction['id']; readonly isDisabled?: boolean }) {
  const t = useTexts(ACTION_TEXTS);
  const tools = useCanvasTools();
  const action = ACTIONS.find((one) => one.id === id);
  if (action === undefined) return null;
  const { icon: Icon, keys, isDangerous } = action;
  return (
    <Tooltip title={keys?.[0] === undefined ? t(id) : `${t(id)} \u2002${shownKeys(keys[0])}`}>
      <Button
        type="text"
        size="small"
        danger={isDangerous === true}
        disabled={isDisabled}
        icon={<Icon size={16} aria-hidden />}
        aria-label={t(id)}
        onClick={() => action.run(tools)}
      />
    </Tooltip>
  );
}
