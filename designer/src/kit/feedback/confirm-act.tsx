import { App, Checkbox, Input } from 'antd';
import { useCallback, type ReactNode } from 'react';
import { useEnvironment } from '../../session/environment.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { ErrorBox } from './error-box.tsx';
import styles from './confirm-act.module.css';

const TEXTS = defineTexts({
  cancel: ['取消', 'Cancel'],
  where: ['在：{{installation}}', 'In: {{installation}}'],
  reason: ['理由（写入审计）', 'Reason (kept in the audit trail)'],
  reasonMissing: ['请填写理由。', 'Give a reason.'],
  affirmMissing: ['请先确认上面这一条。', 'Confirm the line above first.'],
});

export interface Act {
  readonly title: string;
  /** The effect of the action, in full sentences. */
  readonly effect: ReactNode;
  /** Label of the button. It names the action, instead of "OK". */
  readonly verb: string;
  /**
   * Label of the button that closes the dialog. It is needed for an action that cancels something, because the label
   * "Cancel" could then mean either.
   */
  readonly back?: string;
  readonly isDangerous?: boolean;
  /** True if the effect needs a wide dialog, for example to show a difference. */
  readonly isWide?: boolean;
  readonly needsReason?: boolean;
  /** A statement that the user must tick before the action. */
  readonly affirm?: string;
  run(reason: string): Promise<unknown>;
}

/**
 * Asks for confirmation: `const confirm = useConfirm(); confirm({title, effect, verb, run})` shows the effect, calls
 * `run` after the user confirms, and shows the error if it fails.
 */
export function useConfirm(): (act: Act) => void {
  const { modal } = App.useApp();
  const t = useTexts(TEXTS);
  const { isProduction, installation } = useEnvironment();
  return useCallback(
    (act) => {
      let reason = '';
      let isAffirmed = act.affirm === undefined;
      let hasProblem = false;
      const show = (problem?: ReactNode) => {
        hasProblem = problem !== undefined;
        dialog.update({ content: body(problem) });
      };
      /** A problem goes as soon as the user reacts to it. */
      const react = () => {
        if (hasProblem) show();
      };
      const body = (problem?: ReactNode) => (
        <div className={styles.body}>
          {act.isDangerous === true || isProduction ? <strong>{t('where', { installation })}</strong> : null}
          <div>{act.effect}</div>
          {act.needsReason === true ? (
            <Input.TextArea
              autoFocus
              maxLength={500}
              rows={3}
              placeholder={t('reason')}
              aria-label={t('reason')}
              onChange={(event) => {
                reason = event.target.value;
                react();
              }}
            />
          ) : null}
          {act.affirm === undefined ? null : (
            <Checkbox
              onChange={(event) => {
                isAffirmed = event.target.checked;
                react();
              }}
            >
              {act.affirm}
            </Checkbox>
          )}
          {problem}
        </div>
      );
      const dialog = modal.confirm({
        title: act.title,
        ...(act.isWide === true ? { width: 720 } : {}),
        content: body(),
        okText: act.verb,
        cancelText: act.back ?? t('cancel'),
        okButtonProps: { danger: act.isDangerous ?? false },
        async onOk() {
          if (act.needsReason === true && reason.trim() === '') {
            show(<div role="alert">{t('reasonMissing')}</div>);
            throw new Error('no reason yet');
          }
          if (!isAffirmed) {
            show(<div role="alert">{t('affirmMissing')}</div>);
            throw new Error('not affirmed yet');
          }
          try {
            await act.run(reason.trim());
          } catch (error) {
            show(<ErrorBox error={error} />);
            throw error;
          }
        },
      });
    },
    [modal, t, isProduction, installation],
  );
}
