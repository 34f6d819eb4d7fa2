import { Button, Tooltip } from 'antd';
import { ChevronsLeft, ChevronsRight } from 'lucide-react';
import { defineTexts, useTexts } from '../../../i18n/texts.ts';
import styles from './message-page.module.css';

const TEXTS = defineTexts({
  fold: ['折叠画布，给数据更多空间', 'Collapse the canvas: more room for data'],
  unfold: ['展开画布', 'Show the canvas'],
});

/** Shows the handle between canvas and data, which folds or unfolds the canvas. */
export function FoldHandle({ isFolded, onChange }: { readonly isFolded: boolean; readonly onChange: (isFolded: boolean) => void }) {
  const t = useTexts(TEXTS);
  const words = t(isFolded ? 'unfold' : 'fold');
  return (
    <div className={styles.handle}>
      <Tooltip title={words} placement="right">
        <Button
          size="small"
          aria-label={words}
          aria-expanded={!isFolded}
          icon={isFolded ? <ChevronsRight size={16} /> : <ChevronsLeft size={16} />}
          onClick={() => onChange(!isFolded)}
        />
      </Tooltip>
    </div>
  );
}
