/** Commands that run once, and a start that must not happen. */
import { expect } from 'chai';
import { endless, sideBySide, withRig } from './rig.ts';

describe('the commands of the daemon', function () {
  this.timeout(300_000);

  sideBySide({
    'explain makes its pass, prints the trace of a growth, and writes nothing': () =>
      withRig({}, async ({ submit, command, writes, world, replicas }) => {
        await submit(endless(4));
        const { code, output, errorText } = await command('explain');
        expect({ code, errorText }).to.deep.equal({ code: 0, errorText: '' });
        expect(output).to.match(/^wanted 4, desired 4, planned 1, observed 1 workers\nverdict: demand: /);
        expect(output).to.include('action: resize');
        for (const stage of ['observe', 'demand', 'packing', 'policy', 'action'])
          expect(output).to.match(lineOf(stage));
        expect(writes()).to.deep.equal([]);
        expect(world.sparkUsage.requests.has('master /workers')).to.equal(false);
        expect(replicas).to.deep.equal([1]);
      }),

    'check says ok line by line and ends with 0 where all works': () =>
      withRig({}, async ({ submit, command, writes, world }) => {
        const app = await submit(endless(1));
        const { code, output } = await command('check');
        expect(output).to.not.match(/^FAIL/m);
        expect(code).to.equal(0);
        for (const subject of ['settings', 'target', 'permission', 'flag', 'master', 'decommission', 'worker page']) {
          expect(output, subject).to.match(new RegExp(`^ok    ${subject} `, 'm'));
        }
        expect(output).to.include(`${app}: allocation gauges are read`);
        expect(writes()).to.deep.equal([]);
        expect([...world.spark.workers.values()].map(({ state }) => state)).to.deep.equal(['ALIVE']);
      }),

    'check names the missing permission with its rule, and ends with 1': () =>
      withRig({}, async ({ command, world }) => {
        world.faults.denials.push({ verb: 'patch', resource: 'replicationcontrollers/scale' });
        const { code, output } = await command('check');
        expect(code).to.equal(1);
        const failed = output.split('\n').filter((line) => line.startsWith('FAIL'));
        expect(failed).to.have.length(1);
        expect(failed[0]).to.match(/permission .*patch.*replicationcontrollers\/scale/);
      }),

    'check ends with 1 where the master cannot be reached, and with 0 where it only marks no workers': () =>
      withRig({ decommissionEnabled: false }, async ({ command, world }) => {
        const warned = await command('check');
        expect(warned.output).to.match(/^warn {2}decommission .*405/m);
        expect(warned.code).to.equal(0);
        world.faults.master = 'drop';
        const failed = await command('check');
        expect(failed.output).to.match(/^FAIL {2}master /m);
        expect(failed.code).to.equal(1);
      }),

    'bad settings are listed all at once, with 2, and nothing was started': () =>
      withRig({}, async ({ command, world }) => {
        const { code, errorText, output } = await command('run', {
          ELASTIC_WORKER_POLL: '5',
          ELASTIC_WORKER_MIN: '9',
          ELASTIC_WORKER_MAX: '3',
          ELASTIC_WORKER_HODL: '10s',
          ELASTIC_WORKER_ENABLE: 'yes',
        });
        expect(code).to.equal(2);
        expect(output).to.equal('');
        expect(errorText).to.match(/^4 problems with the settings:\n/);
        const about = errorText.split('\n').flatMap((line) => /^ {2}(ELASTIC_WORKER_\w+)/.exec(line)?.[1] ?? []);
        const wrong = ['POLL', 'MIN', 'HODL', 'ENABLE'].map((name) => `ELASTIC_WORKER_${name}`);
        expect(about).to.have.members(wrong);
        expect(errorText).to.include('ELASTIC_WORKER_HOLD');
        expect(world.apiUsage.requests.size + world.sparkUsage.requests.size).to.equal(0);
      }),

    'an unknown command is wrong usage: 2': () =>
      withRig({}, async ({ command }) => {
        const { code, errorText } = await command('rnu');
        expect(code).to.equal(2);
        expect(errorText).to.include('run');
      }),
  });
});

function lineOf(stage: string): RegExp {
  return new RegExp(`^${stage} `, 'm');
}
