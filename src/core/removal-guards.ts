/**
 * What forbids a removal, by name. Each guard says in words why not, or nothing. None is there for show: a test walks
 * every interleaving of events over tiny clusters, takes out one guard at a time, and has to find somebody harmed.
 *
 * Checks that only spare effort (a fresh heartbeat, a Ready pod), and second looks that narrow a race which cannot be
 * closed, are not here: without them nobody is harmed who would not be harmed with them.
 */
import { whyAmbiguous, whyNotOurs } from './fleet.ts';
import { whyRestartSuspected } from './guard.ts';
import { whyCachedStays, whyItsSettingsForbid, whyKeptByService, whyMayBeRead } from './ties.ts';
import { whyNotKnown, whyNotSpare } from './removal-choice.ts';
import { whyWaitedFor } from './removal.ts';
import { whyCostsNew, whyNotExact, whyOnlyOne, whyOthersGo, whyTooMany } from './removal-steps.ts';
import { whyCrowded, whyKeeps, whyNoRoom, whyReceiving, whyUnread } from './survivors.ts';
import { whyDriver, whyNotAlone, whyPageIsOld, whyPageShowsUse, whyStarted } from './victims.ts';

export const GUARDS = {
  /** Pods of another controller are never victims (R22). */
  ours: whyNotOurs,
  /** Nobody shrinks after what may have been a restart of the master (R1). */
  masterTrusted: whyRestartSuspected,
  /** A pod without a worker is free only if it never started (R2). */
  neverStarted: whyStarted,
  /** The worker lives in exactly one pod. */
  matched: whyAmbiguous,
  /** Nobody shares its host or its pod: a mark is by host (R18). */
  alone: whyNotAlone,
  /** No driver runs there (R3). */
  noDriver: whyDriver,
  /** Idle workers that missing executors need are not taken. */
  spare: whyNotSpare,
  /** What every application holds is known (R18). */
  holdingsKnown: whyUnread,
  /** Nothing is left with an external shuffle service. */
  notInService: whyKeptByService,
  /** Every application there is set up for a drain. */
  settingsAllow: whyItsSettingsForbid,
  /** No active stage may read what is kept there (R17). */
  nobodyReads: whyMayBeRead,
  /** Cached blocks may be moved (R20). */
  cachedMayMove: whyCachedStays,
  /** Another executor keeps the blocks of each application (R19). */
  keepsNoBlocks: whyKeeps,
  /** No blocks are on their way to it from a worker that drains (R19). */
  receivesNothing: whyReceiving,
  /** Cached blocks fit into what stays (R19). */
  storageFits: whyCrowded,
  /** What is wanted finds room without it. */
  roomElsewhere: whyNoRoom,
  /** No more at a time than set. */
  notTooMany: whyTooMany,
  /** One at a time after a wrong victim, or where nobody can be marked (R22). */
  onlyOne: whyOnlyOne,
  /** A busy worker runs exactly what its applications tell of (R16). */
  executorsKnown: whyNotKnown,
  /** Its own page proves it empty (R3). */
  provenEmpty: whyPageShowsUse,
  /** By a page from after the mark (R16). */
  pageIsNew: whyPageIsOld,
  /** The controller has seen what the pods cost (R22). */
  settled: whyCostsNew,
  /** As many pods exist as are planned (R22). */
  countIsExact: whyNotExact,
  /** The controller takes exactly these pods (R22). */
  goFirst: whyOthersGo,
  /** A late drain is waited for, unless the settings say otherwise. */
  waitedFor: whyWaitedFor,
};

export type Guards = Readonly<typeof GUARDS>;
