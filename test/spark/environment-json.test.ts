import { gunzipSync } from 'node:zlib';
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { resources } from '../../src/core/resources.ts';
import type { ApplicationSettings } from '../../src/core/spark-view.ts';
import { parseEnvironment } from '../../src/spark/environment-json.ts';
import { changed, errorOf, valueOf } from './support.ts';

type Properties = Readonly<Record<string, string>>;

function environment(properties: Properties, more: Record<string, unknown> = {}): string {
  return JSON.stringify({ runtime: {}, sparkProperties: Object.entries(properties), ...more });
}

function settingsOf(properties: Properties, version = '4.1.0'): ApplicationSettings {
  return valueOf(parseEnvironment(environment(properties), version, 'x'));
}

/** What a real driver of 3.5.7 had set, from its event log. */
function capturedProperties(): Properties {
  const log = gunzipSync(readFileSync(new URL('../fixtures/spark-3.5.7/event-log-burst.json.gz', import.meta.url)));
  const line =
    log
      .toString()
      .split('\n')
      .find((one) => one.includes('"SparkListenerEnvironmentUpdate"')) ?? '{}';
  return (JSON.parse(line) as { 'Spark Properties': Properties })['Spark Properties'];
}

describe("a driver's environment", () => {
  it('is read as a real driver of 3.5.7 had set it', () => {
    expect(settingsOf(capturedProperties(), '3.5.7')).to.deep.equal({
      dynamicAllocation: true,
      executorCores: 2,
      executorMemoryMiB: 1024,
      coresMax: undefined,
      minExecutors: 0,
      maxExecutors: undefined,
      taskCpus: 1,
      shuffleMode: 'tracking',
      decommission: true,
      storageDecommission: false,
      movesShuffle: true,
      movesCachedBlocks: true,
      fallbackStorage: false,
      retainedEndedExecutors: undefined,
      otherProfiles: [],
    });
  });

  it('tells whether shuffle has a fallback storage', () => {
    const key = 'spark.storage.decommission.fallbackStorage.path';
    expect(settingsOf({ [key]: 's3a://bucket/spills/' }).fallbackStorage).to.equal(true);
    expect(settingsOf({ [key]: ' ' }).fallbackStorage).to.equal(false);
  });

  it("is filled in with Spark's defaults where nothing is set", () => {
    expect(settingsOf({})).to.deep.equal({
      dynamicAllocation: false,
      executorCores: undefined,
      executorMemoryMiB: 1024,
      coresMax: undefined,
      minExecutors: 0,
      maxExecutors: undefined,
      taskCpus: 1,
      shuffleMode: 'tracking',
      decommission: false,
      storageDecommission: false,
      movesShuffle: true,
      movesCachedBlocks: true,
      fallbackStorage: false,
      retainedEndedExecutors: undefined,
      otherProfiles: [],
    });
  });

  it('tells what a drain may move', () => {
    const moves = (version: string, more: Record<string, string> = {}): unknown => {
      const { storageDecommission, movesShuffle, movesCachedBlocks } = settingsOf(
        { 'spark.storage.decommission.enabled': 'true', ...more },
        version,
      );
      return { storageDecommission, movesShuffle, movesCachedBlocks };
    };
    expect(moves('3.5.9')).to.deep.equal({ storageDecommission: true, movesShuffle: true, movesCachedBlocks: true });
    expect(moves('3.3.4')).to.deep.equal({ storageDecommission: true, movesShuffle: false, movesCachedBlocks: false });
    expect(moves('4.1.0', { 'spark.storage.decommission.shuffleBlocks.enabled': 'false' })).to.include({
      movesShuffle: false,
    });
  });

  for (const [text, memoryMiB] of [
    ['1024', 1024],
    ['512m', 512],
    ['512MB', 512],
    ['2g', 2048],
    ['2Gb', 2048],
    ['1t', 1_048_576],
    ['1p', 1_073_741_824],
    ['2048k', 2],
    ['2097152b', 2],
    ['  3g ', 3072],
    ['1k', 1],
  ] as const) {
    it(`reads an executor memory of "${text}" as ${memoryMiB} MiB`, () => {
      expect(settingsOf({ 'spark.executor.memory': text }).executorMemoryMiB).to.equal(memoryMiB);
    });
  }

  it('reads counts', () => {
    const settings = settingsOf({
      'spark.executor.cores': '4',
      'spark.cores.max': '40',
      'spark.dynamicAllocation.minExecutors': '2',
      'spark.dynamicAllocation.maxExecutors': '2147483647',
      'spark.task.cpus': ' 2 ',
    });
    expect(settings).to.include({
      executorCores: 4,
      coresMax: 40,
      minExecutors: 2,
      maxExecutors: 2_147_483_647,
      taskCpus: 2,
    });
  });

  it('takes flags as Spark does, in any case and with space around', () => {
    for (const text of ['true', 'True', ' TRUE '])
      expect(settingsOf({ 'spark.dynamicAllocation.enabled': text }).dynamicAllocation).to.equal(true);
    expect(settingsOf({ 'spark.dynamicAllocation.enabled': 'False' }).dynamicAllocation).to.equal(false);
  });

  const TRACKING = 'spark.dynamicAllocation.shuffleTracking.enabled';
  const drain = { 'spark.decommission.enabled': 'true', 'spark.storage.decommission.enabled': 'true' };
  const blocks = 'spark.storage.decommission.shuffleBlocks.enabled';
  for (const [shuffleMode, version, properties] of [
    ['tracking', '3.4.0', {}],
    ['tracking', '4.0.0-preview1', {}],
    ['tracking', '10.0', {}],
    ['none', '3.3.4', {}],
    ['none', '2.4.8', {}],
    ['none', 'unreadable', {}],
    ['tracking', '3.0.0', { [TRACKING]: 'true' }],
    ['none', '4.1.0', { [TRACKING]: 'false' }],
    ['external-service', '4.1.0', { 'spark.shuffle.service.enabled': 'true', [TRACKING]: 'true' }],
    ['decommission', '4.1.0', { [TRACKING]: 'false', ...drain }],
    ['none', '4.1.0', { [TRACKING]: 'false', ...drain, [blocks]: 'false' }],
    ['none', '4.1.0', { [TRACKING]: 'false', 'spark.decommission.enabled': 'true' }],
    ['none', '3.2.0', drain],
    ['decommission', '3.2.0', { ...drain, [blocks]: 'true' }],
  ] as const) {
    it(`knows how shuffle data is kept: ${shuffleMode} on ${version} with ${JSON.stringify(properties)}`, () => {
      expect(settingsOf(properties, version).shuffleMode).to.equal(shuffleMode);
    });
  }

  const words = ['*********(redacted)', '', 'many', '-1', '1.5', '1e3', '99999999999'];
  for (const key of [
    'spark.executor.cores',
    'spark.cores.max',
    'spark.dynamicAllocation.minExecutors',
    'spark.dynamicAllocation.maxExecutors',
    'spark.task.cpus',
    'spark.executor.memory',
  ]) {
    it(`is an error where ${key} is set to what cannot be read, rather than the default`, () => {
      for (const word of words.filter((one) => !(key.endsWith('memory') && one === '99999999999'))) {
        const error = errorOf(parseEnvironment(environment({ [key]: word }), '4.1.0', 'environment'));
        expect(error).to.deep.equal({
          kind: 'malformed',
          what: 'environment',
          detail: `${key} is set to what cannot be read`,
        });
      }
    });
  }

  for (const key of ['spark.dynamicAllocation.enabled', 'spark.decommission.enabled', TRACKING]) {
    it(`is an error where the flag ${key} is neither true nor false`, () => {
      for (const word of ['*********(redacted)', '1', 'yes', ''])
        expect(errorOf(parseEnvironment(environment({ [key]: word }), '4.1.0', 'x')).detail).to.include(key);
    });
  }

  describe('with resource profiles', () => {
    const request = (amount: number): Record<string, unknown> => ({
      resourceName: '',
      amount,
      discoveryScript: '',
      vendor: '',
    });
    const profile = (id: number, asked: Record<string, number>): Record<string, unknown> => ({
      id,
      executorResources: Object.fromEntries(Object.entries(asked).map(([name, amount]) => [name, request(amount)])),
      taskResources: { cpus: { resourceName: 'cpus', amount: 1.5 } },
    });
    const parse = (profiles: unknown): ReturnType<typeof parseEnvironment> =>
      parseEnvironment(environment({}, { resourceProfiles: profiles }), '4.1.0', 'x');

    it('R7: reads the shapes of all but the default one, with memory in MiB and custom resources', () => {
      const profiles = [
        profile(0, { cores: 1, memory: 1024, offHeap: 0 }),
        profile(1, { cores: 4, memory: 8192, gpu: 2, memoryOverhead: 500, offHeap: 10, 'pyspark.memory': 7 }),
        profile(2, { memory: 512 }),
      ];
      expect(valueOf(parse(profiles)).otherProfiles).to.deep.equal([resources(4, 8192, { gpu: 2 }), resources(0, 512)]);
    });

    it('knows of none before Spark 3.1 and where only the default one is used', () => {
      expect(settingsOf({}).otherProfiles).to.deep.equal([]);
      expect(valueOf(parse([profile(0, { cores: 9 })])).otherProfiles).to.deep.equal([]);
    });

    it('is an error where a shape cannot be read', () => {
      const good = environment({}, { resourceProfiles: [profile(1, { cores: 4, gpu: 1 })] });
      const at = ['resourceProfiles', 0];
      for (const [path, bad] of [
        [['executorResources', 'cores', 'amount'], -1],
        [['executorResources', 'cores', 'amount'], '4'],
        [['executorResources', 'gpu', 'amount'], 0.5],
        [['executorResources', 'gpu'], 1],
        [['executorResources'], []],
        [['executorResources'], null],
        [['id'], undefined],
      ] as const)
        expect(errorOf(parseEnvironment(changed(good, [...at, ...path], bad), '4.1.0', 'x')).kind).to.equal(
          'malformed',
        );
      expect(valueOf(parseEnvironment(good, '4.1.0', 'x')).otherProfiles).to.have.length(1);
    });
  });

  for (const body of [
    '',
    '{}',
    '[]',
    'null',
    '<html>',
    '{"sparkProperties":{}}',
    '{"sparkProperties":[["a"]]}',
    '{"sparkProperties":[["a",1]]}',
  ]) {
    it(`is an error where it is ${JSON.stringify(body)}`, () => {
      expect(errorOf(parseEnvironment(body, '4.1.0', 'x'))).to.include({ kind: 'malformed', what: 'x' });
    });
  }

  it('quotes no value of a property in an error', () => {
    const secret = 'hunter2';
    for (const body of [
      environment({ 'spark.executor.cores': secret }),
      environment({ password: secret }).replace(/\]\]/, ']'),
      JSON.stringify({ sparkProperties: [['spark.x.password', [secret]]] }),
    ])
      expect(JSON.stringify(errorOf(parseEnvironment(body, '4.1.0', 'x')))).not.to.include(secret);
  });
});
