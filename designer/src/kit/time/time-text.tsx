import { Tooltip } from 'antd';
import { useFormat } from '../../i18n/format.ts';

/** Shows the local time, or how long ago it was; the tooltip shows the full time with its zone. */
export function TimeText({ at, isAgo = false }: { readonly at: number | undefined; readonly isAgo?: boolean }) {
  const format = useFormat();
  if (at === undefined) return <span>—</span>;
  return (
    <Tooltip title={format.exactTime(at)}>
      <time dateTime={new Date(at).toISOString()}>{isAgo ? format.ago(at) : format.time(at)}</time>
    </Tooltip>
  );
}
