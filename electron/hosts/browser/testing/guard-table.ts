/**
 * The table of requests that the browser host must let in or refuse. The guard is tested with it as a pure function,
 * and a running server once more, over a bare socket. In a header `PORT`, `BEARER` and `ARTKEY` stand for the server's.
 */

export type GuardCase = {
  readonly name: string
  readonly method: string
  readonly target: string
  readonly headers: readonly (readonly [string, string])[]
  /** Status of the refusal, or `allow`. */
  readonly expected: number | 'allow'
}

const host = ['Host', '127.0.0.1:PORT'] as const
const origin = ['Origin', 'http://127.0.0.1:PORT'] as const
const bearer = ['Authorization', 'Bearer BEARER'] as const
const cookie = ['Cookie', 'goldpan-art-PORT=ARTKEY'] as const
const sameOrigin = ['Sec-Fetch-Site', 'same-origin'] as const
const site = (value: string) => ['Sec-Fetch-Site', value] as const
const art = `/art/${'a'.repeat(64)}.png`

type Headers = GuardCase['headers']
const row =
  (method: string, target: string) =>
  (name: string, headers: Headers, expected: GuardCase['expected']): GuardCase => ({
    name: `${method} ${target === art ? '/art/<hash>.png' : target}: ${name}`,
    method,
    target,
    headers,
    expected,
  })

const page = row('GET', '/')
const call = row('POST', '/api/runs')
const session = row('POST', '/api/session')
const events = row('GET', '/api/events')
const upload = row('POST', '/api/upload/0123456789ab?path=m/x&offset=0')
const image = row('GET', art)
const script = row('GET', '/assets/app.js')

const upgradeHeaders = [
  ['Connection', 'Upgrade'],
  ['Upgrade', 'websocket'],
  ['Sec-WebSocket-Version', '13'],
  ['Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ=='],
] as const
const upgrade = (name: string, headers: Headers, expected: number) =>
  row('GET', '/')(`upgrade, ${name}`, [...headers, ...upgradeHeaders], expected)

/** Hosts that are not exactly ours, among them all that have opened other servers to name rebinding. */
const foreignHosts = [
  'attacker.example',
  'attacker.example:PORT',
  '127.0.0.1',
  '127.0.0.1:1',
  '127.0.0.1:PORT.',
  '127.0.0.1.:PORT',
  '127.attacker.example:PORT',
  '127.0.0.1.attacker.example:PORT',
  'localhost.:PORT',
  'LOCALHOST:PORT',
  'localhost.attacker.example:PORT',
  '0.0.0.0:PORT',
  '0x7f.1:PORT',
  '2130706433:PORT',
  '127.1:PORT',
  '[::ffff:127.0.0.1]:PORT',
  '[0:0:0:0:0:0:0:1]:PORT',
  'me@127.0.0.1:PORT',
  '127.0.0.1:PORT, 127.0.0.1:PORT',
]

const foreignOrigins = [
  'null',
  'file://',
  'https://attacker.example',
  'http://attacker.example:PORT',
  'http://127.0.0.1',
  'http://127.0.0.1:1',
  'https://127.0.0.1:PORT',
  'http://localhost:PORT',
  'http://127.0.0.1:PORT/',
  'http://127.0.0.1:PORT.attacker.example',
]

export const guardTable: readonly GuardCase[] = [
  // The page and its files: open to this machine, not to other sites.
  page('our own address', [host], 'allow'),
  page('by name', [['Host', 'localhost:PORT']], 'allow'),
  page('by IPv6 name', [['Host', '[::1]:PORT']], 'allow'),
  page('typed into the address bar', [host, site('none')], 'allow'),
  page('reloaded', [host, sameOrigin], 'allow'),
  page('linked from another site', [host, site('cross-site')], 403),
  page('linked from another port of this machine', [host, site('same-site')], 403),
  page('two Sec-Fetch-Site headers', [host, sameOrigin, site('none')], 403),
  page('with a foreign Origin', [host, ['Origin', 'https://attacker.example']], 403),
  page('no Host', [], 421),
  page('two Host headers', [host, host], 421),
  ...foreignHosts.map((name) => page(`Host ${name}`, [['Host', name]], 421)),
  row('HEAD', '/')('our own address', [host], 'allow'),
  script('for our page', [host, sameOrigin], 'allow'),
  script('for another site', [host, site('cross-site')], 403),
  script('typed into the address bar', [host, site('none')], 403),

  // Methods that nothing here needs; there is no CORS, so a preflight is one of them.
  ...['PUT', 'DELETE', 'PATCH', 'TRACE', 'OPTIONS'].map((method) =>
    row(method, '/')('is not served', [host, origin, bearer], 405),
  ),
  row('OPTIONS', '/api/runs')('a preflight', [host, origin, ['Access-Control-Request-Method', 'POST']], 405),
  row('POST', '/')('nothing to post there', [host, origin, bearer], 405),
  row('GET', '/api/runs')('calls are posted', [host, bearer], 405),

  // Request targets that are no path.
  row('GET', 'http://attacker.example/')('absolute form', [host], 400),
  row('GET', 'http://127.0.0.1/')('absolute form', [host], 400),
  row('OPTIONS', '*')('asterisk form', [host], 400),
  row('GET', '//attacker.example/')('two slashes are still a path of ours', [host], 'allow'),

  // Calls: Host, Origin, Sec-Fetch-Site and token, each alone is not enough.
  call('everything right', [host, origin, sameOrigin, bearer], 'allow'),
  call('a browser without Sec-Fetch-Site', [host, origin, bearer], 'allow'),
  call('no Origin', [host, sameOrigin, bearer], 403),
  ...foreignOrigins.map((value) => call(`Origin ${value}`, [host, ['Origin', value], bearer], 403)),
  call('two Origin headers', [host, origin, origin, bearer], 403),
  call('from another port of this machine', [host, origin, site('same-site'), bearer], 403),
  call('from another site', [host, origin, site('cross-site'), bearer], 403),
  call('not from a page', [host, origin, site('none'), bearer], 403),
  call(
    'rebound name in Host and Origin',
    [['Host', 'attacker.example:PORT'], ['Origin', 'http://attacker.example:PORT'], bearer],
    421,
  ),
  call('no token', [host, origin, sameOrigin], 401),
  call('wrong token', [host, origin, ['Authorization', `Bearer ${'A'.repeat(43)}`]], 401),
  call('shortened token', [host, origin, ['Authorization', 'Bearer A']], 401),
  call('empty token', [host, origin, ['Authorization', 'Bearer ']], 401),
  call('other scheme', [host, origin, ['Authorization', 'Basic BEARER']], 401),
  call('two tokens', [host, origin, bearer, bearer], 401),
  call('the image cookie', [host, origin, cookie], 401),
  call('the token as a cookie', [host, origin, ['Cookie', 'goldpan-art-PORT=BEARER']], 401),
  row('POST', '/api/nothing')('unknown method without token', [host, origin], 401),

  // The exchange of a one-time code needs no token, but everything else.
  session('from our page', [host, origin, sameOrigin], 'allow'),
  session('no Origin', [host], 403),
  session('from another site', [host, ['Origin', 'https://attacker.example']], 403),
  session('from another port', [host, origin, site('same-site')], 403),

  // Events and images.
  upload('with the token', [host, origin, sameOrigin, bearer], 'allow'),
  upload('no token', [host, origin, sameOrigin], 401),
  upload('the image cookie', [host, origin, sameOrigin, cookie], 401),
  upload('no Origin', [host, sameOrigin, bearer], 403),
  upload('from another port', [host, origin, site('same-site'), bearer], 403),
  events('with the token', [host, sameOrigin, bearer], 'allow'),
  events('no token', [host, sameOrigin], 401),
  events('the image cookie', [host, sameOrigin, cookie], 401),
  events('from another port', [host, site('same-site'), bearer], 403),
  image('with the cookie', [host, sameOrigin, cookie], 'allow'),
  image('with the cookie among others', [host, ['Cookie', 'a=b; goldpan-art-PORT=ARTKEY; c=d']], 'allow'),
  image('with the token', [host, bearer], 'allow'),
  image('without a secret', [host, sameOrigin], 401),
  image("another studio's cookie", [host, ['Cookie', 'goldpan-art-1=ARTKEY']], 401),
  image('a cookie whose name ends like ours', [host, ['Cookie', 'x-goldpan-art-PORT=ARTKEY']], 401),
  image("on another port's page", [host, site('same-site'), cookie], 403),
  row('POST', art)('images are not posted', [host, origin, cookie], 405),

  // Upgrades pass the same checks, and then there is nothing to upgrade to.
  upgrade('foreign Host', [['Host', 'attacker.example'], origin, bearer], 421),
  upgrade('no Origin', [host, bearer], 403),
  upgrade('null Origin', [host, ['Origin', 'null'], bearer], 403),
  upgrade('foreign Origin', [host, ['Origin', 'https://attacker.example'], bearer], 403),
  upgrade('from another port', [host, origin, site('same-site'), bearer], 403),
  upgrade('not from a page', [host, origin, site('none'), bearer], 403),
  upgrade('no token', [host, origin], 401),
  upgrade('the image cookie', [host, origin, cookie], 401),
  upgrade('everything right', [host, origin, sameOrigin, bearer], 501),
]
