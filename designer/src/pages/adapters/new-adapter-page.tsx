import { App, Button } from 'antd';
import { useState } from 'react';
import { useNavigate, useSearchParams } from 'react-router';
import type { AdapterTypeDescription } from '../../api/operations.ts';
import type { Input } from '../../api/operation-types.ts';
import { useMutationOf, useQueryOf } from '../../api/queries.ts';
import { useMay } from '../../session/session-context.ts';
import { defineTexts, useText, useTexts } from '../../i18n/texts.ts';
import type { Content } from '../../kit/document/content.ts';
import { DocumentForm } from '../../kit/document/document-form.tsx';
import { useStartDomain } from '../../kit/form/inputs/domain-select.tsx';
import { ErrorBox, NoRight } from '../../kit/feedback/error-box.tsx';
import { Page, PageHeader } from '../../kit/page/page-header.tsx';
import { useAsk } from '../../kit/approval/use-ask.tsx';
import { useMade } from '../../kit/document/use-made.ts';
import { Tag } from '../../kit/feedback/status-tag.tsx';
import { AdapterForm } from './adapter-form.tsx';
import { adapterProblems, newAdapter, savedAdapter } from './adapter-schema.ts';
import { ADAPTER_TEXTS } from './adapter-texts.ts';
import { ChooseType } from './choose-type.tsx';
import { isSecretsAffair } from './secrets-affair.ts';
import { ConnectionTest } from './connection-test.tsx';

const TEXTS = defineTexts({
  other: ['换一种协议', 'Another protocol'],
  settings: ['适配器设置', 'Settings of the adapter'],
  saved: ['适配器已创建', 'The adapter has been created'],
});

/**
 * Creates an adapter: the user first chooses the protocol, then fills in the form. The protocol is in the address, so
 * that a flow's form can link to it.
 */
export function NewAdapterPage() {
  const may = useMay();
  const [address] = useSearchParams();
  const types = useQueryOf('adapters.types', {});
  const system = useQueryOf('system.get', {});
  const domain = useStartDomain();
  if (!may('adapters.edit')) return <NoRight permission="adapters.edit" />;
  if (types.error !== null) return <ErrorBox error={types.error} onRetry={() => void types.refetch()} isPage />;
  if (types.data === undefined || system.isPending || domain === undefined) return null;
  const type = types.data.items.find(({ protocol }) => protocol === address.get('protocol'));
  if (type === undefined) return <ChooseType types={types.data.items} />;
  const kind = address.get('kind') ?? undefined;
  return <NewAdapter key={type.protocol} type={type} kind={kind} environment={system.data?.environment ?? 'default'} domain={domain} />;
}

interface NewAdapterProps {
  readonly type: AdapterTypeDescription;
  /** The chosen option of `type.choice`. */
  readonly kind: string | undefined;
  readonly environment: string;
  readonly domain: string;
}

function NewAdapter({ type, kind, environment, domain }: NewAdapterProps) {
  const t = useTexts(TEXTS);
  const words = useTexts(ADAPTER_TEXTS);
  const text = useText();
  const go = useNavigate();
  const { message } = App.useApp();
  const save = useMutationOf('adapters.save', ['secrets']);
  const [start] = useState(() => newAdapter(type.protocol, environment, domain, chosen(type, kind)));
  const ask = useAsk();
  const { isMade, setMade } = useMade('/adapters');
  const whole = (content: Content) => ({ ...content, revision: 0 }) as Input<'adapters.save'>['document'];
  const submit = async (content: Content) => {
    const input = { adapterId: String(content['adapterId']), document: whole(content) };
    try {
      const { adapterId } = await save.mutateAsync(input);
      void message.success(t('saved'));
      setMade(adapterId);
    } catch (error) {
      if (!isSecretsAffair(error)) throw error;
      save.reset();
      ask('adapters.save', input, { onAsked: () => void go('/requests') });
    }
  };
  const other = <Button onClick={() => void go('/adapters/new')}>{t('other')}</Button>;
  return (
    <Page>
      <PageHeader
        title={words('create')}
        trail={[{ label: words('adapters'), to: '/adapters' }]}
        beside={<Tag tone="blue">{text(type.text.label)}</Tag>}
        actions={other}
      />
      <DocumentForm
        isNew
        title={t('settings')}
        content={start}
        isReadOnly={false}
        error={save.error}
        isSaving={save.isPending || isMade}
        problems={(content, language) => adapterProblems(content, undefined, type, language)}
        toSave={(content) => savedAdapter(content, type)}
        onSave={(content) => void submit(content).catch(() => undefined)}
        onReload={() => save.reset()}
        form={(parts) => <AdapterForm {...parts} adapterId={undefined} type={type} isReadOnly={false} />}
        aside={({ content }) => (
          <ConnectionTest
            adapterId={String(content['adapterId'])}
            unsaved={whole(content)}
            isOff={adapterProblems(content, undefined, type, 'en').length > 0}
          />
        )}
      />
    </Page>
  );
}

function chosen({ choice }: AdapterTypeDescription, kind: string | undefined): Content {
  return choice === undefined || kind === undefined ? {} : { [choice]: kind };
}
