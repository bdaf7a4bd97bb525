/** The demo's display: redrawn in place on a terminal, one plain line at a time elsewhere. */
import { stripVTControlCharacters, styleText } from 'node:util';
import type { TaskCounts } from './load.ts';
import type { Scene } from './story.ts';

/** What is to be seen at one moment. Counts are those of the daemon's last pass; null where it does not know. */
export interface Frame {
  /** Seconds since the story began. */
  readonly second: number;
  readonly wanted: number | null;
  readonly planned: number | null;
  readonly observed: number | null;
  readonly tasks: TaskCounts;
  /** The daemon's own reason, from its status page. */
  readonly sentence: string;
}

export interface Screen {
  narrate(scene: Scene): void;
  /** Shows a moment; called as often as wanted. */
  show(frame: Frame): void;
  /** Leaves the last picture standing and gives the cursor back. */
  close(): void;
}

export interface ScreenOptions {
  readonly maxWorkers: number;
  readonly storySec: number;
}

type Output = NodeJS.WriteStream;
type Style = Parameters<typeof styleText>[0];

const HIDE_CURSOR = '\x1b[?25l';
const SHOW_CURSOR = '\x1b[?25h';
const CLEAR_BELOW = '\x1b[0J';
const BAR_CELLS_PER_WORKER = 3;
const HEIGHTS = ' ▁▂▃▄▅▆▇█';
const MIN_ROWS = 18;

/** The redrawn one where there is a terminal tall enough for it, else the one of plain lines. */
export function openScreen(output: Output, options: ScreenOptions): Screen {
  return output.isTTY && output.rows >= MIN_ROWS ? liveScreen(output, options) : plainScreen(output);
}

/** One line a second; the same lines for a file, a pipe or a log. */
function plainScreen(output: Output): Screen {
  let second = -1;
  return {
    narrate(scene) {
      output.write(`\n== ${scene.title}: ${scene.text}\n`);
    },
    show(frame) {
      const now = Math.floor(frame.second);
      if (now === second) return;
      second = now;
      const counts = `wanted ${known(frame.wanted)}  planned ${known(frame.planned)}  observed ${known(frame.observed)}`;
      const { running, waiting, done } = frame.tasks;
      const tasks = `tasks ${running} running ${waiting} waiting ${done} done`;
      output.write(`${String(now).padStart(3)} s  ${counts}  ${tasks.padEnd(40)}  ${frame.sentence}\n`);
    },
    close() {
      output.write('\n');
    },
  };
}

function liveScreen(output: Output, options: ScreenOptions): Screen {
  const history: number[] = [];
  let scene: Scene = { title: '', text: '' };
  let drawnLines = 0;
  output.write(HIDE_CURSOR);
  return {
    narrate(next) {
      scene = next;
    },
    show(frame) {
      const second = Math.floor(frame.second);
      // A second nobody saw looks like the one before it.
      while (history.length <= second) history.push(frame.planned ?? history.at(-1) ?? 0);
      const lines = picture(frame, scene, history, options, output);
      const back = drawnLines > 0 ? `\x1b[${drawnLines}A\r` : '';
      output.write(`${back}${CLEAR_BELOW}${lines.map((line) => `${line}\n`).join('')}`);
      drawnLines = lines.length;
    },
    close() {
      output.write(`${SHOW_CURSOR}\n`);
    },
  };
}

function picture(
  frame: Frame,
  scene: Scene,
  history: readonly number[],
  { maxWorkers, storySec }: ScreenOptions,
  output: Output,
): string[] {
  const width = Math.max(40, output.columns - 1);
  const paint = (style: Style, text: string): string => styleText(style, text, { stream: output });
  const bar = (label: string, value: number | null, style: Style): string => {
    const shown = Math.min(value ?? 0, maxWorkers);
    const cells = '█'.repeat(shown * BAR_CELLS_PER_WORKER);
    const more = (value ?? 0) > maxWorkers ? '›' : ' ';
    const room = ' '.repeat((maxWorkers - shown) * BAR_CELLS_PER_WORKER);
    return `${label.padEnd(9)} ${paint(style, cells + more)}${room}${known(value).padStart(2)}`;
  };
  const { running, waiting, done } = frame.tasks;
  const clock = `${Math.floor(frame.second)} s of about ${storySec} s`;
  return [
    `${paint('bold', 'elastic-worker')}: the real daemon, a stand-in of Spark and Kubernetes   ${paint('dim', clock)}`,
    '',
    paint(['bold', 'cyan'], scene.title),
    ...twoLines(scene.text, width),
    '',
    bar('wanted', frame.wanted, 'yellow'),
    bar('planned', frame.planned, 'blue'),
    bar('observed', frame.observed, 'green') + paint('dim', `   max ${maxWorkers}`),
    '',
    `${'tasks'.padEnd(9)} ${running} running, ${waiting} waiting, ${done} done`,
    `${'workers'.padEnd(9)} ${paint('blue', sparkline(history.slice(10 - width), maxWorkers))}`,
    '',
    paint('dim', 'the daemon says'),
    ...twoLines(frame.sentence, width),
  ].map((line) => cut(line, width));
}

function known(value: number | null): string {
  return value === null ? '?' : String(value);
}

function sparkline(values: readonly number[], max: number): string {
  return values.map((value) => HEIGHTS[Math.round((value / max) * (HEIGHTS.length - 1))] ?? '█').join('');
}

/** Always two lines, so that the picture keeps its height. */
function twoLines(text: string, width: number): [string, string] {
  if (text.length <= width) return [text, ''];
  const at = text.lastIndexOf(' ', width);
  const end = at > 0 ? at : width;
  return [text.slice(0, end), text.slice(end).trimStart()];
}

/** A line that wraps would spoil the redrawing; colours are given up where it has to be cut. */
function cut(line: string, width: number): string {
  const bare = stripVTControlCharacters(line);
  return bare.length <= width ? line : `${bare.slice(0, width - 1)}…`;
}
