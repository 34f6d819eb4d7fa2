/** The theme of the console, light and dark: antd's tokens, and the CSS variables that everything else uses. */
import { theme as antd, type ThemeConfig } from 'antd';

export type Scheme = 'light' | 'dark';

const FONT = '"PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans SC", system-ui, sans-serif';
const MONO = '"SFMono-Regular", Menlo, Consolas, "Noto Sans Mono CJK SC", "DejaVu Sans Mono", monospace';

interface Palette {
  readonly accent: string;
  /** The accent colour under the pointer. */
  readonly accentStrong: string;
  /** Colour of text on the accent colour. */
  readonly onAccent: string;
  readonly accentSoft: string;
  readonly green: string;
  readonly amber: string;
  readonly red: string;
  readonly violet: string;
  readonly blue: string;
  readonly greenSoft: string;
  readonly amberSoft: string;
  readonly redSoft: string;
  readonly violetSoft: string;
  readonly blueSoft: string;
  readonly text: string;
  readonly textSecondary: string;
  readonly textFaint: string;
  readonly page: string;
  readonly surface: string;
  readonly raised: string;
  readonly border: string;
  readonly borderStrong: string;
  readonly hover: string;
  readonly code: string;
  readonly shadow: string;
  readonly categoryTrigger: string;
  readonly categoryCall: string;
  readonly categoryTransform: string;
  readonly categoryControl: string;
  readonly categoryCheck: string;
}

// Text colours have a contrast of 4.5:1 on `surface`, `page`, `hover` and on their soft background (WCAG 2.2 AA).
const LIGHT: Palette = {
  accent: '#0E7C86',
  accentStrong: '#0A646D',
  onAccent: '#FFFFFF',
  accentSoft: '#EDF7F7',
  green: '#1F7A43',
  amber: '#8F5C00',
  red: '#B92F25',
  violet: '#6747B0',
  blue: '#1F63B5',
  greenSoft: '#E5F4EA',
  amberSoft: '#FCF1DA',
  redSoft: '#FCE9E7',
  violetSoft: '#EFEAF9',
  blueSoft: '#E6EFFA',
  text: '#17232B',
  textSecondary: '#51626D',
  textFaint: '#5F6E78',
  page: '#F4F6F7',
  surface: '#FFFFFF',
  raised: '#FFFFFF',
  border: '#E0E6E9',
  borderStrong: '#C3CDD3',
  hover: '#F2F5F6',
  code: '#F6F8F9',
  shadow: '0 1px 2px rgb(16 32 40 / 8%), 0 2px 8px rgb(16 32 40 / 6%)',
  categoryTrigger: '#0E7C86',
  categoryCall: '#1F63B5',
  categoryTransform: '#6747B0',
  categoryControl: '#8F5C00',
  categoryCheck: '#1F7A43',
};

const DARK: Palette = {
  accent: '#3BB3BD',
  accentStrong: '#5CC7D0',
  onAccent: '#06181A',
  accentSoft: '#123336',
  green: '#57C283',
  amber: '#E9AE3F',
  red: '#F0857B',
  violet: '#AE95E8',
  blue: '#73ADEF',
  greenSoft: '#12301F',
  amberSoft: '#382A0E',
  redSoft: '#3B1A17',
  violetSoft: '#2A2140',
  blueSoft: '#152A42',
  text: '#E6ECEF',
  textSecondary: '#A6B4BC',
  textFaint: '#8C9BA4',
  page: '#0F1518',
  surface: '#161E22',
  raised: '#1D272C',
  border: '#2A363C',
  borderStrong: '#42525A',
  hover: '#202B30',
  code: '#121A1D',
  shadow: '0 1px 2px rgb(0 0 0 / 50%), 0 2px 10px rgb(0 0 0 / 35%)',
  categoryTrigger: '#3BB3BD',
  categoryCall: '#73ADEF',
  categoryTransform: '#AE95E8',
  categoryControl: '#E9AE3F',
  categoryCheck: '#57C283',
};

export const PALETTES: Readonly<Record<Scheme, Palette>> = { light: LIGHT, dark: DARK };

export function antdTheme(scheme: Scheme, isMotionReduced: boolean): ThemeConfig {
  const colours = PALETTES[scheme];
  return {
    algorithm: scheme === 'dark' ? antd.darkAlgorithm : antd.defaultAlgorithm,
    token: {
      colorPrimary: colours.accent,
      colorPrimaryHover: colours.accentStrong,
      colorPrimaryActive: colours.accentStrong,
      colorInfo: colours.accent,
      colorLink: colours.accent,
      colorLinkHover: colours.accentStrong,
      colorLinkActive: colours.accentStrong,
      colorSuccess: colours.green,
      colorWarning: colours.amber,
      colorError: colours.red,
      // Set the soft backgrounds of the palette. antd would derive greyer ones from the darker colours.
      colorInfoBg: colours.accentSoft,
      colorSuccessBg: colours.greenSoft,
      colorWarningBg: colours.amberSoft,
      colorErrorBg: colours.redSoft,
      colorTextBase: colours.text,
      colorText: colours.text,
      colorTextSecondary: colours.textSecondary,
      colorTextTertiary: colours.textFaint,
      colorTextDescription: colours.textFaint,
      colorTextPlaceholder: colours.textFaint,
      colorBgLayout: colours.page,
      colorBgContainer: colours.surface,
      colorBgElevated: colours.raised,
      colorBorder: colours.borderStrong,
      colorBorderSecondary: colours.border,
      colorTextLightSolid: colours.onAccent,
      fontFamily: 'var(--kq-font)',
      fontFamilyCode: MONO,
      fontSize: 14,
      fontSizeSM: 12,
      borderRadius: 6,
      controlHeight: 32,
      controlItemBgActive: colours.accentSoft,
      controlItemBgActiveHover: colours.accentSoft,
      controlItemBgHover: colours.hover,
      motionDurationMid: '0.12s',
      motionDurationSlow: '0.16s',
      motion: !isMotionReduced,
      wireframe: false,
    },
    components: {
      Table: {
        cellPaddingBlock: 8,
        cellPaddingInline: 12,
        headerBg: colours.page,
        headerColor: colours.textSecondary,
        rowHoverBg: colours.hover,
      },
      Menu: {
        itemHeight: 36,
        itemMarginInline: 8,
        activeBarBorderWidth: 0,
        itemSelectedBg: colours.accentSoft,
        itemSelectedColor: colours.accent,
        itemHoverBg: colours.hover,
        itemActiveBg: colours.accentSoft,
        subMenuItemSelectedColor: colours.accent,
      },
      Tooltip: { colorBgSpotlight: scheme === 'light' ? '#22313A' : '#31414A', colorTextLightSolid: '#FFFFFF' },
      Button: { primaryShadow: 'none', defaultShadow: 'none' },
    },
  };
}

/** Sets the palette as `--kq-…` variables: `textSecondary` becomes `--kq-text-secondary`. */
export function applyScheme(scheme: Scheme): void {
  const { style, dataset } = document.documentElement;
  dataset['scheme'] = scheme;
  style.colorScheme = scheme;
  for (const [name, value] of Object.entries(PALETTES[scheme]))
    style.setProperty(`--kq-${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`, value as string);
  style.setProperty('--kq-font-all', FONT);
  style.setProperty('--kq-mono', MONO);
}
