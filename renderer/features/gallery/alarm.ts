/** The hacking alarm in words. Pure. */

import type { RunDetail } from '../../../shared/domain.ts'
import { guideName } from '../../../shared/figure.ts'
import { formatCount } from '../../../shared/format.ts'
import type { HackingAlarm } from '../../../shared/hacking-alarm.ts'
import { roundName } from '../../../shared/rounds.ts'
import { verifiers } from '../../../shared/vocabulary.ts'

/** `Since round 3 (48 NFE) Aesthetic rises while CLIP score and PickScore fall.` */
export function alarmText(
  { spec }: Pick<RunDetail, 'spec'>,
  { round, nfe, verifiers: fallen }: HackingAlarm,
): string {
  const from = roundName(spec, round)
  const since = from === null ? `Since ${formatCount(nfe)} NFE` : `Since ${from} (${formatCount(nfe)} NFE)`
  const names = new Intl.ListFormat('en').format(fallen.map((id) => verifiers[id].label))
  return `${since} ${guideName(spec)} rises while ${names} ${fallen.length === 1 ? 'falls' : 'fall'}.`
}
