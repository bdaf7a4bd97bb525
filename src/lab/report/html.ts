/** A study as one HTML page that needs nothing else: no script, no font, no picture from elsewhere. */
import type { LogReport } from '../event-log/read.ts';
import { METRIC_KEYS, METRICS } from '../measure/metrics.ts';
import type { Study, StudyRow } from '../study/study.ts';
import { paretoChart, timelineChart } from './charts.ts';
import { columnsFor, estimated, written } from './columns.ts';
import { frontOf } from './front.ts';
import { titleOf } from './table.ts';

export interface PageParts {
  readonly study: Study;
  /** Only where the workload was read from logs. */
  readonly logs: readonly LogReport[] | undefined;
  /** How to make this page again. */
  readonly command: string;
}

export function renderHtml({ study, logs, command }: PageParts): string {
  const title = `elastic-worker simulate: ${study.workload}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${escaped(title)}</h1>
<p>${escaped(titleOf(study))}. Made by <code>${escaped(command)}</code>.</p>
<h2>Policies</h2>
${summaryTable(study)}
<p>Means over the seeds with their 95 % bootstrap intervals; the worst seed below. A star marks the policies that no other beats in cost and service at once.</p>
<h2>Cost against service</h2>
<figure>${paretoChart(study)}</figure>
<h2>Workers over time</h2>
<p>The run with seed ${study.seeds[0] ?? ''}. Grey: what demand needs; blue: planned; orange: observed at the master.</p>
${timelines(study)}
<h2>All figures</h2>
${allFigures(study)}
<h2>Against ${escaped(study.reference)}</h2>
<p>The mean difference, seed by seed, with its 95 % bootstrap interval. Bold where the interval leaves no doubt on which side of 0 it lies.</p>
${differencesTable(study)}
<h2>What was compared</h2>
<dl>${study.rows.map(({ policy, models }) => `<dt>${escaped(policy)}</dt><dd>${escaped(models)}</dd>`).join('')}</dl>
${logs === undefined ? '' : logsTable(logs)}
</body>
</html>
`;
}

const STYLE = `
body { font: 15px/1.5 system-ui, sans-serif; color: #222; background: #fff; max-width: 1100px; margin: 2em auto; padding: 0 1em; }
h1 { font-size: 1.5em; } h2 { font-size: 1.2em; margin-top: 2em; } h3 { font-size: 1em; margin: 1em 0 0; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: 13px; font-variant-numeric: tabular-nums; }
th, td { padding: 3px 9px; border-bottom: 1px solid #ddd; text-align: right; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; } thead th { vertical-align: bottom; white-space: normal; }
tr.ours { background: #fff3e8; } small { color: #666; } figure { margin: 0; } svg { max-width: 100%; height: auto; }
dt { font-weight: 600; } dd { margin: 0 0 .4em; }
`;

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}

function tableOf(head: readonly string[], rows: readonly string[]): string {
  const cells = head.map((one) => `<th scope="col">${one}</th>`).join('');
  return `<div class="wide"><table><thead><tr>${cells}</tr></thead><tbody>${rows.join('\n')}</tbody></table></div>`;
}

function rowOf(name: string, cells: readonly string[], isReference: boolean): string {
  const start = isReference ? '<tr class="ours">' : '<tr>';
  return `${start}<th scope="row">${name}</th>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`;
}

function summaryTable(study: Study): string {
  const columns = columnsFor(study);
  const front = frontOf(study);
  const rows = study.rows.map((row) => {
    const cells = columns.map(({ key }) => figureCell(row, key));
    return rowOf(`${escaped(row.policy)}${front.has(row.policy) ? ' ★' : ''}`, cells, row.policy === study.reference);
  });
  return tableOf(['policy', ...columns.map(({ key }) => escaped(METRICS[key].label))], rows);
}

function figureCell({ cell }: StudyRow, key: (typeof METRIC_KEYS)[number]): string {
  const summary = cell.figures[key];
  if (summary === undefined) return '–';
  const { unit } = METRICS[key];
  return `${estimated(summary, unit)}<br><small>${written(summary.worst, unit)}</small>`;
}

function timelines({ rows, cluster }: Study): string {
  const minutes = Math.ceil(Math.max(...rows.map(({ sample }) => sample.endedAtMs)) / 60_000);
  const most = cluster.maxWorkers + 1;
  return rows
    .map(({ policy, sample }) => `<h3>${escaped(policy)}</h3><figure>${timelineChart(sample, most, minutes)}</figure>`)
    .join('\n');
}

function allFigures(study: Study): string {
  const rows = METRIC_KEYS.map((key) => {
    const { label, unit } = METRICS[key];
    return rowOf(
      `${escaped(label)} <small>${unit}</small>`,
      study.rows.map((row) => figureCell(row, key)),
      false,
    );
  });
  return tableOf(['figure', ...study.rows.map(({ policy }) => escaped(policy))], rows);
}

function differencesTable({ rows, reference }: Study): string {
  const others = rows.filter(({ policy }) => policy !== reference);
  const lines = METRIC_KEYS.map((key) => {
    const { label, unit } = METRICS[key];
    const cells = others.map(({ against }) => {
      const more = against?.[key];
      if (more === undefined) return '–';
      const text = estimated(more, unit);
      return more.low > 0 || more.high < 0 ? `<strong>${text}</strong>` : text;
    });
    return rowOf(`${escaped(label)} <small>${unit}</small>`, cells, false);
  });
  return tableOf(['figure', ...others.map(({ policy }) => escaped(policy))], lines);
}

function logsTable(logs: readonly LogReport[]): string {
  const rows = logs.map((log) => {
    const left = log.leftOut.map(({ what, count }) => `${count} ${escaped(what)}`).join('<br>');
    const cells = [
      escaped(log.applicationId ?? '–'),
      escaped(log.sparkVersion),
      log.finished ? 'yes' : 'no',
      String(log.jobs),
      String(log.stages),
      String(log.tasks),
      left === '' ? 'nothing' : left,
    ];
    return rowOf(escaped(log.log), cells, false);
  });
  const head = ['log', 'application', 'Spark', 'ended', 'jobs', 'stages', 'tasks', 'left out, or not as it stands'];
  return `<h2>What was read</h2>\n${tableOf(head, rows)}`;
}
