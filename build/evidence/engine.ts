/**
 * The engine process of the evidence: the product's own inference on one thread. As many of these as there are cores
 * do more than one process with as many threads, because none waits for another at the end of every layer.
 */

import { createInference } from '../../electron/engine/inference.ts'
import { serve } from '../../electron/engine/serve.ts'
import { openSessions } from '../../electron/engine/sessions.ts'

serve(createInference((device) => openSessions(device, 1)))
