/** Writes the settings page from the table of settings: `npm run docs:settings`. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { renderSettingsPage } from '../src/config/settings-page.ts';

const page = join(import.meta.dirname, '..', 'docs', 'reference', 'settings.md');
await writeFile(page, renderSettingsPage());
console.log('wrote docs/reference/settings.md');
