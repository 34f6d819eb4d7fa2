/**
 * The list of every page: search, filters, sorting, paging and export, with texts for the loading, empty and error
 * states.
 */
import { Button, Empty, Input, Select, Table, Tooltip, type TableColumnsType } from 'antd';
import { ChevronLeft, ChevronRight, Download, RefreshCw, Search } from 'lucide-react';
import { cloneElement, isValidElement, useDeferredValue, useMemo, useState, type ButtonHTMLAttributes, type ReactNode } from 'react';
import { useSearchParams } from 'react-router';
import { defineTexts, useTexts, type Translate } from '../../i18n/texts.ts';
import { csvOf } from './csv.ts';
import { download } from './download.ts';
import styles from './data-table.module.css';
import { ErrorBox } from '../feedback/error-box.tsx';
import { useClear } from '../search/use-clear.ts';
import { useSearch } from '../search/use-search.ts';
import { useTypedSearch } from '../search/use-typed-search.ts';

const TEXTS = defineTexts({
  search: ['搜索', 'Search'],
  acts: ['操作', 'Actions'],
  refresh: ['刷新', 'Refresh'],
  export: ['导出 CSV', 'Export CSV'],
  nothingFits: ['没有符合条件的记录', 'Nothing matches these conditions'],
  clear: ['清除条件', 'Clear the conditions'],
  total: ['共 {{count}} 条', '{{count}} in total'],
  previous: ['上一页', 'Previous page'],
  next: ['下一页', 'Next page'],
});

export interface Column<Row> {
  readonly key: string;
  readonly title: string;
  readonly render: (row: Row) => ReactNode;
  /** The plain value for sorting and export. A column without it is neither sorted nor exported. */
  readonly value?: (row: Row) => string | number | undefined;
  readonly width?: number;
  readonly align?: 'right';
}

export interface Filter<Row> {
  readonly key: string;
  readonly label: string;
  readonly options: readonly { readonly value: string; readonly label: string }[];
  readonly test: (row: Row, value: string) => boolean;
}

interface DataTableProps<Row> {
  readonly label: string;
  readonly rows: readonly Row[] | undefined;
  readonly rowKey: (row: Row) => string;
  readonly columns: readonly Column<Row>[];
  /** Returns the text of a row that is searched. */
  readonly searchText: (row: Row) => string;
  readonly filters?: readonly Filter<Row>[];
  readonly isLoading: boolean;
  readonly error: unknown;
  readonly onRefresh: () => void;
  readonly onOpen?: (row: Row) => void;
  /** Shown if there are no rows at all: tells the user what to do next. */
  readonly empty: ReactNode;
  readonly actions?: ReactNode;
  readonly defaultSort?: { readonly key: string; readonly order: 'ascend' | 'descend' };
  /** File name of the export, without extension. */
  readonly exportName: string;
}

const PAGE_SIZES = [20, 50, 100, 200];

export function DataTable<Row extends object>(props: DataTableProps<Row>) {
  const search = useRowSearch(props);
  const [pageSize, setPageSize] = useState(PAGE_SIZES[0]);
  return (
    <div className={styles.list}>
      <Tools {...props} search={search} />
      {props.error === null || props.error === undefined ? (
        <Rows {...props} search={search} pageSize={pageSize} onPageSize={setPageSize} />
      ) : (
        <ErrorBox error={props.error} onRetry={props.onRefresh} />
      )}
    </div>
  );
}

interface RowSearch<Row> {
  readonly found: readonly Row[];
  readonly typed: string;
  readonly setTyped: (text: string) => void;
  readonly filterOf: (key: string) => string | null;
  readonly setFilter: (key: string, value: string | undefined) => void;
  readonly isConditional: boolean;
  readonly clearAll: () => void;
}

/**
 * Searches and filters the rows. The search text and the filters are in the address, so that the user can send the view
 * to a colleague.
 */
function useRowSearch<Row extends object>({ rows, filters = [], searchText }: DataTableProps<Row>): RowSearch<Row> {
  const [address, setAddress] = useSearchParams();
  const set = (key: string, value: string | undefined) =>
    setAddress(
      (now) => {
        const next = new URLSearchParams(now);
        if (value === undefined || value === '') next.delete(key);
        else next.set(key, value);
        return next;
      },
      { replace: true },
    );
  const filtered = useMemo(
    () =>
      (rows ?? []).filter((row) =>
        filters.every(({ key, test }) => (address.get(key) === null ? true : test(row, address.get(key) ?? ''))),
      ),
    [rows, filters, address],
  );
  const [typed, setTyped] = useTypedSearch(address.get('q') ?? '', (text) => set('q', text));
  // Rendering a long list must not delay the next keystroke.
  const query = useDeferredValue(typed);
  return {
    found: useSearch(filtered, query, searchText),
    typed,
    setTyped,
    filterOf: (key) => address.get(key),
    setFilter: set,
    isConditional: query !== '' || filters.some(({ key }) => address.get(key) !== null),
    clearAll() {
      setTyped('');
      setAddress({}, { replace: true });
    },
  };
}

interface PartProps<Row> extends DataTableProps<Row> {
  readonly search: RowSearch<Row>;
}

function Tools<Row>({ label, filters = [], columns, exportName, actions, onRefresh, search }: PartProps<Row>) {
  const t = useTexts(TEXTS);
  const clear = useClear();
  const { found, typed, setTyped, filterOf, setFilter } = search;
  return (
    <div className={styles.tools} role="search" aria-label={label}>
      <Input
        className={styles.search ?? ''}
        prefix={<Search size={16} />}
        allowClear
        placeholder={t('search')}
        aria-label={t('search')}
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
      />
      {filters.map(({ key, label: name, options }) => (
        <Select
          key={key}
          className={styles.filter ?? ''}
          allowClear={clear}
          placeholder={name}
          aria-label={name}
          value={filterOf(key)}
          options={[...options]}
          onChange={(value: string | undefined) => setFilter(key, value)}
        />
      ))}
      <div className={styles.actions}>
        <Tooltip title={t('refresh')}>
          <Button icon={<RefreshCw size={16} />} aria-label={t('refresh')} onClick={onRefresh} />
        </Tooltip>
        <Tooltip title={t('export')}>
          <Button
            icon={<Download size={16} />}
            aria-label={t('export')}
            disabled={found.length === 0}
            onClick={() => download(`${exportName}.csv`, csvOf(columns, found))}
          />
        </Tooltip>
        {actions}
      </div>
    </div>
  );
}

interface RowsProps<Row> extends PartProps<Row> {
  readonly pageSize: number | undefined;
  readonly onPageSize: (pageSize: number) => void;
}

function Rows<Row extends object>({ search, rows, columns, pageSize, onPageSize, onOpen, ...props }: RowsProps<Row>) {
  const t = useTexts(TEXTS);
  const { found, isConditional, clearAll } = search;
  const empty =
    isConditional && (rows ?? []).length > 0 ? (
      <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t('nothingFits')}>
        <Button onClick={clearAll}>{t('clear')}</Button>
      </Empty>
    ) : (
      props.empty
    );
  return (
    <Table<Row>
      aria-label={props.label}
      size="small"
      rowKey={props.rowKey}
      dataSource={[...found]}
      columns={columnsOf(columns, props.defaultSort, <span className={styles.unseen}>{t('acts')}</span>)}
      loading={props.isLoading}
      locale={{ emptyText: props.isLoading ? ' ' : empty }}
      scroll={{ x: 'max-content' }}
      pagination={{
        pageSize: pageSize ?? 20,
        onShowSizeChange: (_page, size) => onPageSize(size),
        pageSizeOptions: PAGE_SIZES,
        showSizeChanger: found.length > 20,
        hideOnSinglePage: false,
        showTotal: (count) => t('total', { count }),
        itemRender: (_page, type, element) => arrowOf(type, element, t),
      }}
      onRow={(row) => (onOpen === undefined ? {} : rowOpens(() => onOpen(row)))}
    />
  );
}

/** Returns the paging arrows with labels in the page's language, because the labels of antd are English. */
function arrowOf(type: string, element: ReactNode, t: Translate<typeof TEXTS>): ReactNode {
  if ((type !== 'prev' && type !== 'next') || !isValidElement<ButtonHTMLAttributes<HTMLButtonElement>>(element)) return element;
  const Icon = type === 'prev' ? ChevronLeft : ChevronRight;
  return cloneElement(element, { 'aria-label': type === 'prev' ? t('previous') : t('next') }, <Icon size={16} />);
}

/**
 * Returns the columns for antd. A column without a title contains the actions of a row; `acts` is its name for screen
 * readers.
 */
function columnsOf<Row extends object>(
  columns: readonly Column<Row>[],
  sort: DataTableProps<Row>['defaultSort'],
  acts: ReactNode,
): TableColumnsType<Row> {
  return columns.map(({ key, title, render, value, width, align }) => ({
    key,
    title: title === '' ? acts : title,
    ...(width === undefined ? {} : { width }),
    ...(align === undefined ? {} : { align }),
    ...fixedOf(title),
    render: (_value: unknown, row: Row) => render(row),
    ...(value === undefined ? {} : { sorter: (a: Row, b: Row) => compare(value(a), value(b)) }),
    ...(sort?.key === key ? { defaultSortOrder: sort.order } : {}),
  }));
}

/** Fixes the column with the actions of a row at the right, so that the actions stay visible in a wide table. */
export function fixedOf(title: string): { readonly fixed?: 'right' } {
  return title === '' ? { fixed: 'right' } : {};
}

function compare(a: string | number | undefined, b: string | number | undefined): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return String(a ?? '').localeCompare(String(b ?? ''), 'zh-CN');
}

/** Returns handlers that open a row by mouse and keyboard. Buttons and links inside the row keep their behaviour. */
export function rowOpens(open: () => void) {
  return {
    tabIndex: 0,
    className: styles.row ?? '',
    onClick: (event: { target: EventTarget; currentTarget: EventTarget }) => {
      // React also calls this for events in menus and drawers that the row has opened, although they are elsewhere in
      // the DOM. Ignore these events.
      if (!(event.target instanceof Element) || !(event.currentTarget as Element).contains(event.target)) return;
      if (event.target.closest('a, button, input, .ant-checkbox-wrapper, [role="switch"]') !== null) return;
      open();
    },
    onKeyDown: (event: { key: string; target: EventTarget; currentTarget: EventTarget }) => {
      if (event.key === 'Enter' && event.target === event.currentTarget) open();
    },
  };
}
