import { expect } from 'chai';
import { OriginalWatch } from '../../src/cli/original-watch.ts';
import { api, never, status, testClient } from '../kube/support.ts';

const PATH = '/api/v1/namespaces/team/pods/spark-m';
const STARE = { name: 'spark-m-stare', image: 'radanalyticsio/scorpion-stare:latest' };
const OURS = { name: 'elastic-worker', image: 'mirror/elastic-worker:0.1.0' };

function pod(containers: readonly object[]): object {
  return { metadata: { name: 'spark-m', uid: 'u1' }, spec: { containers } };
}

describe('original watch', () => {
  it('R15: finds the original daemon beside us', async () => {
    api()
      .get(PATH)
      .reply(200, pod([STARE, OURS]));
    const watch = new OriginalWatch(testClient(), 'spark-m', never);
    await watch.look();
    expect(watch.current()).to.deep.equal({ known: true, container: 'spark-m-stare' });
  });

  it('R15: before it has looked nothing is known, and asking makes it look', async () => {
    api()
      .get(PATH)
      .reply(200, pod([OURS]));
    const watch = new OriginalWatch(testClient(), 'spark-m', never);
    expect(watch.current()).to.deep.equal({ known: false, why: 'its own pod has not been read yet' });
    await watch.look();
    expect(watch.current()).to.deep.equal({ known: true, container: undefined });
  });

  it('R15: a failed look is no answer; it is taken again until one succeeds, and then never more', async () => {
    api()
      .get(PATH)
      .reply(403, status(403, 'Forbidden', 'no'));
    api()
      .get(PATH)
      .once()
      .reply(200, pod([OURS]));
    const watch = new OriginalWatch(testClient(), 'spark-m', never);
    await watch.look();
    const failed = watch.current();
    expect(failed.known).to.equal(false);
    expect(failed)
      .to.have.property('why')
      .that.matches(/^own pod spark-m: unauthorized \(HTTP 403\)/);
    // Asking began the second look; a third would find no stub.
    await watch.look();
    await watch.look();
    watch.current();
    expect(watch.current()).to.deep.equal({ known: true, container: undefined });
  });

  it('looks once at a time', async () => {
    api()
      .get(PATH)
      .once()
      .reply(200, pod([STARE]));
    const watch = new OriginalWatch(testClient(), 'spark-m', never);
    watch.current();
    await Promise.all([watch.look(), watch.look()]);
    watch.current();
  });

  it('outside a cluster nobody else is there, and nobody is asked', async () => {
    const watch = new OriginalWatch(testClient(), undefined, never);
    await watch.look();
    expect(watch.current()).to.deep.equal({ known: true, container: undefined });
  });
});
