/** Why a family misses an aim: what the bound leaves out, or what nobody could know. Printed only where one is missed. */
export const WHY_MISSED: Readonly<Record<string, string>> = {
  step:
    'The hold: dask-adaptive gives a worker up 3 s after it is not needed, ours at first after what a restart costs, some 15 s. ' +
    'A demand that falls for good and one that is back at once look the same at that moment; where gaps are short, 3 s are paid ' +
    'with reversals (see micro-batches and poisson-sessions).',
  ramp:
    'The tasks that hold the top of the ramp end unevenly, so demand dips by a worker or two and comes back within seconds to a ' +
    'minute. The bound knows that it comes back; the hold that is learned from such gaps covers most of them, not all.',
  saw:
    'One reversal more than the bound makes is 3 an hour, since a run lasts a third of one. Teeth are far apart, so the learned ' +
    'hold is at its shortest, 5 s, and a dip between two rises of a tooth that lasts longer than that is followed.',
  impulses:
    'Bursts of seconds are one to four minutes apart, and a worker takes 8 s to start: who waits no longer than that pays for ' +
    'workers that stand idle in between. The bound starts each of them 8 s before its burst. See the profile saving for the other end.',
  'wide-narrow-wide':
    'The bound lets 19 workers go while the two narrow tasks run. R17 keeps them: the wide stage to come reads the shuffle that ' +
    'lies there, and on a real Spark that was paid with failed fetches and stages run again. The bound knows nothing of shuffle.',
  'var-notebook':
    'Pauses to think are 45 s at the median and heavy-tailed, questions last seconds: who waits no longer than a worker takes to ' +
    'start pays for idle workers through most pauses. The bound knows when each question comes.',
  'poisson-sessions':
    'Nobody knows who comes when: workers are kept for the next question through pauses that are heavy-tailed, and workers on which ' +
    'executors of sessions keep shuffle stay until those have been quiet. The bound knows the arrivals, and nothing of shuffle.',
  'nightly-etl':
    'The load of each pipeline is four tasks of one to two minutes that read the shuffle of the job before it. R17 keeps all ' +
    'workers that hold some of it until the load has ended; the bound needs one worker meanwhile. It knows nothing of shuffle.',
  'micro-batches':
    'Batches come every 10 s, which is shorter than a start and an end of a worker: all that are kept for the next one stand idle ' +
    'in between. The bound packs each batch into the time that it may take, and knows its size, which varies by a fifth.',
  adversary:
    'It asks one second after each release, so that every release is a reversal; the bound knows that, and keeps workers over ' +
    'some of the rounds.',
};
