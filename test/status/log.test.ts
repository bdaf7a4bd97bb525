import { Writable } from 'node:stream';
import { expect } from 'chai';
import fc from 'fast-check';
import { createLog, type Log, type LogOptions } from '../../src/status/log.ts';
import { plain } from '../../src/status/plain.ts';
import { reportOf, resized } from './support.ts';

/** Collects lines; each write comes late, as to a slow pipe. */
class Lines extends Writable {
  text = '';

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    setImmediate(() => {
      this.text += chunk.toString();
      done();
    });
  }

  get lines(): readonly string[] {
    return this.text.split('\n').slice(0, -1);
  }
}

async function logged(options: Partial<LogOptions>, use: (log: Log) => void): Promise<Lines> {
  const stream = new Lines();
  const log = createLog({ level: 'info', format: 'json', terminal: false, stream, ...options });
  use(log);
  await log.close();
  stream.end();
  await new Promise((resolve) => stream.once('finish', resolve));
  return stream;
}

const json = (line: string | undefined): unknown => JSON.parse(line ?? '');

describe('log', () => {
  it('is JSON with a time for machines', async () => {
    const { lines } = await logged({}, (log) => {
      log.write('warn', 'blind', { plannedWorkers: 3, missing: undefined, errors: ['one'] });
    });
    expect(lines).to.have.length(1);
    expect(json(lines[0])).to.include({ level: 'warn', message: 'blind', plannedWorkers: 3 });
    expect(json(lines[0]))
      .to.have.property('timestamp')
      .that.matches(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    expect(json(lines[0])).to.have.property('errors').that.deep.equals(['one']);
  });

  it('is a short line for people', async () => {
    const { lines } = await logged({ format: 'text' }, (log) => {
      log.write('info', 'workers changed', { from: 3, to: 5, missing: undefined, why: 'two words' });
    });
    expect(lines).to.have.length(1);
    expect(lines[0]).to.match(/^\d\d:\d\d:\d\d info {2}workers changed from=3 to=5 why="two words"$/);
  });

  for (const [format, terminal, isJson] of [
    ['auto', false, true],
    ['auto', true, false],
    ['json', true, true],
    ['text', false, false],
  ] as const) {
    it(`format ${format} ${terminal ? 'on a terminal' : 'elsewhere'} is ${isJson ? 'JSON' : 'text'}`, async () => {
      const { text } = await logged({ format, terminal }, (log) => {
        log.write('info', 'hello');
      });
      expect(text.startsWith('{')).to.equal(isJson);
    });
  }

  it('leaves out what is less important than the level', async () => {
    const levels = ['error', 'warn', 'info', 'debug'] as const;
    for (const [index, level] of levels.entries()) {
      const { lines } = await logged({ level }, (log) => {
        for (const one of levels) log.write(one, one);
      });
      expect(lines, level).to.have.length(index + 1);
    }
  });

  it('writes one line for a pass: at once on change, nothing while steady', async () => {
    const { lines } = await logged({}, (log) => {
      log.report(resized(1, 3, 5), undefined);
      log.report(reportOf(2), resized(1, 3, 5));
      log.report(reportOf(3), reportOf(2));
      log.report(reportOf(4), reportOf(3));
    });
    expect(lines.map(json)).to.have.length(2);
    expect(json(lines[0])).to.include({ level: 'info', message: 'workers changed', from: 3, to: 5, reason: 'demand' });
    expect(json(lines[1])).to.include({ message: 'pass', reason: 'steady' });
  });

  it('a live setting that cannot be used is a line of its own, beside that of the pass', async () => {
    const troubled = { ...resized(1, 3, 5), problems: ['elasticWorker.max=lots'] };
    const { lines } = await logged({}, (log) => {
      log.report(troubled, undefined);
      log.report({ ...reportOf(2), problems: troubled.problems }, troubled);
    });
    expect(lines.map((line) => (json(line) as { message: string }).message)).to.deep.equal([
      'live settings',
      'workers changed',
      'pass',
    ]);
    expect(lines[0]).to.contain('"level":"warn"').and.contain('elasticWorker.max=lots');
  });

  it('remembers what it told, so that a lasting state is warned of once', async () => {
    const blind = (sequence: number) =>
      reportOf(sequence, { decision: { reason: 'master-unknown', observedWorkers: undefined } });
    const { lines } = await logged({}, (log) => {
      for (let sequence = 1; sequence <= 20; sequence += 1)
        log.report(blind(sequence), sequence === 1 ? undefined : blind(sequence - 1));
    });
    expect(lines).to.have.length(1);
  });

  it('close resolves once every line was handed over', async () => {
    // Takes what it is given and never gets done with the first of it.
    const stream = new Writable({ objectMode: true, write: () => undefined });
    const log = createLog({ level: 'info', format: 'json', terminal: false, stream });
    for (let count = 0; count < 500; count += 1) log.write('info', 'line', { count });
    await log.close();
    expect(stream.writableLength).to.equal(500);
  });

  it('a field cannot take the place of level, message or time', async () => {
    const { lines } = await logged({}, (log) => {
      log.write('info', 'text', { level: 'error', message: 'forged', timestamp: 'never' });
    });
    expect(json(lines[0])).to.include({ level: 'info', message: 'text' });
    expect(json(lines[0])).to.include({ level_: 'error', message_: 'forged', timestamp_: 'never' });
  });

  it('an error is shown with its causes; what was thrown and is no error is left out of them', async () => {
    const secret = { headers: { authorization: 'Bearer hidden' } };
    const inner = Object.assign(new Error('inner', { cause: secret }), { code: 'ECONNREFUSED' });
    const { lines, text } = await logged({}, (log) => {
      log.write('error', 'a bug', { cause: new TypeError('outer', { cause: inner }) });
    });
    const { cause } = json(lines[0]) as { cause: Record<string, unknown> };
    expect(cause).to.include({ name: 'TypeError', message: 'outer' });
    expect(cause.stack).to.be.a('string').that.contains('log.test.ts');
    expect(cause.cause).to.include({ message: 'inner', code: 'ECONNREFUSED' });
    expect(text).to.not.contain('hidden');
  });

  it('an error that is its own cause ends', async () => {
    const error = new Error('round');
    error.cause = error;
    const { lines } = await logged({}, (log) => {
      log.write('error', 'a bug', { cause: error });
    });
    expect(lines).to.have.length(1);
  });

  for (const format of ['json', 'text'] as const) {
    it(`${format}: whatever a field holds, a line is one line that moves no cursor`, async () => {
      const name = '\u001b[2J\u009b31m\r\nforged "line"\u2028\u202e\u{e0001}é\ud800';
      const { text, lines } = await logged({ format }, (log) => {
        log.write('info', 'pass', { name });
      });
      expect(lines).to.have.length(1);
      expect(text.slice(0, -1)).to.not.match(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
      if (format === 'json') expect(json(lines[0])).to.include({ name });
    });
  }
});

/** Any UTF-16 at all, halves of pairs included. */
const anyText = fc.array(fc.nat(0xffff), { maxLength: 20 }).map((units) => String.fromCharCode(...units));

describe('plain text', () => {
  it('leaves visible text as it is, and JSON meaning the same', () => {
    expect(plain('äöü 漢字 😀 "quoted" \\')).to.equal('äöü 漢字 😀 "quoted" \\');
    fc.assert(
      fc.property(anyText, (text) => {
        const shown = plain(JSON.stringify(text));
        expect(JSON.parse(shown)).to.equal(text);
        expect(shown).to.not.match(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
      }),
    );
  });
});
