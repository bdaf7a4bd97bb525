/** What the bundle makes Node load: memory that the daemon takes as long as it runs. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';

const ROOT = join(import.meta.dirname, '../..');
const BUNDLE = join(ROOT, 'dist/elastic-worker.mjs');
const TELL = join(import.meta.dirname, 'tell-modules.cjs');

describe('The bundle', () => {
  let loaded: readonly string[];

  before('started with --help', () => {
    if (!existsSync(BUNDLE)) throw new Error(`${BUNDLE} is missing: npm run build`);
    const text = execFileSync(process.execPath, ['--require', TELL, BUNDLE, '--help'], { encoding: 'utf8' });
    loaded = text.slice(text.indexOf('NativeModule')).split(',');
  });

  it('loads the HTTP client that it uses', () => {
    expect(loaded).to.include('NativeModule _http_client');
  });

  for (const [name, why] of Object.entries({
    'internal/deps/undici/undici': 'fetch',
    'internal/webstreams/readablestream': 'streams of the web',
    'internal/fs/promises': 'files by promises',
    'internal/readline/interface': 'a line editor',
    'internal/util/parse_args/parse_args': 'a parser of arguments',
    http2: 'HTTP/2',
    perf_hooks: 'measuring tools',
    cluster: 'processes that share a port',
    assert: 'assertions',
  })) {
    it(`does not make Node load ${name} (${why})`, () => {
      expect(loaded).not.to.include(`NativeModule ${name}`);
    });
  }
});
