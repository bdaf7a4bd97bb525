import { expect } from 'chai';
import { resources } from '../../src/core/resources.ts';
import type { ContainerText, EnvEntry, PodText } from '../../src/kube/container.ts';
import { workerShapeOf } from '../../src/kube/worker-shape.ts';

const templateOf = (...containers: ContainerText[]): PodText => ({ spec: { containers } });
const worker = (more: Partial<ContainerText>): ContainerText => ({ name: 'worker', ...more });
const limits = (cpu: string, memory: string, more: Record<string, string> = {}): Partial<ContainerText> => ({
  resources: { limits: { cpu, memory, ...more } },
});
const env = (cores: string, memory: string): EnvEntry[] => [
  { name: 'SPARK_WORKER_CORES', value: cores },
  { name: 'SPARK_WORKER_MEMORY', value: memory },
];

describe('workerShapeOf (R6)', () => {
  it('takes what the variables say', () => {
    expect(workerShapeOf(templateOf(worker({ env: env('4', '8g') })))).to.deep.equal(resources(4, 8192));
  });

  it('finds the worker beside other containers', () => {
    const template = templateOf({ name: 'log-shipper' }, worker({ name: 'spark', env: env('2', '512m') }));
    expect(workerShapeOf(template)).to.deep.equal(resources(2, 512));
  });

  it('infers from the limits as a worker does: whole processors, all memory but 1 GiB', () => {
    expect(workerShapeOf(templateOf(worker(limits('1500m', '8Gi'))))).to.deep.equal(resources(2, 7168));
  });

  it('never offers less than 1 GiB by inference', () => {
    expect(workerShapeOf(templateOf(worker(limits('1', '1536Mi'))))).to.deep.equal(resources(1, 1024));
  });

  it('falls back to the limits where a variable comes from a ConfigMap', () => {
    const configMapKeyRef = { name: 'c', key: 'k' };
    const from = { name: 'SPARK_WORKER_CORES', valueFrom: { configMapKeyRef } };
    const template = templateOf(worker({ env: [from], ...limits('3', '5Gi') }));
    expect(workerShapeOf(template)).to.deep.equal(resources(3, 4096));
  });

  it('follows resourceFieldRef and $(NAME)', () => {
    const template = templateOf(
      worker({
        env: [
          { name: 'SPARK_WORKER_CORES', valueFrom: { resourceFieldRef: { resource: 'limits.cpu', divisor: '0' } } },
          { name: 'MEM', valueFrom: { resourceFieldRef: { resource: 'requests.memory', divisor: '1Mi' } } },
          { name: 'SPARK_WORKER_MEMORY', value: '$(MEM)m' },
        ],
        resources: { limits: { cpu: '3500m' }, requests: { memory: '3Gi' } },
      }),
    );
    expect(workerShapeOf(template)).to.deep.equal(resources(4, 3072));
  });

  it('counts GPUs of any maker', () => {
    const shape = workerShapeOf(
      templateOf(worker({ env: env('4', '8g'), ...limits('4', '9Gi', { 'nvidia.com/gpu': '2' }) })),
    );
    expect(shape).to.deep.equal(resources(4, 8192, { gpu: 2 }));
  });

  const unknown: Record<string, PodText | undefined> = {
    'no template': undefined,
    'no containers': templateOf(),
    'cores without memory': templateOf(worker({ env: [{ name: 'SPARK_WORKER_CORES', value: '4' }] })),
    'no limits and no variables': templateOf(worker({})),
    'cores of 0': templateOf(worker({ env: env('0', '1g') })),
    'a variable that refers to itself': templateOf(worker({ env: env('$(SPARK_WORKER_CORES)', '1g') })),
  };
  for (const [name, template] of Object.entries(unknown)) {
    it(`knows nothing from ${name}`, () => {
      expect(workerShapeOf(template)).to.equal(undefined);
    });
  }
});
