import { defineTexts, useTexts } from '../../i18n/texts.ts';
import type { FieldProps } from '../../kit/form/field-props.ts';
import { PairsInput } from '../../kit/form/inputs/pairs-input.tsx';

const TEXTS = defineTexts({ header: ['头名称', 'Header'] });

/** Headers that authors set. Headers that belong to the connection are missing here, because the platform sets them. */
const NAMES = [
  'Accept',
  'Accept-Language',
  'Authorization',
  'Cache-Control',
  'Content-Language',
  'Content-Type',
  'ETag',
  'If-Match',
  'If-None-Match',
  'Last-Modified',
  'Location',
  'Prefer',
  'Retry-After',
  'X-Correlation-Id',
  'X-Request-Id',
];

export function HeadersField(props: FieldProps) {
  const t = useTexts(TEXTS);
  return <PairsInput {...props} names={NAMES} nameWord={t('header')} />;
}
