/** Kubernetes objects as the API server prints them. */
import type { Json, JsonObject } from '../json.ts';
import { kubeTime } from '../time-text.ts';
import type { Controller, KubeState, Pod } from './model.ts';

const IMAGE = 'spark:stand-in';

function containers(kube: KubeState): Json {
  const { workerCores, workerMemoryMiB, workerUiPort } = kube.options;
  return [
    {
      name: 'worker',
      image: IMAGE,
      env: [
        { name: 'SPARK_WORKER_CORES', value: String(workerCores) },
        { name: 'SPARK_WORKER_MEMORY', value: `${workerMemoryMiB}m` },
      ],
      ports: [{ containerPort: workerUiPort, protocol: 'TCP' }],
      resources: { limits: { cpu: String(workerCores), memory: `${workerMemoryMiB + 1024}Mi` } },
      imagePullPolicy: 'IfNotPresent',
    },
  ];
}

export function controllerJson(kube: KubeState): JsonObject {
  const { controller, options } = kube;
  const { replicas, readyReplicas, observedGeneration } = controller.status;
  return {
    kind: 'ReplicationController',
    apiVersion: 'v1',
    metadata: {
      name: controller.name,
      namespace: options.namespace,
      uid: controller.uid,
      resourceVersion: String(controller.resourceVersion),
      generation: controller.generation,
      creationTimestamp: kubeTime(controller.createdAtMs),
      labels: { ...controller.selector },
    },
    spec: {
      replicas: controller.replicas,
      selector: { ...controller.selector },
      template: {
        metadata: { creationTimestamp: null, labels: { ...controller.selector } },
        spec: {
          containers: containers(kube),
          restartPolicy: 'Always',
          terminationGracePeriodSeconds: 30,
          dnsPolicy: 'ClusterFirst',
          schedulerName: 'default-scheduler',
        },
      },
    },
    status: {
      replicas,
      ...(replicas > 0 && { fullyLabeledReplicas: replicas }),
      ...(readyReplicas > 0 && { readyReplicas, availableReplicas: readyReplicas }),
      observedGeneration,
    },
  };
}

/** `spec.replicas` is left out at zero, as by real servers (kubernetes.md 1.1). */
export function scaleJson({ controller, options }: KubeState): JsonObject {
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: {
      name: controller.name,
      namespace: options.namespace,
      uid: controller.uid,
      resourceVersion: String(controller.resourceVersion),
      creationTimestamp: kubeTime(controller.createdAtMs),
    },
    spec: controller.replicas === 0 ? {} : { replicas: controller.replicas },
    status: { replicas: controller.status.replicas, selector: selectorText(controller) },
  };
}

function selectorText({ selector }: Controller): string {
  return Object.entries(selector)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
}

export function podJson(kube: KubeState, pod: Pod): JsonObject {
  const { controller, options } = kube;
  return {
    kind: 'Pod',
    apiVersion: 'v1',
    metadata: {
      name: pod.name,
      generateName: `${controller.name}-`,
      namespace: options.namespace,
      uid: pod.uid,
      resourceVersion: String(pod.resourceVersion),
      creationTimestamp: kubeTime(pod.createdAtMs),
      labels: { ...pod.labels },
      ...(Object.keys(pod.annotations).length > 0 && { annotations: { ...pod.annotations } }),
      ...(pod.ownerUid !== undefined && { ownerReferences: ownerOf(controller, pod.ownerUid) }),
      ...(pod.deletion !== undefined && {
        deletionTimestamp: kubeTime(pod.deletion.requestedAtMs + pod.deletion.graceSec * 1000),
        deletionGracePeriodSeconds: pod.deletion.graceSec,
      }),
    },
    spec: {
      containers: containers(kube),
      restartPolicy: 'Always',
      terminationGracePeriodSeconds: 30,
      nodeName: pod.nodeName,
    },
    status: podStatus(pod),
  };
}

function ownerOf(controller: Controller, uid: string): Json {
  return [
    {
      apiVersion: 'v1',
      kind: 'ReplicationController',
      name: controller.name,
      uid,
      controller: true,
      blockOwnerDeletion: true,
    },
  ];
}

function podStatus(pod: Pod): JsonObject {
  const { createdAtMs, runsAtMs, readyAtMs } = pod;
  const scheduled: JsonObject = condition('PodScheduled', true, createdAtMs);
  if (!pod.running)
    return {
      phase: 'Pending',
      conditions: [condition('Ready', false, createdAtMs), scheduled],
      startTime: kubeTime(createdAtMs),
      qosClass: 'Burstable',
    };
  const readySinceMs = pod.ready ? readyAtMs : (pod.deletion?.requestedAtMs ?? runsAtMs);
  return {
    phase: 'Running',
    conditions: [
      condition('Initialized', true, createdAtMs),
      condition('Ready', pod.ready, readySinceMs),
      condition('ContainersReady', pod.ready, readySinceMs),
      scheduled,
    ],
    podIP: pod.ip,
    podIPs: [{ ip: pod.ip }],
    startTime: kubeTime(createdAtMs),
    containerStatuses: [
      {
        name: 'worker',
        state: { running: { startedAt: kubeTime(runsAtMs) } },
        lastState: {},
        ready: pod.ready,
        restartCount: 0,
        image: IMAGE,
        imageID: '',
        started: true,
      },
    ],
    qosClass: 'Burstable',
  };
}

function condition(type: string, isTrue: boolean, sinceMs: number): JsonObject {
  return { type, status: isTrue ? 'True' : 'False', lastProbeTime: null, lastTransitionTime: kubeTime(sinceMs) };
}
