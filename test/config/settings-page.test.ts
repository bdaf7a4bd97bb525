/** The settings page and the help text say what the table says. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { renderSettingsText } from '../../src/config/settings-text.ts';
import { renderSettingsPage } from '../../src/config/settings-page.ts';
import { RELATIONS } from '../../src/config/relations.ts';
import { SETTING_IDS, SETTINGS } from '../../src/config/settings.ts';

const PAGE = join(import.meta.dirname, '..', '..', 'docs', 'reference', 'settings.md');

describe('the settings page', () => {
  it('is the one that the table makes; if not: npm run docs:settings', async () => {
    expect(await readFile(PAGE, 'utf8')).to.equal(renderSettingsPage());
  });
});

for (const [what, text] of [
  ['the settings page', renderSettingsPage()],
  ['help settings', renderSettingsText()],
] as const) {
  describe(`${what}: contents`, () => {
    // Words are compared, since the terminal's text is wrapped and the page escapes tags.
    const words = text.replace(/\\/g, '').replace(/\s+/g, ' ');

    for (const id of SETTING_IDS) {
      const { variable, sentence, kind, defaultText, otherwise, liveKey, alias } = SETTINGS[id];
      it(`has ${variable} with all there is to know of it`, () => {
        const parts = [variable, sentence, kind.allowed, defaultText ?? otherwise, liveKey ?? '', alias ?? ''];
        for (const part of parts) expect(words).to.contain(part);
      });
    }

    it('has every relation and why it is there', () => {
      for (const { formula, why } of RELATIONS) {
        expect(words).to.contain(formula);
        expect(words).to.contain(why);
      }
    });
  });
}

describe('help settings', () => {
  it('fits a terminal', () => {
    for (const line of renderSettingsText().trimEnd().split('\n')) {
      expect(line.length, line).to.be.at.most(88);
      expect(line).to.equal(line.trimEnd());
    }
  });
});
