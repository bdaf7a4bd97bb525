/** The settings of a master, from its page. */
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { parseMasterProperties } from '../../src/spark/master-properties.ts';

const PAGE = readFileSync(new URL('../fixtures/spark-4.3.0/master-environment.html', import.meta.url), 'utf8');

describe("the page of a master's settings", () => {
  it('is read as a real master of 4.3.0 shows it, values that are empty included', () => {
    const read = parseMasterProperties(PAGE, 'x');
    expect(read.ok && Object.fromEntries(read.value)).to.deep.equal({
      'spark.decommission.enabled': 'true',
      'spark.deploy.spreadOut': 'false',
      'spark.deploy.workerSelectionPolicy': 'CORES_FREE_ASC',
      'spark.scheduler.mode': '',
    });
  });

  for (const other of [
    '',
    '{}',
    '<html>not found</html>',
    '<tr><td>java.home</td><td>x</td></tr>',
    '<tr><td>spark.x',
  ]) {
    it(`${JSON.stringify(other)} is malformed`, () => {
      const read = parseMasterProperties(other, 'the page');
      expect(read.ok ? undefined : read.error).to.include({ kind: 'malformed', what: 'the page' });
    });
  }
});
