import { expect } from 'chai';
import { withoutKinds, withoutUnusedMethods } from '../../scripts/bundle/slim-kubernetes.ts';

const API = `import { x } from './x.js';
export class CoreV1ApiRequestFactory extends BaseAPIRequestFactory {
    constructor() {
        super();
    }
    /**
     * lists pods
     */
    async listNamespacedPod(namespace) {
        return "V1PodList";
    }
    async listNode() {
        return "V1NodeList";
    }
}
export class CoreV1ApiResponseProcessor {
    async listNamespacedPodWithHttpInfo() {
        return 1;
    }
    async listNodeWithHttpInfo() {
        return 2;
    }
}
export class Other {
    listNode() {}
}
`;

describe('The Kubernetes client in the bundle', () => {
  const slim = withoutUnusedMethods(API, new Set(['listNamespacedPod']));

  it('has the methods that the program names, with those that read their answers', () => {
    expect(slim).to.include('async listNamespacedPod(namespace) {\n        return "V1PodList";');
    expect(slim).to.include('async listNamespacedPodWithHttpInfo() {');
  });

  it('has no other method of the API classes', () => {
    expect(slim).not.to.include('V1NodeList');
    expect(slim).not.to.include('listNodeWithHttpInfo');
  });

  it('has everything else, and each line where it was', () => {
    expect(slim).to.include('constructor() {').and.to.include('    listNode() {}');
    expect(slim.split('\n')).to.have.lengthOf(API.split('\n').length);
    expect(slim.split('\n').indexOf('export class Other {')).to.equal(API.split('\n').indexOf('export class Other {'));
  });

  const SERIALIZER = `export * from '../models/V1Node.js';
export * from '../models/V1Pod.js';
import { V1Node } from '../models/V1Node.js';
import { V1Pod } from '../models/V1Pod.js';
let enumsMap = new Set([]);
let typeMap = {
    "V1Node": V1Node,
    "V1Pod": V1Pod,
};
`;

  it('knows the kinds that are needed and no others', () => {
    const lines = withoutKinds(SERIALIZER, new Set(['V1Pod'])).split('\n');
    expect(lines.filter((line) => line.includes('V1Node'))).to.deep.equal([]);
    expect(lines.filter((line) => line.includes('V1Pod'))).to.have.lengthOf(3);
    expect(lines).to.have.lengthOf(SERIALIZER.split('\n').length);
  });

  it('cannot be built where the library’s table looks otherwise than it did', () => {
    expect(() => withoutKinds(SERIALIZER.replace(/^ {4}/gm, '\t'), new Set(['V1Pod']))).to.throw('not as it was');
    expect(() => withoutKinds(SERIALIZER, new Set(['V1Pod', 'V1Lease', 'V1Secret']))).to.throw('not as it was');
  });
});
