export function SettingsView({ onClose }: { readonly onClose: () => void }) {
  return <button onClick={onClose}>Close</button>
}
