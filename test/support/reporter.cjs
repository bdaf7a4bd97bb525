// Mocha's spec report, followed by one plain line that CI reads: "N passed, N failed, N skipped".
const Mocha = require('mocha');

class PlainLineReporter extends Mocha.reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    runner.once(Mocha.Runner.constants.EVENT_RUN_END, () => {
      const { passes, failures, pending } = this.stats;
      Mocha.reporters.Base.consoleLog(`${passes} passed, ${failures} failed, ${pending} skipped`);
    });
  }
}

module.exports = PlainLineReporter;
