/** The pictures of a study, as SVG text. */
import { LineChart, ScatterChart } from 'echarts/charts';
import { GridComponent, LegendComponent } from 'echarts/components';
import { init, use, type EChartsCoreOption } from 'echarts/core';
import { LabelLayout } from 'echarts/features';
import { SVGRenderer } from 'echarts/renderers';
import { METRICS } from '../measure/metrics.ts';
import { paretoFront } from '../measure/pareto.ts';
import type { RunResult, Steps } from '../sim/result.ts';
import type { Study } from '../study/study.ts';
import { serviceMetric } from './columns.ts';
import { pointsOf } from './front.ts';

use([LineChart, ScatterChart, GridComponent, LegendComponent, LabelLayout, SVGRenderer]);

/** Told apart by the colour-blind too (Okabe and Ito). */
const DEMAND = '#9a9a9a';
const PLANNED = '#0072b2';
const OBSERVED = '#d55e00';

const FONT = { fontFamily: 'system-ui, sans-serif', fontSize: 12 };

function draw(width: number, height: number, option: EChartsCoreOption): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height });
  try {
    chart.setOption({ animation: false, textStyle: FONT, ...option });
    return chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
}

const WIDTH = 900;

/** Demand (no more than `most` is drawn), planned and observed workers over the minutes of a run. */
export function timelineChart(run: RunResult, most: number, minutes: number): string {
  const line = (name: string, steps: Steps, colour: string, filled: boolean): object => ({
    name,
    type: 'line',
    step: 'end',
    showSymbol: false,
    sampling: 'minmax',
    lineStyle: { width: filled ? 0 : 1.5, color: colour },
    itemStyle: { color: colour },
    ...(filled ? { areaStyle: { color: colour, opacity: 0.35 } } : {}),
    data: pointsInMinutes(steps, run.endedAtMs),
  });
  return draw(WIDTH, 190, {
    grid: { left: 48, right: 16, top: 28, bottom: 40 },
    legend: { top: 0, data: ['demand', 'planned', 'observed'] },
    xAxis: { type: 'value', min: 0, max: minutes, name: 'minutes', nameLocation: 'middle', nameGap: 24 },
    yAxis: { type: 'value', min: 0, max: most, minInterval: 1, name: 'workers' },
    series: [
      line('demand', run.timelines.demand, DEMAND, true),
      line('planned', run.timelines.planned, PLANNED, false),
      line('observed', run.timelines.observed, OBSERVED, false),
    ],
  });
}

/** The steps, 0 before the first, and the last value held until the end. */
function pointsInMinutes({ atMs, values }: Steps, endMs: number): (readonly [number, number])[] {
  const points = atMs.map((ms, index) => [ms / 60_000, values[index] ?? 0] as const);
  return [[0, atMs[0] === 0 ? (values[0] ?? 0) : 0], ...points, [endMs / 60_000, values.at(-1) ?? 0]];
}

const NAMES_WIDTH = 120;

/** Cost against service, one point a policy; the line joins those that no other beats in both. */
export function paretoChart(study: Study): string {
  const points = pointsOf(study);
  const front = paretoFront(points);
  const { label, unit } = METRICS[serviceMetric(study.kind)];
  const ratio = unit === 'ratio';
  const onFront = new Set(front.map(({ policy }) => policy));
  return draw(WIDTH, 460, {
    grid: { left: 60, right: NAMES_WIDTH + 20, top: 16, bottom: 48 },
    xAxis: { type: 'value', min: 0, name: 'worker-hours', nameLocation: 'middle', nameGap: 28 },
    // Ratios go from 1 (a little less by chance) to 10 and more; waits begin at 0.
    yAxis: {
      ...(ratio
        ? { type: 'log', logBase: 2, min: Math.min(1, ...points.map(({ time }) => time)) }
        : { type: 'value', min: 0 }),
      name: label,
      nameLocation: 'middle',
      nameGap: 44,
    },
    series: [
      {
        type: 'line',
        symbol: 'none',
        lineStyle: { color: PLANNED, width: 1, type: 'dashed' },
        data: front.map(({ cost, time }) => [cost, time]),
      },
      {
        type: 'scatter',
        symbolSize: 10,
        label: { show: true, position: 'right', formatter: '{b}', color: '#333' },
        // Names stand in a column beside the picture: points lie too close for names of their own.
        labelLine: { show: true, length2: 4, lineStyle: { color: '#ccc' } },
        labelLayout: { x: WIDTH - NAMES_WIDTH, align: 'left', moveOverlap: 'shiftY' },
        data: points.map(({ policy, cost, time }) => ({
          name: policy,
          value: [cost, time],
          itemStyle: { color: policy === study.reference ? OBSERVED : onFront.has(policy) ? PLANNED : DEMAND },
        })),
      },
    ],
  });
}
