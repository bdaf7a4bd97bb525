/** The version, as the bundler writes it in; sources that run unbundled are "development". */
declare const ELASTIC_WORKER_VERSION: string | undefined;

export const VERSION: string = typeof ELASTIC_WORKER_VERSION === 'undefined' ? 'development' : ELASTIC_WORKER_VERSION;
