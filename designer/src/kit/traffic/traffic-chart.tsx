/** The only module that imports ECharts. It is loaded with the first chart. */
import { BarChart, LineChart, type BarSeriesOption, type LineSeriesOption } from 'echarts/charts';
import {
  GridComponent,
  LegendComponent,
  TooltipComponent,
  type GridComponentOption,
  type LegendComponentOption,
  type TooltipComponentOption,
} from 'echarts/components';
import { init, use, type ComposeOption, type EChartsType } from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';
import { useEffect, useRef } from 'react';
import type { TrafficPoint } from '../../api/operations.ts';
import type { Scheme } from '../theme/theme.ts';
import type { Format } from '../../i18n/format.ts';
import styles from './traffic.module.css';

use([BarChart, LineChart, GridComponent, LegendComponent, TooltipComponent, CanvasRenderer]);

type Option = ComposeOption<BarSeriesOption | LineSeriesOption | GridComponentOption | LegendComponentOption | TooltipComponentOption>;

interface TrafficChartProps {
  readonly points: readonly TrafficPoint[];
  /** The labels of the chart. `refused` is only for calls; if it is absent, no bars for refused calls are drawn. */
  readonly words: { readonly completed: string; readonly failed: string; readonly refused?: string; readonly mean: string };
  readonly timeOf: (at: number) => string;
  readonly format: Format;
  /** The colour scheme. A change redraws the chart in the new colours. */
  readonly scheme: Scheme;
}

export function TrafficChart({ points, words, timeOf, format, scheme }: TrafficChartProps) {
  const holder = useRef<HTMLDivElement>(null);
  const chart = useRef<EChartsType>(undefined);
  useEffect(() => {
    if (holder.current === null) return;
    const made = init(holder.current, null, { renderer: 'canvas' });
    chart.current = made;
    const sizes = new ResizeObserver(() => made.resize());
    sizes.observe(holder.current);
    return () => {
      sizes.disconnect();
      made.dispose();
    };
  }, []);
  useEffect(() => {
    chart.current?.setOption(optionOf({ points, words, timeOf, format, scheme }));
  }, [points, words, timeOf, format, scheme]);
  return <div ref={holder} className={styles.chart} />;
}

/** Returns the value of a CSS variable, since a canvas cannot use CSS variables. */
function colourOf(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--kq-${name}`).trim();
}

function optionOf({ points, words, timeOf, format }: TrafficChartProps): Option {
  const text = { color: colourOf('text-secondary'), fontFamily: colourOf('font') };
  const valueAxis = { type: 'value' as const, axisLabel: text, nameTextStyle: text, minInterval: 1 };
  const count = (value: unknown) => format.number(Number(value));
  return {
    animation: false,
    textStyle: { fontFamily: colourOf('font') },
    grid: { left: 8, right: 8, top: 36, bottom: 4, containLabel: true },
    legend: { right: 0, top: 0, textStyle: text, itemWidth: 14, itemHeight: 10 },
    tooltip: {
      trigger: 'axis',
      // Tooltips as HTML would need inline styles, which the page's security policy refuses.
      renderMode: 'richText',
      backgroundColor: colourOf('raised'),
      borderColor: colourOf('border-strong'),
      textStyle: { ...text, color: colourOf('text') },
      axisPointer: { type: 'shadow', shadowStyle: { color: colourOf('hover'), opacity: 0.6 } },
    },
    xAxis: {
      type: 'category',
      data: points.map(({ at }) => timeOf(at)),
      axisLabel: text,
      axisTick: { show: false },
      axisLine: { lineStyle: { color: colourOf('border-strong') } },
    },
    yAxis: [
      { ...valueAxis, splitLine: { lineStyle: { color: colourOf('border') } } },
      { ...valueAxis, axisLabel: { ...text, formatter: '{value} ms' }, splitLine: { show: false } },
    ],
    series: [
      bar(
        words.completed,
        colourOf('accent'),
        points.map((point) => point.count - point.failed - point.refused),
        count,
      ),
      ...(words.refused === undefined
        ? []
        : [
            bar(
              words.refused,
              colourOf('amber'),
              points.map((point) => point.refused),
              count,
            ),
          ]),
      bar(
        words.failed,
        colourOf('red'),
        points.map((point) => point.failed),
        count,
      ),
      {
        type: 'line',
        name: words.mean,
        yAxisIndex: 1,
        data: points.map((point) => (point.count === 0 ? null : Math.round(point.meanMs * 10) / 10)),
        symbol: 'circle',
        symbolSize: 5,
        color: colourOf('text-secondary'),
        lineStyle: { width: 2 },
        tooltip: { valueFormatter: (value) => (value === null || value === undefined ? '—' : format.duration(Number(value))) },
      },
    ],
  };
}

function bar(name: string, color: string, data: number[], valueFormatter: (value: unknown) => string): BarSeriesOption {
  return { type: 'bar', name, stack: 'all', color, data, barMaxWidth: 28, tooltip: { valueFormatter } };
}
