/** What is wrong with files of Spark's settings, as the commands are told it. */
import { expect } from 'chai';
import { compose } from '../../src/cli/compose.ts';
import { parseConfig } from '../../src/config/config.ts';
import { sparkAdapters } from '../../src/spark/adapters.ts';
import { pemFile } from './servers.ts';
import { never, options, temporaryFiles, type Files } from './support.ts';

describe('starting with files for Spark', () => {
  let files: Files;
  beforeEach(async () => {
    files = await temporaryFiles();
  });
  afterEach(() => files.remove());

  /** What the commands are told; nothing where they may go on. */
  async function problems(more: Readonly<Record<string, string>>): Promise<readonly string[]> {
    const kubeconfig = await files.write(
      'kubeconfig',
      JSON.stringify({
        'current-context': 'c',
        contexts: [{ name: 'c', context: { cluster: 'c', user: 'u', namespace: 'team' } }],
        clusters: [{ name: 'c', cluster: { server: 'https://127.0.0.1:1' } }],
        users: [{ name: 'u', user: { token: 'abc' } }],
      }),
    );
    const env = { ELASTIC_WORKER_TARGET: 'spark-worker', ELASTIC_WORKER_KUBECONFIG: kubeconfig, ...more };
    const parsed = parseConfig(env);
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
    const parts = { env, onCall: () => undefined, skippedPasses: () => 0, reads: never, writes: never };
    const composed = await compose(parsed.config, parts);
    if (!composed.ok) return composed.error;
    composed.value.cluster.client.close();
    return [];
  }

  it('goes on without any, and with good ones', async () => {
    expect(await problems({})).to.deep.equal([]);
    const good = {
      ELASTIC_WORKER_SPARK_CA_FILE: pemFile('ca'),
      ELASTIC_WORKER_SPARK_CERT_FILE: pemFile('client'),
      ELASTIC_WORKER_SPARK_KEY_FILE: pemFile('client-key'),
    };
    expect(await problems(good)).to.deep.equal([]);
  });

  it('stops where TLS files are missing or wrong, with a sentence for each: setting, file and mend', async () => {
    const missing = files.path('missing.pem');
    const wrong = await files.write('wrong.pem', 'no certificate');
    expect(
      await problems({
        ELASTIC_WORKER_SPARK_CA_FILE: missing,
        ELASTIC_WORKER_SPARK_CERT_FILE: wrong,
        ELASTIC_WORKER_SPARK_KEY_FILE: pemFile('client-key'),
      }),
    ).to.deep.equal([
      `ELASTIC_WORKER_SPARK_CA_FILE=${missing}: the file cannot be read (ENOENT); mount it into this container, or ` +
        'correct the path',
      `ELASTIC_WORKER_SPARK_CERT_FILE=${wrong}: the file holds no certificate that can be read; write certificates in ` +
        'PEM form into it',
    ]);
  });

  it('is told the same by the adapters, which never throw for it', async () => {
    const caFile = files.path('missing.pem');
    const built = await sparkAdapters(options({ caFile }));
    expect(built).to.have.property('ok', false);
    if (!built.ok) expect(built.error.join()).to.include(`ELASTIC_WORKER_SPARK_CA_FILE=${caFile}`);
  });

  it('goes on where a secret is not there yet: it may come later, and each request says what is missing', async () => {
    const token = files.path('later');
    expect(await problems({ ELASTIC_WORKER_SPARK_TOKEN_FILE: token })).to.deep.equal([]);
  });
});
