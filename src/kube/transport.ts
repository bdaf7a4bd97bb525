/**
 * How the Kubernetes library's requests go out: through axios, over connections that are kept.
 *
 * The library's own way is undici, which brings a second HTTP client with an engine for its WebAssembly: a third of the
 * bundle, and more memory than the daemon's own code and data take.
 */
import type { Agent } from 'node:http';
import { ResponseContext, wrapHttpLibrary, type HttpLibrary } from '@kubernetes/client-node';
import axios from 'axios';

/** What a request to the API server is sent with. */
export interface Login {
  readonly headers: Readonly<Record<string, string>>;
  readonly agent: Agent;
}

/**
 * Sends each request with the login of that moment. No redirect is followed and no proxy taken from the environment: the
 * credential goes to the server that was named, or nowhere.
 */
export function kubeTransport(login: () => Promise<Login>): HttpLibrary {
  const http = axios.create({
    proxy: false,
    maxRedirects: 0,
    validateStatus: null,
    // Without this axios would parse whatever looks like JSON.
    responseType: 'text',
    // The server is near: packing and unpacking costs more than the bytes.
    headers: { 'Accept-Encoding': 'identity' },
  });
  return wrapHttpLibrary({
    async send(request) {
      const { headers, agent } = await login();
      const { status, ...answer } = await http.request<string>({
        url: request.getUrl(),
        method: request.getHttpMethod(),
        data: request.getBody(),
        headers: { ...request.getHeaders(), ...headers },
        httpAgent: agent,
        httpsAgent: agent,
        signal: request.getSignal() ?? new AbortController().signal,
      });
      const received = Object.entries(answer.headers).map(([name, value]) => [name, String(value)] as const);
      return new ResponseContext(status, Object.fromEntries(received), {
        text: () => Promise.resolve(answer.data),
        binary: () => Promise.resolve(Buffer.from(answer.data)),
        stream: () => null,
      });
    },
  });
}
