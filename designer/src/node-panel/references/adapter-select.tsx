import { Plus } from 'lucide-react';
import { Link } from 'react-router';
import { useMay } from '../../session/session-context.ts';
import { useListOf, useQueryOf } from '../../api/queries.ts';
import { defineTexts, useText, useTexts } from '../../i18n/texts.ts';
import { ErrorBox } from '../../kit/feedback/error-box.tsx';
import { useForm } from '../../kit/form/form-context.tsx';
import { LinkedReference } from '../../kit/form/inputs/linked-reference.tsx';
import { Warning } from '../../kit/form/inputs/reference-select.tsx';

const TEXTS = defineTexts({
  open: ['查看适配器', 'Open the adapter'],
  create: ['新建适配器', 'New adapter'],
  absent: ['本环境未设置', 'Not configured in this environment'],
});

interface AdapterSelectProps {
  readonly id: string;
  readonly label: string;
  readonly value: string | undefined;
  /** Protocol of the adapters to list; all if absent. */
  readonly protocol?: string | undefined;
  readonly onChange: (value: string | undefined) => void;
  readonly isInvalid: boolean;
}

/**
 * Selects the hospital system that a node calls. Warns if it is not configured for the environment of this platform.
 */
export function AdapterSelect({ id, label, value, protocol, onChange, isInvalid }: AdapterSelectProps) {
  const t = useTexts(TEXTS);
  const text = useText();
  const may = useMay();
  const { isReadOnly } = useForm();
  const adapters = useListOf('adapters.list', {});
  const system = useQueryOf('system.get', {});
  const environment = system.data?.environment;
  const references = adapters.data?.items
    .filter((adapter) => protocol === undefined || adapter.protocol === protocol)
    .map(({ adapterId, name, environments }) => ({
      id: adapterId,
      name: text(name) || adapterId,
      ...(environment === undefined || environments[environment] !== undefined ? {} : { mark: <Warning words={t('absent')} /> }),
    }));
  const create = `/adapters/new${protocol === undefined ? '' : `?protocol=${protocol}`}`;
  return (
    <LinkedReference
      id={id}
      label={label}
      value={value}
      references={references}
      isLoading={adapters.isPending}
      onChange={onChange}
      isInvalid={isInvalid}
      page="/adapters"
      open={t('open')}
      problem={adapters.error === null ? null : <ErrorBox error={adapters.error} />}
      links={
        isReadOnly || !may('adapters.edit') ? null : (
          <Link to={create}>
            <Plus size={12} aria-hidden /> {t('create')}
          </Link>
        )
      }
    />
  );
}
