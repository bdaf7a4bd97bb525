/** Required by a process before its program: at its end it prints which of Node's own modules were loaded. */
const process = require('node:process');

process.on('exit', () => {
  const loaded = process.moduleLoadList.filter((name) => name.startsWith('NativeModule'));
  require('node:fs').writeSync(1, loaded.join());
});
