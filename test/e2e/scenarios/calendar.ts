/** Workers kept by the calendar, on the real clock: ready before work comes, and given up once the window has closed. */
import { submitCommanded } from '../rig/commanded-app.ts';
import { HOLD_SECONDS, startRig, type Rig } from '../rig/rig.ts';
import { judge } from '../rig/verdict.ts';
import { waitFor } from '../support/wait.ts';
import { check, type Scenario } from './scenario.ts';

const KEPT = 3;
const MOST = 4;
const WINDOW_MINUTES = 3;
const MINUTE_MS = 60_000;
/** The daemon and its first passes need some time before the window opens. */
const LEAST_LEAD_MS = 25_000;

/** The next full minute that leaves as much time. */
function nextOpeningMs(nowMs: number): number {
  return Math.ceil((nowMs + LEAST_LEAD_MS) / MINUTE_MS) * MINUTE_MS;
}

function entryAt(openingMs: number): string {
  const at = new Date(openingMs);
  return `${KEPT} for ${WINDOW_MINUTES}m at ${at.getUTCMinutes()} ${at.getUTCHours()} * * *`;
}

/** When the count first became this. */
async function plannedAtMs(rig: Rig, workers: number): Promise<number> {
  const changed = await waitFor(
    `a change to ${workers} workers`,
    async () => (await rig.statusLog.changes()).find(({ to }) => to === workers),
    { timeoutMs: 2 * MINUTE_MS },
  );
  return changed.atMs;
}

const calendar: Scenario = {
  name: 'calendar',
  inCut: false,
  async run({ bench, controlPlane, spark, namespace }) {
    const openingMs = nextOpeningMs(Date.now());
    const closingMs = openingMs + WINDOW_MINUTES * MINUTE_MS;
    const env = { ELASTIC_WORKER_CALENDAR: entryAt(openingMs), ELASTIC_WORKER_TIME_ZONE: 'UTC' };
    const rig = await startRig({ bench, controlPlane, spark, name: namespace, maxWorkers: MOST, env });
    await rig.startDaemon();
    const openedMs = (await plannedAtMs(rig, KEPT)) - openingMs;
    check(openedMs >= 0, `the count rose ${-openedMs} ms before the window opened`);
    await rig.waitForRegistered(KEPT);
    const app = await submitCommanded(rig, {
      name: 'person',
      properties: { 'spark.executor.cores': '4' },
      dynamicAllocation: { max: MOST, idleTimeoutSeconds: 3 },
    });
    // What is wanted beyond comes as ever, and goes again down to what is kept.
    await app.run({ do: 'spread', executors: MOST, slots: 4 });
    await rig.waitForPlanned(KEPT, 2 * MINUTE_MS);
    const least = Math.min(...(await rig.statusLog.changes()).slice(1).map(({ to }) => to));
    check(least >= KEPT, `the count fell to ${least} while ${KEPT} were to be kept`);
    check(Date.now() < closingMs, 'the window had closed before the work was done');
    await rig.waitForPlanned(1, closingMs - Date.now() + 2 * MINUTE_MS);
    const closedMs = (await plannedAtMs(rig, 1)) - closingMs;
    check(closedMs >= HOLD_SECONDS * 1_000, `the workers went ${closedMs} ms after the window closed`);
    await app.stop();
    const result = await judge(rig, calendar.name);
    return { ...result, notes: [`${openedMs} ms from the opening to the count, ${closedMs} ms from the closing`] };
  },
};

export const CALENDAR_SCENARIOS: readonly Scenario[] = [calendar];
