/** How often Prometheus' servlet in the drivers is asked; what it answers is in the tests of the readers. */
import { expect } from 'chai';
import { prometheusServlet } from '../../src/sources/prometheus-servlet.ts';
import type { DriverReader } from '../../src/spark/driver-reader.ts';
import { application } from '../daemon/support/things.ts';
import { never } from '../spark/support.ts';

const CENSUS = { endedIds: [], nowEpochMs: 0, settingsOf: () => undefined };
const GAUGE = 'metrics_made_driver_ExecutorAllocationManager_executors_numberTargetExecutors_Value';

it('the servlet in drivers: asks for whose it is within the budget of requests', async () => {
  let nowMs = 0;
  const asked: string[] = [];
  const drivers: Pick<DriverReader, 'read' | 'keep'> = {
    read: (id, path, parse) => {
      asked.push(`${id} ${path}`);
      const whose = `metrics_executor_rddBlocks{application_id="${id}", executor_id="driver"} 0`;
      return Promise.resolve(parse(path.includes('executors') ? whose : `${GAUGE}{type="gauges"} 1\n`, path));
    },
    keep: () => undefined,
  };
  const options = { pollMs: 1000, driverRequestsPerSecond: 4, now: () => nowMs };
  const source = prometheusServlet(options, drivers, { namespace: '${spark.app.id}' });
  const applications = [1, 2, 3, 4].map((n) => application(`app-${n}`));
  const perPoll: number[] = [];
  for (let poll = 0; poll < 4; poll += 1) {
    await source.read(applications, never, CENSUS);
    perPoll.push(asked.splice(0).length);
    nowMs += 1000;
  }
  expect(perPoll, 'two drivers twice, then the other two, then all four once').to.deep.equal([4, 4, 4, 4]);
});
