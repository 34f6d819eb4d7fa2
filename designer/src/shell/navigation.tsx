import { Menu, Tooltip } from 'antd';
import { PanelLeftClose, PanelLeftOpen } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useLocation, useNavigate } from 'react-router';
import { defineTexts, useTexts } from '../i18n/texts.ts';
import styles from './navigation.module.css';
import { usePreferences } from '../kit/theme/preferences.ts';
import { useMay } from '../session/session-context.ts';
import { AREA_TEXTS, AREAS } from '../kit/page/areas.ts';

const TEXTS = defineTexts({
  product: ['康桥', 'Kangqiao'],
  main: ['主导航', 'Main navigation'],
  fold: ['收起导航', 'Collapse'],
  unfold: ['展开导航', 'Expand'],
});

export function Navigation() {
  const t = useTexts(TEXTS);
  const area = useTexts(AREA_TEXTS);
  const may = useMay();
  const go = useNavigate();
  const { pathname } = useLocation();
  const { isNavigationFolded, change } = usePreferences();
  // On a page with a canvas, the navigation is folded, because the canvas needs the room. If the user opens it there,
  // it is folded again on the next page.
  const isCanvas = /^\/(flows|messages)\/./.test(pathname);
  const [isUnfoldedHere, setUnfoldedHere] = useState(false);
  const isFolded = isCanvas ? !isUnfoldedHere : isNavigationFolded;
  const fold = () => (isCanvas ? setUnfoldedHere(isFolded) : change({ isNavigationFolded: !isFolded }));
  useEffect(() => setUnfoldedHere(false), [pathname]);
  const Fold = isFolded ? PanelLeftOpen : PanelLeftClose;
  const foldText = isFolded ? t('unfold') : t('fold');
  return (
    <nav className={isFolded ? `${styles.navigation} ${styles.folded}` : styles.navigation} aria-label={t('main')}>
      <div className={styles.brand}>
        <img src="/icon.svg" alt="" width={28} height={28} />
        {isFolded ? null : <span>{t('product')}</span>}
      </div>
      <Menu
        className={styles.menu ?? ''}
        mode="inline"
        inlineCollapsed={isFolded}
        selectedKeys={[pathname.split('/')[1] ?? '']}
        items={AREAS.filter(({ right }) => may(right)).map(({ path, icon: Icon }) => ({
          key: path,
          icon: <Icon size={18} />,
          label: area(path),
        }))}
        onClick={({ key }) => void go(`/${key}`)}
      />
      <Tooltip title={isFolded ? foldText : ''} placement="right">
        <button className={styles.fold} onClick={fold} aria-label={foldText}>
          <Fold size={18} />
          {isFolded ? null : <span>{foldText}</span>}
        </button>
      </Tooltip>
    </nav>
  );
}
