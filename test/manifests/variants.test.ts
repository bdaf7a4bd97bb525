/** The variants for clusters that other tools made: the sidecar is the same, and what they name is there. */
import { expect } from 'chai';
import { SETTINGS } from '../../src/config/settings.ts';
import { at, listAt, named, objectOf, sparkProperties, textAt, textsAt, type Value } from './support.ts';

const usual = at(objectOf('add-sidecar/sidecar.yaml'), 'spec', 'template', 'spec');
const account = textAt(objectOf('add-sidecar/serviceaccount.yaml'), 'metadata', 'name');

/** The daemon's container without the variables that have a value, and those by name. */
function taken(container: Value): { rest: Value; values: Record<string, string> } {
  const env = listAt(container, 'env');
  const given = env.filter((one) => at(one, 'value') !== undefined);
  return {
    rest: { ...(container as object), env: env.filter((one) => !given.includes(one)) },
    values: Object.fromEntries(given.map((one) => [textAt(one, 'name'), textAt(one, 'value')])),
  };
}

const sidecar = taken(named(listAt(usual, 'containers'), 'elastic-worker'));

describe('the variant for Oshinko', () => {
  const patch = objectOf('oshinko/sidecar.yaml');
  const pod = at(patch, 'spec', 'template', 'spec');
  const container = taken(named(listAt(pod, 'containers'), 'elastic-worker'));

  it('adds the usual sidecar to a DeploymentConfig', () => {
    expect(at(patch, 'kind')).to.equal('DeploymentConfig');
    expect({ ...(pod as object), containers: [container.rest] }).to.deep.equal({
      ...(usual as object),
      containers: [sidecar.rest],
    });
  });

  it("names the cluster by the original's variable, and the workers by their DeploymentConfig", () => {
    const { OSHINKO_SPARK_CLUSTER: cluster = '', ELASTIC_WORKER_TARGET: target = '' } = container.values;
    expect(SETTINGS.cluster.alias).to.equal('OSHINKO_SPARK_CLUSTER');
    expect(textAt(patch, 'metadata', 'name')).to.equal(`${cluster}-m`);
    const parsed = SETTINGS.target.parse(target);
    expect(parsed.ok && parsed.value).to.deep.include({ kind: 'deploymentconfig', name: `${cluster}-w` });
  });
});

describe("the values for Bitnami's chart", () => {
  const values = objectOf('bitnami/values.yaml');
  const container = taken(named(listAt(values, 'master', 'sidecars'), 'elastic-worker'));

  it('add the usual sidecar and its volume', () => {
    expect(container.rest).to.deep.equal(sidecar.rest);
    expect(at(values, 'master', 'extraVolumes')).to.deep.equal(at(usual, 'volumes'));
    expect(at(values, 'serviceAccount', 'name')).to.equal(account);
    expect(container.values).to.deep.equal({
      ...sidecar.values,
      ELASTIC_WORKER_TARGET: 'statefulset/spark-worker',
      ELASTIC_WORKER_PLACEMENT: 'packed',
    });
  });

  it('set nothing in Spark that the files of the base do not', () => {
    for (const part of ['master', 'worker']) {
      const flags = textAt(values, part, 'configOptions').trim().split(/\s+/);
      const set = Object.fromEntries(flags.map((flag) => flag.replace(/^-D/, '').split('=')) as [string, string][]);
      expect(Object.keys(set)).to.have.length.above(1);
      expect(sparkProperties(`base/conf/${part}.conf`), part).to.include(set);
    }
  });

  it('label the workers as the admission policy wants them', () => {
    expect(textsAt(values, 'worker', 'podLabels')).to.deep.equal({
      'oshinko-type': 'worker',
      'oshinko-cluster': sidecar.values.ELASTIC_WORKER_CLUSTER,
    });
  });
});
