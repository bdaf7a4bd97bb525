/** What the daemon writes on pods and on its Lease. The admission policy in manifests/ allows these and no others. */

/** When the pod was chosen for removal: milliseconds since the epoch, as text. */
export const CHOSEN_AT = 'elastic-worker/chosen-at';

/** When the master was about to be asked to decommission the pod's worker: milliseconds since the epoch, as text. */
export const MARKED_AT = 'elastic-worker/marked-at';

/** The deletion cost somebody else had set before us, put back on release. */
export const EARLIER_COST = 'elastic-worker/earlier-cost';

/** On our Lease: what the daemon wants to remember across restarts. */
export const STATE = 'elastic-worker/state';

/** Kubernetes' own: an int32 as text; the pod with the lowest goes first when a controller shrinks. */
export const DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost';
