import { expect } from 'chai';
import { imageStart } from '../../bench/image.ts';

describe('How the image starts the daemon', () => {
  it('is read off the last stage: the flags of Node and the variables', () => {
    const dockerfile = [
      'FROM node:24-slim AS build',
      'ENV EARLIER=1',
      'ENTRYPOINT ["node", "--earlier", "/build.mjs"]',
      'FROM node:24-slim',
      'ENV NODE_ENV=production \\',
      '    MALLOC_ARENA_MAX=1',
      'ENV MORE=yes',
      'ENTRYPOINT ["node", "--max-old-space-size=64", "--a", "/app/x.mjs"]',
      '',
    ].join('\n');
    expect(imageStart(dockerfile)).to.deep.equal({
      flags: ['--max-old-space-size=64', '--a'],
      env: { NODE_ENV: 'production', MALLOC_ARENA_MAX: '1', MORE: 'yes' },
    });
  });

  it('may be without flags and variables', () => {
    expect(imageStart('FROM x\nENTRYPOINT ["node", "/app/x.mjs"]\n')).to.deep.equal({ flags: [], env: {} });
  });

  const odd = {
    'there is none': 'FROM x\n',
    'it is of an earlier stage': 'FROM x\nENTRYPOINT ["node", "x.mjs"]\nFROM y\n',
    'it goes through a shell': 'FROM x\nENTRYPOINT node x.mjs\n',
    'it starts something else': 'FROM x\nENTRYPOINT ["sh", "x.mjs"]\n',
    'it names no program': 'FROM x\nENTRYPOINT ["node"]\n',
    'it hands arguments to the program': 'FROM x\nENTRYPOINT ["node", "x.mjs", "--flag"]\n',
  };
  for (const [why, dockerfile] of Object.entries(odd)) {
    it(`is an error where ${why}`, () => {
      expect(() => imageStart(dockerfile)).to.throw('no ENTRYPOINT');
    });
  }
});
