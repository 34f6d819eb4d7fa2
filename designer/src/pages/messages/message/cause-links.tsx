/** Links to the objects that an error is about, by name, for users who may open them. */
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import type { ErrorRecord } from '../../../../../engine/contract/values/errors.ts';
import type { FlowNode } from '../../../../../engine/contract/flow/flow-document.ts';
import { useListOf } from '../../../api/queries.ts';
import { useMay } from '../../../session/session-context.ts';
import { defineTexts, useText, useTexts } from '../../../i18n/texts.ts';
import type { FailingField } from './failing-field.ts';
import { useFlowName } from '../use-flow-name.ts';

const TEXTS = defineTexts({
  adapter: ['适配器', 'Adapter'],
  table: ['代码表', 'Code table'],
  flow: ['调用的流程', 'Called flow'],
  rule: ['{{target}}（第 {{number}} 条映射规则）', '{{target}} (mapping rule {{number}})'],
});

interface CauseLink {
  readonly kind: keyof typeof LINKS;
  readonly id: string;
}

const LINKS = { adapter: AdapterLink, table: TableLink, flow: FlowLink };

/**
 * Returns the links. The adapter of the node is included if the error happened at that system. A code table or a flow
 * is included if the error names it.
 */
export function causeLinks(
  node: FlowNode | undefined,
  error: ErrorRecord | undefined,
): readonly (CauseLink & { readonly Link: (props: { readonly id: string }) => ReactNode })[] {
  const { adapterId, table, flowId } = error?.values ?? {};
  const named = { adapter: adapterId ?? node?.adapter, table, flow: flowId };
  return (['adapter', 'table', 'flow'] as const).flatMap((kind) => {
    const id = named[kind];
    return typeof id === 'string' && id !== '' ? [{ kind, id, Link: LINKS[kind] }] : [];
  });
}

function AdapterLink({ id }: { readonly id: string }) {
  const mayRead = useMay()('adapters.read');
  const { data } = useListOf('adapters.list', {}, { enabled: mayRead });
  const found = data?.items.find(({ adapterId }) => adapterId === id);
  return <Named kind="adapter" name={useText()(found?.name)} id={id} to={found && `/adapters/${id}`} />;
}

function TableLink({ id }: { readonly id: string }) {
  const mayRead = useMay()('tables.read');
  const { data } = useListOf('tables.list', {}, { enabled: mayRead });
  const found = data?.items.find(({ tableId }) => tableId === id);
  return <Named kind="table" name={useText()(found?.name)} id={id} to={found && `/code-tables/${id}`} />;
}

function FlowLink({ id }: { readonly id: string }) {
  const name = useFlowName()(id);
  return <Named kind="flow" name={name === id ? '' : name} id={id} to={name === id ? undefined : `/flows/${id}`} />;
}

interface NamedProps extends CauseLink {
  /** The name of the object; empty if it was deleted or the user may not read it. */
  readonly name: string;
  readonly to: string | undefined;
}

function Named({ kind, name, id, to }: NamedProps) {
  const t = useTexts(TEXTS);
  const words = (
    <>
      {name} <code>{id}</code>
    </>
  );
  return (
    <div>
      <dt>{t(kind)}</dt>
      <dd>{to === undefined ? words : <Link to={to}>{words}</Link>}</dd>
    </div>
  );
}

/** Links to the field in the form of its node. */
export function FieldLink({ flowId, nodeId, field }: { readonly flowId: string; readonly nodeId: string; readonly field: FailingField }) {
  const t = useTexts(TEXTS);
  return <Link to={`/flows/${flowId}?node=${encodeURIComponent(nodeId)}&field=/mapping`}>{t('rule', { ...field })}</Link>;
}
