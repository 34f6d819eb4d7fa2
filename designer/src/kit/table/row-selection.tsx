import type { TableProps } from 'antd';
import type { ReactNode } from 'react';
import { defineTexts, useTexts } from '../../i18n/texts.ts';

const TEXTS = defineTexts({
  all: ['全选', 'Choose all'],
  one: ['选择 {{name}}', 'Choose {{name}}'],
});

interface Choice<Row> {
  readonly keys: readonly string[];
  readonly onChange: (keys: readonly string[]) => void;
  /** Name of the row for screen readers. */
  readonly nameOf: (row: Row) => string;
}

/** Returns a function that creates antd's row selection, with labels in the page's language. */
export function useRowSelection<Row>(): (choice: Choice<Row>) => NonNullable<TableProps<Row>['rowSelection']> {
  const t = useTexts(TEXTS);
  return ({ keys, onChange, nameOf }) => ({
    selectedRowKeys: [...keys],
    onChange: (chosen) => onChange(chosen as string[]),
    getTitleCheckboxProps: () => ({ 'aria-label': t('all') }) as object,
    getCheckboxProps: (row) => ({ 'aria-label': t('one', { name: nameOf(row) }) }) as object,
    // antd renders the titles a second time to measure them. The copy is hidden from screen readers, but the Tab key
    // could still reach its checkbox. `Title` prevents this.
    columnTitle: (box) => <Title>{box}</Title>,
  });
}

/**
 * Wraps the checkbox in the title. It must be a separate component, because antd copies the element and drops its
 * ref.
 */
function Title({ children }: { readonly children: ReactNode }) {
  return <span ref={leaveOutCopy}>{children}</span>;
}

function leaveOutCopy(title: HTMLElement | null): void {
  if (title?.closest('[aria-hidden="true"]')) title.inert = true;
}
