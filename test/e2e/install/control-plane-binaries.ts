/** etcd, kube-apiserver, kube-controller-manager and kubectl, built from their Go modules. */
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ensureDirectory, InstallError, outputOf, progress, run } from './step.ts';
import { ETCD_VERSION, KUBERNETES_VERSION, MIN_GO_VERSION } from './versions.ts';

/** Paths of the control plane's programs. */
export interface ControlPlaneBinaries {
  readonly etcd: string;
  readonly apiServer: string;
  readonly controllerManager: string;
  readonly kubectl: string;
}

const KUBERNETES_PROGRAMS = ['kube-apiserver', 'kube-controller-manager', 'kubectl'] as const;

const GO_ENV = { CGO_ENABLED: '0', GOFLAGS: '-mod=mod' };

// Kubernetes' own go.mod points at these by relative path; a module that uses it has to name their versions.
const STAGING_MODULES =
  `api apiextensions-apiserver apimachinery apiserver cli-runtime client-go cloud-provider cluster-bootstrap
  code-generator component-base component-helpers controller-manager cri-api cri-client cri-streaming
  csi-translation-lib dynamic-resource-allocation endpointslice externaljwt kms kube-aggregator
  kube-controller-manager kube-proxy kube-scheduler kubectl kubelet metrics mount-utils pod-security-admission
  sample-apiserver sample-cli-plugin sample-controller streaming`.split(/\s+/);

/**
 * Builds what is missing; a first build takes some minutes (2 cores: about 8), later ones none.
 * Go's own build cache makes an interrupted build go on where it was.
 */
export async function installControlPlane(cache: string): Promise<ControlPlaneBinaries> {
  const etcdDirectory = join(cache, `etcd-${ETCD_VERSION}`);
  const kubernetesDirectory = join(cache, `control-plane-${KUBERNETES_VERSION}`);
  if (!existsSync(etcdDirectory) || !existsSync(kubernetesDirectory)) await requireGo();
  await ensureDirectory(etcdDirectory, buildEtcd);
  await ensureDirectory(kubernetesDirectory, buildKubernetes);
  return {
    etcd: join(etcdDirectory, 'etcd'),
    apiServer: join(kubernetesDirectory, 'kube-apiserver'),
    controllerManager: join(kubernetesDirectory, 'kube-controller-manager'),
    kubectl: join(kubernetesDirectory, 'kubectl'),
  };
}

async function requireGo(): Promise<void> {
  const mend = `install Go ${MIN_GO_VERSION.join('.')} or newer and put its bin/ on the PATH`;
  const text = await outputOf('go', ['env', 'GOVERSION']);
  if (text === undefined) throw new InstallError(`No go on the PATH: ${mend} (it builds the Kubernetes API server).`);
  const [, major = '0', minor = '0'] = /go(\d+)\.(\d+)/.exec(text) ?? [];
  const [wantMajor, wantMinor] = MIN_GO_VERSION;
  if (Number(major) * 1000 + Number(minor) < wantMajor * 1000 + wantMinor)
    throw new InstallError(`${text.trim()} is too old for Kubernetes ${KUBERNETES_VERSION}: ${mend}.`);
}

// `go install …@version` refuses modules with replace directives, hence a three-line program of our own.
async function buildEtcd(directory: string): Promise<void> {
  const source = join(directory, 'source');
  await mkdir(source);
  await writeFile(join(source, 'go.mod'), goModule('etcd', `go.etcd.io/etcd/server/v3 ${ETCD_VERSION}`));
  await writeFile(
    join(source, 'main.go'),
    'package main\n\nimport (\n\t"os"\n\n\t"go.etcd.io/etcd/server/v3/etcdmain"\n)\n\nfunc main() { etcdmain.Main(os.Args) }\n',
  );
  const options = { cwd: source, env: GO_ENV, logFile: join(directory, 'build.log') };
  await run('go', ['mod', 'tidy', '-e'], options);
  await run('go', ['build', '-trimpath', '-ldflags', '-s -w', '-o', join(directory, 'etcd'), '.'], options);
}

async function buildKubernetes(directory: string): Promise<void> {
  const startedMs = Date.now();
  const source = join(directory, 'source');
  const output = join(directory, 'bin');
  await mkdir(source);
  await mkdir(output);
  const staged = KUBERNETES_VERSION.replace(/^v1\./, 'v0.');
  const replaces = STAGING_MODULES.map((name) => `\tk8s.io/${name} => k8s.io/${name} ${staged}\n`).join('');
  await writeFile(
    join(source, 'go.mod'),
    `${goModule('kubernetes', `k8s.io/kubernetes ${KUBERNETES_VERSION}`)}\nreplace (\n${replaces})\n`,
  );
  const packages = KUBERNETES_PROGRAMS.map((name) => `k8s.io/kubernetes/cmd/${name}`);
  await writeFile(
    join(source, 'tools.go'),
    `//go:build tools\n\npackage tools\n\nimport (\n${packages.map((name) => `\t_ "${name}"\n`).join('')})\n`,
  );
  const options = { cwd: source, env: GO_ENV, logFile: join(directory, 'build.log') };
  await run('go', ['mod', 'tidy', '-e'], options);
  progress(
    startedMs,
    `kubernetes-${KUBERNETES_VERSION}: modules downloaded, building (minutes when the cache is cold)`,
  );
  await run('go', ['build', '-trimpath', '-ldflags', linkerFlags(), '-o', `${output}/`, ...packages], options);
  for (const name of KUBERNETES_PROGRAMS) await rename(join(output, name), join(directory, name));
}

// Unstamped, /version says v0.0.0-master, and clients that look at it are led astray.
function linkerFlags(): string {
  const [major = '', minor = ''] = KUBERNETES_VERSION.slice(1).split('.');
  const version = 'k8s.io/component-base/version';
  return `-s -w -X ${version}.gitVersion=${KUBERNETES_VERSION} -X ${version}.gitMajor=${major} -X ${version}.gitMinor=${minor}`;
}

function goModule(name: string, requirement: string): string {
  return `module elastic-worker/e2e/${name}\n\ngo ${MIN_GO_VERSION.join('.')}.0\n\nrequire ${requirement}\n`;
}
