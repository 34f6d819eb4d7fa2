import { BellOff, BellRing, CircleCheck, OctagonAlert, TriangleAlert, UserCheck } from 'lucide-react';
import type { ShownAlarm } from '../../api/operations.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { Tag } from '../../kit/feedback/status-tag.tsx';

export const ALARM_TEXTS = defineTexts({
  critical: ['严重', 'Critical'],
  warning: ['警告', 'Warning'],
  open: ['未确认', 'Not acknowledged'],
  acknowledged: ['已确认', 'Acknowledged'],
  ended: ['已结束', 'Ended'],
  silenced: ['屏蔽中', 'Silenced'],
});

export function SeverityTag({ severity }: Pick<ShownAlarm, 'severity'>) {
  const t = useTexts(ALARM_TEXTS);
  const isCritical = severity === 'critical';
  return (
    <Tag tone={isCritical ? 'red' : 'amber'} icon={isCritical ? OctagonAlert : TriangleAlert}>
      {t(severity)}
    </Tag>
  );
}

export function AlarmStatusTag({ status, isSilenced }: Pick<ShownAlarm, 'status' | 'isSilenced'>) {
  const t = useTexts(ALARM_TEXTS);
  if (status === 'ended')
    return (
      <Tag tone="green" icon={CircleCheck}>
        {t('ended')}
      </Tag>
    );
  if (status === 'acknowledged')
    return (
      <Tag tone="blue" icon={UserCheck}>
        {t('acknowledged')}
      </Tag>
    );
  return (
    <Tag tone={isSilenced ? 'grey' : 'red'} icon={isSilenced ? BellOff : BellRing}>
      {t(isSilenced ? 'silenced' : 'open')}
    </Tag>
  );
}
