/** One run as a picture: workers and running tasks over time, as SVG and as PNG. */
import { Resvg } from '@resvg/resvg-js';
import { LineChart } from 'echarts/charts';
import { GridComponent, LegendComponent, MarkAreaComponent, TitleComponent } from 'echarts/components';
import { init, use, type EChartsCoreOption } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import type { Step } from './task-timeline.ts';

use([LineChart, GridComponent, LegendComponent, MarkAreaComponent, TitleComponent, SVGRenderer]);

/** What is marked in the picture: a question, from when its work began until it was answered. */
export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
  readonly text: string;
}

/** All times are epoch milliseconds. */
export interface Run {
  readonly title: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly wanted: readonly Step[];
  readonly planned: readonly Step[];
  readonly observed: readonly Step[];
  readonly tasks: readonly Step[];
  readonly spans: readonly Span[];
}

const WIDTH = 900;
const HEIGHT = 440;
/** Of the PNG, in dots a point of the SVG. */
const ZOOM = 2;
const FONT = 'DejaVu Sans, system-ui, sans-serif';

/** Told apart by the colour-blind too (Okabe and Ito). */
const COLOURS = { wanted: '#9a9a9a', planned: '#0072b2', observed: '#d55e00', tasks: '#009e73', span: '#f3f0e6' };
const LEFT = 52;
const RIGHT = 16;

/** Workers above, running tasks below, over the same seconds. */
export function drawRun(run: Run): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height: HEIGHT });
  try {
    chart.setOption(optionOf(run));
    return chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
}

/** The picture in dots. Texts need fonts on the machine; without one they are missing. */
export function toPng(svg: string): Uint8Array {
  const options = { fitTo: { mode: 'zoom', value: ZOOM }, font: { defaultFontFamily: 'DejaVu Sans' } } as const;
  return new Resvg(svg, { ...options, background: 'white' }).render().asPng();
}

function optionOf(run: Run): EChartsCoreOption {
  const seconds = (run.toMs - run.fromMs) / 1000;
  const xAxis = { type: 'value', min: 0, max: Math.ceil(seconds), splitLine: { show: false } } as const;
  const yAxis = { type: 'value', min: 0, minInterval: 1, nameLocation: 'middle', nameGap: 30 } as const;
  const series = (name: keyof typeof COLOURS, steps: readonly Step[], filled: boolean, below = false) => ({
    name: name === 'tasks' ? 'running tasks' : name,
    type: 'line',
    step: 'end',
    symbol: 'none',
    xAxisIndex: below ? 1 : 0,
    yAxisIndex: below ? 1 : 0,
    data: pointsOf(steps, run),
    itemStyle: { color: COLOURS[name] },
    lineStyle: { color: COLOURS[name], width: filled ? 0 : 2 },
    ...(filled && { areaStyle: { color: COLOURS[name], opacity: below ? 0.7 : 0.35 } }),
    // Once in each part, behind everything else.
    ...(filled && { z: 1, markArea: marked(run, !below) }),
  });
  return {
    animation: false,
    textStyle: { fontFamily: FONT, fontSize: 12 },
    title: { text: run.title, left: LEFT, top: 4, textStyle: { fontSize: 14, fontWeight: 'normal' } },
    legend: { right: RIGHT, top: 4, icon: 'roundRect', data: ['wanted', 'planned', 'observed', 'running tasks'] },
    grid: [
      { left: LEFT, right: RIGHT, top: 60, height: 190 },
      { left: LEFT, right: RIGHT, top: 274, height: 110 },
    ],
    xAxis: [
      { ...xAxis, gridIndex: 0, axisLabel: { show: false } },
      { ...xAxis, gridIndex: 1, name: 'seconds', nameLocation: 'middle', nameGap: 26 },
    ],
    yAxis: [
      { ...yAxis, gridIndex: 0, name: 'workers' },
      { ...yAxis, gridIndex: 1, name: 'running tasks' },
    ],
    series: [
      series('wanted', run.wanted, true),
      series('planned', run.planned, false),
      series('observed', run.observed, false),
      series('tasks', run.tasks, true, true),
    ],
  };
}

function marked({ spans, fromMs }: Run, withText: boolean): object {
  return {
    silent: true,
    itemStyle: { color: COLOURS.span },
    label: { show: withText, position: 'top', color: '#333', fontSize: 12 },
    data: spans.map((span) => [
      { name: span.text, xAxis: (span.fromMs - fromMs) / 1000 },
      { xAxis: (span.toMs - fromMs) / 1000 },
    ]),
  };
}

/** In seconds since the beginning; the last value is held until the end. */
function pointsOf(steps: readonly Step[], { fromMs, toMs }: Run): (readonly [number, number])[] {
  const before = steps.findLast(({ atMs }) => atMs <= fromMs)?.count ?? 0;
  const inside = steps.filter(({ atMs }) => atMs > fromMs && atMs <= toMs);
  const points = inside.map(({ atMs, count }) => [(atMs - fromMs) / 1000, count] as const);
  return [[0, before], ...points, [(toMs - fromMs) / 1000, inside.at(-1)?.count ?? before]];
}
