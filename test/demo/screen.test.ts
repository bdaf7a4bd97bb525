import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { expect } from 'chai';
import { openScreen, type Frame } from '../../demo/screen.ts';

const OPTIONS = { maxWorkers: 8, storySec: 60 };
const SCENE = {
  title: 'a burst',
  text: 'Many tasks at once, and a sentence that is longer than the terminal is wide.',
};

function frame(second: number, other: Partial<Frame> = {}): Frame {
  const tasks = { running: 4, waiting: 20, done: 3 };
  return { second, wanted: 12, planned: 8, observed: 1, tasks, sentence: `demand needs ${'x'.repeat(200)}`, ...other };
}

/** A stream that passes for a terminal, or for none. */
function output(terminal: { readonly columns: number; readonly rows: number } | undefined) {
  const stream = Object.assign(new PassThrough({ encoding: 'utf8' }), { isTTY: terminal !== undefined, ...terminal });
  return { stream: stream as unknown as NodeJS.WriteStream, text: (): string => String(stream.read() ?? '') };
}

describe('the demo’s screen', () => {
  it('writes one plain line a second where there is no terminal', () => {
    const { stream, text } = output(undefined);
    const screen = openScreen(stream, OPTIONS);
    screen.narrate(SCENE);
    for (const second of [1, 1.3, 1.9, 2.1]) screen.show(frame(second, { planned: null, sentence: 'why' }));
    screen.close();
    const lines = text()
      .split('\n')
      .filter((line) => line !== '');
    expect(lines).to.have.length(3);
    expect(lines[0]).to.equal(`== a burst: ${SCENE.text}`);
    expect(lines[1]).to.match(
      /^ {2}1 s {2}wanted 12 {2}planned \? {2}observed 1 {2}tasks 4 running 20 waiting 3 done +why$/,
    );
    expect(lines[2]).to.match(/^ {2}2 s /);
  });

  it('redraws in place on a terminal: goes up as many lines as it drew, and no line is too wide', () => {
    const { stream, text } = output({ columns: 60, rows: 24 });
    const screen = openScreen(stream, OPTIONS);
    screen.narrate(SCENE);
    screen.show(frame(1));
    const first = text();
    screen.show(frame(2));
    const second = text();
    const drawn = first.split('\n').length - 1;
    expect(first).to.not.include('A\r');
    expect(second.startsWith(`\x1b[${drawn}A\r\x1b[0J`)).to.equal(true);
    const widths = stripVTControlCharacters(second)
      .replace('\r', '')
      .split('\n')
      .map((line) => line.length);
    expect(Math.max(...widths)).to.be.below(60);
    expect(stripVTControlCharacters(second))
      .to.match(/^wanted +█{24}›12$/m)
      .and.to.match(/^observed +█{3} {22} ?1/m);
    screen.close();
    expect(text()).to.include('\x1b[?25h');
  });

  it('writes plain lines on a terminal too small for the picture', () => {
    const { stream, text } = output({ columns: 60, rows: 10 });
    openScreen(stream, OPTIONS).show(frame(1));
    expect(text()).to.match(/^ {2}1 s /);
  });
});
