/** What the stand-in's tests share: asking a world directly, without sockets. */
import { requestOf, type Answer, type Reply } from '../../demo/standin/http.ts';
import { isObject, parseJson, type Json, type JsonObject } from '../../demo/standin/json.ts';
import { advance, askApi, askMaster, createWorld, startApp, type World } from '../../demo/standin/world.ts';
import type { WorldOptions } from '../../demo/standin/options.ts';
import type { Application, ApplicationSpec } from '../../demo/standin/spark/model.ts';

export const POD_LIST = '/api/v1/namespaces/spark/pods';
export const CONTROLLER = '/api/v1/namespaces/spark/replicationcontrollers/spark-worker';
export const SCALE = `${CONTROLLER}/scale`;
export const MERGE = 'application/merge-patch+json';
export const JSON_PATCH = 'application/json-patch+json';

export function smallWorld(options: Partial<WorldOptions> = {}): World {
  return createWorld(options);
}

export function later(world: World, seconds: number): void {
  advance(world, world.nowMs + seconds * 1000);
}

/** An application with 2-core, 1-GiB executors and dynamic allocation. */
export function start(world: World, spec: Partial<ApplicationSpec> = {}): Application {
  return startApp(world, { name: 'job', executorCores: 2, executorMemoryMiB: 1024, dynamicAllocation: true, ...spec });
}

export function replyOf(answer: Answer): Reply {
  if (answer.kind !== 'reply') throw new Error(`no reply but ${answer.kind}`);
  return answer;
}

export function jsonOf(answer: Answer): JsonObject {
  const value = parseJson(replyOf(answer).body);
  if (!isObject(value)) throw new Error(`no JSON object: ${replyOf(answer).body}`);
  return value;
}

/** A request to the API; a body that is no text is sent as JSON. */
export function api(world: World, method: string, path: string, body?: Json, type = 'application/json'): Reply {
  const text = body === undefined ? '' : JSON.stringify(body);
  return replyOf(askApi(world, requestOf(method, path, text, type)));
}

export function master(world: World, path: string): Reply {
  return replyOf(askMaster(world, requestOf('GET', path)));
}

/** A value deep in JSON, by path: at(json, 'workers', 0, 'state'). */
export function at(json: Json | undefined, ...path: (string | number)[]): Json | undefined {
  let value = json;
  for (const key of path) {
    if (Array.isArray(value) && typeof key === 'number') value = value[key];
    else if (isObject(value) && typeof key === 'string') value = value[key];
    else return undefined;
  }
  return value;
}

export function masterJsonOf(world: World): JsonObject {
  return jsonOf(master(world, '/json/'));
}

/** Marks workers as the daemon does. Answers the status. */
export function mark(world: World, hosts: readonly string[]): number {
  const body = hosts.map((host) => `host=${host}`).join('&');
  const type = 'application/x-www-form-urlencoded';
  return replyOf(askMaster(world, requestOf('POST', '/workers/kill/', body, type))).status;
}

export function gauges(world: World, app: Application): Record<string, Json | undefined> {
  const answer = jsonOf(master(world, `/proxy/${app.id}/metrics/json/`));
  const all = at(answer, 'gauges');
  if (!isObject(all)) throw new Error('no gauges');
  const ours = Object.entries(all).filter(([name]) => name.includes('.ExecutorAllocationManager.'));
  return Object.fromEntries(ours.map(([name, gauge]) => [name.split('.').pop() ?? '', at(gauge, 'value')]));
}
