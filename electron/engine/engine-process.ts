/** Entry of the engine process. */

import { createInference } from './inference.ts'
import { serve } from './serve.ts'

serve(createInference())
