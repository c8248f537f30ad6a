/**
 * The command that lists every connection of the studio's processes, for a person who wants to see for themselves. Pure.
 *
 * @param platform of the studio's machine, as Node names it
 * @param processId of the studio; the engine and, in the desktop, the window are children of it
 */
export function socketsCommand(platform: string, processId: number): string {
  switch (platform) {
    case 'linux':
      return `ss -tunap | grep -E "pid=($(pgrep -d '|' -P ${processId})|${processId}),"`
    case 'win32':
      return (
        `Get-CimInstance Win32_Process -Filter "ProcessId=${processId} OR ParentProcessId=${processId}" | ` +
        'ForEach-Object { netstat -ano | Select-String " $($_.ProcessId)$" }'
      )
    default:
      return `lsof -nP -i -a -p "${processId},$(pgrep -d, -P ${processId})"`
  }
}
