/** Imported before everything else: zod must not try to compile its schemas, the page's policy forbids it. */

import { z } from 'zod'

z.config({ jitless: true })
