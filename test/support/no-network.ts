/** Network rules for every test in one place: loopback only, and no interceptor may be left unused. */
import nock from 'nock';

export const mochaHooks = {
  beforeAll(): void {
    nock.disableNetConnect();
    nock.enableNetConnect(/^(127\.\d+\.\d+\.\d+|localhost|\[?::1\]?)(:\d+)?$/);
  },
  afterEach(): void {
    const unused = nock.pendingMocks();
    nock.abortPendingRequests();
    nock.cleanAll();
    if (unused.length > 0) throw new Error(`interceptors were never used: ${unused.join(', ')}`);
  },
  afterAll(): void {
    nock.restore();
  },
};
