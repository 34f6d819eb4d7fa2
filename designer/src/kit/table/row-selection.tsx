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
  /** What a screen reader calls the row. */
  readonly nameOf: (row: Row) => string;
}

/** Rows that are chosen by a box each: antd's own, with words of the page's language. */
export function useRowSelection<Row>(): (choice: Choice<Row>) => NonNullable<TableProps<Row>['rowSelection']> {
  const t = useTexts(TEXTS);
  return ({ keys, onChange, nameOf }) => ({
    selectedRowKeys: [...keys],
    onChange: (chosen) => onChange(chosen as string[]),
    getTitleCheckboxProps: () => ({ 'aria-label': t('all') }) as object,
    getCheckboxProps: (row) => ({ 'aria-label': t('one', { name: nameOf(row) }) }) as object,
    // antd draws the titles a second time to measure them, hidden from readers but not from the Tab key.
    columnTitle: (box) => <Title>{box}</Title>,
  });
}

/** A component of its own: from an element antd takes the ref away when it copies it. */
function Title({ children }: { readonly children: ReactNode }) {
  return <span ref={leaveOutCopy}>{children}</span>;
}

function leaveOutCopy(title: HTMLElement | null): void {
  if (title?.closest('[aria-hidden="true"]')) title.inert = true;
}
