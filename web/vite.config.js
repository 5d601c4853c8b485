// Builds GraphiQL into `dist/` so that the server can carry it: no file comes from elsewhere, no script is inline.

import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { defineConfig } from 'vite';

const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'));
const sorted = (entries) => [...entries].sort(([a], [b]) => (a < b ? -1 : 1));

/** Folders of the packages that went into the bundle, by name and version. */
const bundled = new Map();

/** The nearest package of a module that has a name and a version, if it is not ours. */
function recordPackage(id) {
  const path = id.replace(/^\0/, '').split('?')[0];
  if (!path.includes('/node_modules/')) return;
  for (let folder = dirname(path); !folder.endsWith('/node_modules'); folder = dirname(folder)) {
    const manifest = join(folder, 'package.json');
    if (!existsSync(manifest)) continue;
    const { name, version } = readJson(manifest);
    if (name && version) return bundled.set(`${name} ${version}`, folder);
  }
}

function licenceOf(folder) {
  const { license = 'unknown', repository, author } = readJson(join(folder, 'package.json'));
  const source = repository?.url ?? repository ?? 'unknown';
  const owner = author?.name ?? author ?? 'its contributors';
  const texts = readdirSync(folder)
    .filter((file) => /^(licen[cs]e|notice|thirdpartynotices)/i.test(file))
    .map((file) => readFileSync(join(folder, file), 'utf8').trim());
  return [`Licence: ${license}\nBy: ${owner}\nSource: ${source}`, ...texts].join('\n\n');
}

const collectPackages = () => ({ name: 'collect-packages', moduleParsed: ({ id }) => void recordPackage(id) });

const compress = (path) => writeFileSync(`${path}.gz`, gzipSync(readFileSync(path), { level: 9 }));

/**
 * Writes the licences, the versions, and a gzipped copy of every file, which is what the server embeds.
 * The compressed manifest comes last: it says that the build is whole.
 */
const finish = () => ({
  name: 'finish',
  writeBundle() {
    const licences = sorted(bundled).map(([name, folder]) => `${name}\n${licenceOf(folder)}\n`);
    writeFileSync('dist/THIRD_PARTY_LICENSES.txt', licences.join(`\n${'-'.repeat(80)}\n\n`));

    const files = readdirSync('dist', { recursive: true, withFileTypes: true }).filter((it) => it.isFile());
    files.forEach(({ parentPath, name }) => compress(join(parentPath, name)));

    const packages = Object.keys(readJson('package.json').devDependencies);
    const versions = packages.map((name) => [name, readJson(`node_modules/${name}/package.json`).version]);
    writeFileSync('dist/manifest.json', JSON.stringify(Object.fromEntries(versions), null, 2));
    compress('dist/manifest.json');
  },
});

export default defineConfig({
  base: '/graphiql/',
  plugins: [collectPackages(), finish()],
  worker: { format: 'es', plugins: () => [collectPackages()] },
  // No `data:` scripts, and one chunk may be as large as Monaco is.
  build: { target: 'es2022', assetsInlineLimit: 0, chunkSizeWarningLimit: 4000 },
});
