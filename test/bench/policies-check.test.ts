/** The small cut of the laboratory that CI runs. */
import { expect } from 'chai';
import { readFile } from 'node:fs/promises';
import { fallenBehind, measureCut, parseRecord, RECORD_FILE } from '../../bench/policies-check.ts';
import { FAMILIES } from '../../src/lab/families/families.ts';
import { oursWith } from '../../src/lab/study/policies.ts';

describe("the laboratory's small cut", function () {
  // Twelve seconds on one core; a busy machine is no failure.
  this.timeout(300_000);

  it('finds our default no worse than it is recorded', async () => {
    const recorded = parseRecord(await readFile(RECORD_FILE, 'utf8'));
    expect(Object.keys(recorded.families)).to.deep.equal(FAMILIES.map(({ name }) => name));
    expect(fallenBehind(measureCut(), recorded)).to.deep.equal([]);
  });

  it('finds a policy that holds for too long', async () => {
    const recorded = parseRecord(await readFile(RECORD_FILE, 'utf8'));
    const slow = oursWith('ours', 'gives nothing up for ten minutes', { learnsHold: false, holdMs: 600_000 });
    const [sentence, ...others] = fallenBehind(measureCut(slow, ['step']), recorded);
    expect(sentence).to.match(/^step: saved against static-max is -?\d+ %, recorded \d+ % within \d+ %$/);
    expect(others).to.deep.equal([]);
  });

  it('finds a policy that serves worse', async () => {
    const recorded = parseRecord(await readFile(RECORD_FILE, 'utf8'));
    const stingy = oursWith('ours', 'keeps nothing for the next burst', { floorShare: 0 });
    expect(fallenBehind(measureCut(stingy, ['impulses']), recorded).join()).to.contain('impulses: added wait');
  });

  it('says what is not recorded', () => {
    const nothing = { command: '', seeds: [], families: {} };
    const some = { ...nothing, families: { step: { saved: { mean: 0.5, low: 0.4, high: 0.6 } } } };
    expect(fallenBehind(some, nothing).join()).to.contain('is not recorded');
    expect(fallenBehind(some, some)).to.deep.equal([]);
  });

  it('takes no text for a record that is none', () => {
    expect(() => parseRecord('{"families": 1}')).to.throw();
  });
});
