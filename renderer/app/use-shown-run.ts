import { useEffect, useState } from 'react'

/** The run in the address, so that a reload shows it again: `#run=12`. */
function runInAddress(): number | null {
  const digits = /^#run=(\d{1,15})$/.exec(window.location.hash)?.[1]
  return digits === undefined ? null : Number(digits)
}

/** Which run is shown: one that was chosen, or else the newest there is. */
export function useShownRun(newest: number | null): readonly [number | null, (runId: number) => void] {
  const [chosen, choose] = useState(runInAddress)
  useEffect(() => {
    if (chosen !== null) window.history.replaceState(null, '', `#run=${chosen}`)
  }, [chosen])
  return [chosen ?? newest, choose]
}
