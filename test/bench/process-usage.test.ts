import { expect } from 'chai';
import { cpuMs, peakMiB } from '../../bench/process-usage.ts';

/** The fields behind the name, from the third on: state, ten numbers, then the times in user code and in the kernel. */
function statOf(name: string, user: string, kernel: string): string {
  return `4242 (${name}) S 1 2 3 4 5 6 7 8 9 10 ${user} ${kernel} 0 0 20 0 7 0 123456 9999999 2222 18446744073709551615\n`;
}

describe('What /proc tells of a process', () => {
  it('is the peak of its memory in MiB, not its size or what it has now', () => {
    const status = 'Name:\tnode\nVmPeak:\t 1048576 kB\nVmHWM:\t   81920 kB\nVmRSS:\t   71680 kB\n';
    expect(peakMiB(status)).to.equal(80);
  });

  it('is its time in user code and in the kernel together, in milliseconds', () => {
    expect(cpuMs(statOf('node', '150', '25'))).to.equal(1750);
  });

  it('is read from behind a name with blanks and brackets', () => {
    expect(cpuMs(statOf('a) S 7 (b', '1', '2'))).to.equal(30);
  });

  it('is refused where it is not there', () => {
    expect(() => peakMiB('Name:\tkthreadd\n')).to.throw('VmHWM');
    expect(() => cpuMs('4242 (node) S 1')).to.throw('no times');
    expect(() => cpuMs(statOf('node', '1.5', '2'))).to.throw('no times');
  });
});
