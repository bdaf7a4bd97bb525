/** How the image starts the daemon: the Dockerfile is the one place that says it. */
import { readFile } from 'node:fs/promises';
import * as v from 'valibot';

export interface ImageStart {
  /** Node's own flags. */
  readonly flags: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

const Words = v.pipe(v.string(), v.parseJson(), v.array(v.string()));

/** ENTRYPOINT and ENV of the last stage. Throws where the entry point is not `["node", …flags, program]`. */
export function imageStart(dockerfile: string): ImageStart {
  const stage = dockerfile.split(/^FROM /m).at(-1) ?? '';
  const lines = stage.replace(/\\\n/g, ' ').split('\n');
  const words = v.safeParse(Words, argumentsOf('ENTRYPOINT', lines)[0]);
  const [program, ...rest] = words.success ? words.output : [];
  const flags = rest.slice(0, -1);
  if (program !== 'node' || rest.length === 0 || flags.some((flag) => !flag.startsWith('-'))) {
    throw new Error('the Dockerfile has no ENTRYPOINT ["node", flags, program]');
  }
  const pairs = argumentsOf('ENV', lines).flatMap((text) => text.split(/\s+/).map((pair) => pair.split('=')));
  return { flags, env: Object.fromEntries(pairs.map(([name = '', value = '']) => [name, value])) };
}

function argumentsOf(instruction: string, lines: readonly string[]): string[] {
  return lines
    .filter((line) => line.startsWith(`${instruction} `))
    .map((line) => line.slice(instruction.length).trim());
}

export async function readImageStart(): Promise<ImageStart> {
  return imageStart(await readFile(new URL('../Dockerfile', import.meta.url), 'utf8'));
}
