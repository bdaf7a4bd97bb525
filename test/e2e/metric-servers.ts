/** Real Graphite and Prometheus, each on an address of the run. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DEBIAN_PYTHON, installDebian } from './install/debian-packages.ts';
import { waitFor } from './support/wait.ts';
import type { Workbench } from './workbench.ts';

export interface GraphiteServer {
  /** Where carbon-cache takes lines, on port 2003. */
  readonly host: string;
  /** graphite-web, like "http://127.73.0.9:8000". */
  readonly url: string;
}

/** Starts carbon-cache and graphite-web; resolves when the latter answers. Points are kept each second. */
export async function startGraphite(bench: Workbench): Promise<GraphiteServer> {
  const { root, pythonPath } = await installDebian(bench.tools.cache, 'graphite', ['graphite-carbon', 'graphite-web']);
  const directory = await bench.makeDirectory('graphite');
  const host = bench.nextAddress();
  const storage = await bench.makeDirectory('graphite/storage/whisper');
  await bench.makeDirectory('graphite/log');
  await writeFile(join(directory, 'carbon.conf'), carbonConf(directory, storage, host));
  await writeFile(join(directory, 'storage-schemas.conf'), '[all]\npattern = .*\nretentions = 1s:10m\n');
  await writeFile(join(directory, 'local_settings.py'), webSettings(directory, storage, host));
  const env = { PYTHONPATH: `${pythonPath}:${directory}`, DJANGO_SETTINGS_MODULE: 'graphite.settings' };
  const start = (name: string, args: readonly string[]): ReturnType<Workbench['start']> =>
    bench.start({ command: DEBIAN_PYTHON, args, env, cwd: directory, logFile: join(directory, `${name}.log`) });
  const config = `--config=${join(directory, 'carbon.conf')}`;
  start('carbon', [join(root, 'usr/bin/carbon-cache'), config, '--nodaemon', `--logdir=${directory}/log`, 'start']);
  const { code } = await start('migrate', ['-m', 'django', 'migrate', '--run-syncdb']).exited;
  if (code !== 0) throw new Error(`graphite-web made no database (logs: ${directory})`);
  start('web', ['-m', 'django', 'runserver', '--noreload', `${host}:8000`]);
  const url = `http://${host}:8000`;
  await waitUntilAnswers('graphite-web', `${url}/render?target=x&format=json`);
  return { host, url };
}

export interface PrometheusServer {
  readonly url: string;
  /** From now on it scrapes these addresses, like "127.73.0.9:4040", every two seconds. */
  readonly scrape: (targets: readonly string[]) => Promise<void>;
}

/** Starts Prometheus; it scrapes nobody yet. */
export async function startPrometheus(bench: Workbench): Promise<PrometheusServer> {
  const { root } = await installDebian(bench.tools.cache, 'prometheus', ['prometheus']);
  const directory = await bench.makeDirectory('prometheus');
  const address = `${bench.nextAddress()}:9090`;
  const spark = {
    job_name: 'spark',
    metrics_path: '/metrics/prometheus/',
    file_sd_configs: [{ files: ['targets.json'], refresh_interval: '1s' }],
  };
  const config = { global: { scrape_interval: '2s', scrape_timeout: '2s' }, scrape_configs: [spark] };
  // JSON is YAML.
  await writeFile(join(directory, 'prometheus.yml'), JSON.stringify(config));
  bench.start({
    command: join(root, 'usr/bin/prometheus'),
    args: ['--config.file=prometheus.yml', '--storage.tsdb.path=data', `--web.listen-address=${address}`],
    env: {},
    cwd: directory,
    logFile: join(directory, 'prometheus.log'),
  });
  await waitUntilAnswers('Prometheus', `http://${address}/-/ready`);
  return {
    url: `http://${address}`,
    scrape: (targets) => writeFile(join(directory, 'targets.json'), JSON.stringify([{ targets }])),
  };
}

async function waitUntilAnswers(what: string, url: string): Promise<void> {
  await waitFor(`${what} to answer`, async () => (await fetch(url).catch(() => undefined))?.ok, { timeoutMs: 60_000 });
}

function carbonConf(directory: string, storage: string, host: string): string {
  return `[cache]
STORAGE_DIR = ${directory}/storage/
CONF_DIR = ${directory}/
LOG_DIR = ${directory}/log/
PID_DIR = ${directory}/
LOCAL_DATA_DIR = ${storage}/
USER =
MAX_CACHE_SIZE = inf
MAX_UPDATES_PER_SECOND = 1000
MAX_CREATES_PER_MINUTE = inf
LINE_RECEIVER_INTERFACE = ${host}
LINE_RECEIVER_PORT = 2003
PICKLE_RECEIVER_INTERFACE = ${host}
PICKLE_RECEIVER_PORT = 2004
CACHE_QUERY_INTERFACE = ${host}
CACHE_QUERY_PORT = 7002
ENABLE_TAGS = False
`;
}

function webSettings(directory: string, storage: string, host: string): string {
  return `SECRET_KEY = 'only for this run'
STORAGE_DIR = '${directory}/storage'
CONF_DIR = '${directory}'
LOG_DIR = '${directory}/log'
WHISPER_DIR = '${storage}'
STANDARD_DIRS = [WHISPER_DIR]
INDEX_FILE = '${directory}/storage/index'
CARBONLINK_HOSTS = ['${host}:7002']
ALLOWED_HOSTS = ['*']
DATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': '${directory}/db.sqlite3'}}
TIME_ZONE = 'UTC'
`;
}
