/**
 * Icons for the components of antd. They come from the icon set of the console, and do not have the English names of
 * antd's icons.
 */
import type { ConfigProviderProps } from 'antd';
import {
  Calendar,
  ChevronDown,
  ChevronRight,
  CircleCheck,
  CircleX,
  Ellipsis,
  Info,
  LoaderCircle,
  TriangleAlert,
  X,
  type LucideIcon,
} from 'lucide-react';
import { defineTexts, useTexts } from '../i18n/texts.ts';
import styles from './component-icons.module.css';

const TEXTS = defineTexts({ moreTabs: ['更多标签页', 'More tabs'] });

/** Returns an icon. antd sets size and colour by this class. */
const sign = (Icon: LucideIcon) => (
  <span className="anticon">
    <Icon size="1em" />
  </span>
);
const states = {
  successIcon: sign(CircleCheck),
  infoIcon: sign(Info),
  warningIcon: sign(TriangleAlert),
  errorIcon: sign(CircleX),
};
const closeIcon = <X size={16} />;
const loadingIcon = (
  <span className={`anticon ${styles.turning}`}>
    <LoaderCircle size="1em" />
  </span>
);
const day = { suffixIcon: <Calendar size={16} /> };

/** Shows the icon of a button. The button has no text, so the icon has a label. */
function MoreTabs() {
  const t = useTexts(TEXTS);
  return <Ellipsis size={16} role="img" aria-label={t('moreTabs')} />;
}

export const COMPONENT_ICONS = {
  alert: { ...states, closeIcon },
  modal: { ...states, closeIcon },
  drawer: { closeIcon },
  button: { autoInsertSpace: false, loadingIcon },
  tag: { closeIcon: <X size={12} /> },
  select: { loadingIcon, suffixIcon: <ChevronDown size={14} />, clearIcon: <CircleX size={14} />, removeIcon: <X size={12} /> },
  cascader: { suffixIcon: <ChevronDown size={14} /> },
  collapse: { expandIcon: ({ isActive }) => (isActive === true ? <ChevronDown size={14} /> : <ChevronRight size={14} />) },
  tabs: { more: { icon: <MoreTabs /> } },
  datePicker: day,
  timePicker: day,
} satisfies Partial<ConfigProviderProps>;
