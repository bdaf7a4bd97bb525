/** The manifests on a real API server: rights, admission, and that applying them again resets nothing. */
import * as v from 'valibot';
import type { Json } from '../kube-api.ts';
import { SERVICE_ACCOUNT } from '../rig/manifests.ts';
import { startRig } from '../rig/rig.ts';
import { judge } from '../rig/verdict.ts';
import { check, type Scenario } from './scenario.ts';

const PodList = v.object({ items: v.array(v.object({ metadata: v.object({ name: v.string() }) })) });

const rights: Scenario = {
  name: 'rights-and-check',
  inCut: true,
  async run({ bench, controlPlane, spark, namespace }) {
    const rig = await startRig({ bench, controlPlane, spark, name: namespace });
    const api = controlPlane.clientFor(await controlPlane.createToken(namespace, SERVICE_ACCOUNT));
    const pods = `/api/v1/namespaces/${namespace}/pods`;
    const [pod] = v.parse(PodList, await rig.admin.get(pods)).items;
    check(pod !== undefined, 'there is a worker pod');
    const path = `${pods}/${pod?.metadata.name ?? ''}`;
    const patch = async (body: Json): Promise<number> =>
      (await api.send('PATCH', path, body, 'application/merge-patch+json')).status;
    // R27: the token may set our own annotations, and neither images nor labels.
    check(
      (await patch({ metadata: { annotations: { 'elastic-worker/chosen-at': '1' } } })) === 200,
      'own annotations are allowed',
    );
    check(
      (await patch({ metadata: { annotations: { 'elastic-worker/chosen-at': null } } })) === 200,
      'and may be taken off',
    );
    check((await patch({ metadata: { annotations: { other: 'x' } } })) === 403, "another's annotation is forbidden");
    check((await patch({ metadata: { labels: { other: 'x' } } })) === 403, 'labels are forbidden');
    const image = { spec: { containers: [{ name: 'worker', image: 'evil' }] } };
    check(
      (await api.send('PATCH', path, image, 'application/strategic-merge-patch+json')).status === 403,
      'images are forbidden',
    );
    const template = { spec: { template: { metadata: { labels: { x: 'y' } } } } };
    check(
      (await api.send('PATCH', rig.path, template, 'application/merge-patch+json')).status === 403,
      'so is the pod template',
    );
    check((await api.send('GET', `/api/v1/namespaces/${namespace}/secrets`)).status === 403, 'and secrets');
    api.close();

    const command = await rig.command('check');
    check(command.code === 0, `check passes: ${command.lines.join(' | ')}`);
    const explained = await rig.command('explain');
    check(explained.code === 0 && explained.lines.length > 5, `explain explains: ${explained.lines.join(' | ')}`);
    return judge(rig, rights.name);
  },
};

export const MANIFEST_SCENARIOS: readonly Scenario[] = [rights];
