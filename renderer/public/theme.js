/* global document, localStorage */
// Before the first paint: the room that this window was last in. The studio's own word follows (app/use-theme.ts).
try {
  const theme = localStorage.getItem('theme')
  if (theme === 'dark' || theme === 'light') document.documentElement.dataset.theme = theme
} catch {
  // Storage is switched off: the system's room is shown until the studio answers.
}
