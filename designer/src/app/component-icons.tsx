/** How antd's components look: icons of the same set as everywhere else, without the English names that antd gives its own. */
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
import styles from './component-icons.module.css';

/** Sized and coloured by antd, which knows its icons by this class. */
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

export const COMPONENT_ICONS = {
  alert: { ...states, closeIcon },
  modal: { ...states, closeIcon },
  drawer: { closeIcon },
  button: { autoInsertSpace: false, loadingIcon },
  tag: { closeIcon: <X size={12} /> },
  select: { loadingIcon, suffixIcon: <ChevronDown size={14} />, clearIcon: <CircleX size={14} />, removeIcon: <X size={12} /> },
  cascader: { suffixIcon: <ChevronDown size={14} /> },
  collapse: { expandIcon: ({ isActive }) => (isActive === true ? <ChevronDown size={14} /> : <ChevronRight size={14} />) },
  tabs: { more: { icon: <Ellipsis size={16} /> } },
  datePicker: day,
  timePicker: day,
} satisfies Partial<ConfigProviderProps>;
