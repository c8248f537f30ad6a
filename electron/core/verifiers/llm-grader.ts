/**
 * LLM grader (Ma et al. 2025, section 4 and appendix A.5): a vision language model gives marks for five aspects of an
 * image; their mean is the score. What it is asked, and how its answer is read. Speaks the chat-completions form that
 * local servers share (llama.cpp, vLLM, Ollama, LM Studio).
 *
 * The paper's text says marks from 0 to 100, its printed prompt from 0 to 10: here they are from 0 to 10.
 */

/** The aspects by their names in the answer, each with what a mark is given for. */
const aspects = {
  accuracy:
    'Accuracy to the prompt: is everything there that the prompt names, in the right number, colour and place, and nothing that contradicts it?',
  originality:
    'Originality: does the image find a picture of its own for the prompt, instead of the most obvious one?',
  visual_quality:
    'Visual quality: are shapes clean, details and textures crisp, light and colours well handled, whatever the style?',
  consistency:
    'Internal consistency: do all parts fit together in one scene, in perspective, scale and shadow, without broken or melted forms?',
  emotional_resonance:
    'Emotional resonance: does the image carry the mood and the theme that the prompt suggests?',
} as const

/** Marks go from 0 to this. */
const bestMark = 10

/** Enough for five sentences and marks; an answer that is longer does not keep to the form. */
const maxTokens = 800

const rubric = `You grade an image that was made from a text prompt. Judge only what can be seen. Give five marks from 0 (fails entirely) to ${bestMark} (could not be better), fractions allowed:
${Object.entries(aspects)
  .map(([name, about]) => `- ${name}: ${about}`)
  .join('\n')}
Use the whole range, and mark each aspect by itself. Answer with one JSON object and nothing else: for every aspect an object with "reason", one short sentence, and then "mark", a number.`

const markSchema = {
  type: 'object',
  properties: { reason: { type: 'string' }, mark: { type: 'number', minimum: 0, maximum: bestMark } },
  required: ['reason', 'mark'],
  additionalProperties: false,
}

const answerSchema = {
  type: 'object',
  properties: Object.fromEntries(Object.keys(aspects).map((name) => [name, markSchema])),
  required: Object.keys(aspects),
  additionalProperties: false,
}

/**
 * The body of the request to `chat/completions`.
 *
 * @param imageUrl the image as a data URL
 */
export function gradingRequest(model: string, prompt: string, imageUrl: string): object {
  return {
    model,
    // The likeliest answer: the same image gets the same marks, as far as the server is deterministic.
    temperature: 0,
    max_tokens: maxTokens,
    messages: [
      { role: 'system', content: rubric },
      {
        role: 'user',
        content: [
          { type: 'text', text: `The prompt: ${prompt}` },
          { type: 'image_url', image_url: { url: imageUrl } },
        ],
      },
    ],
    response_format: {
      type: 'json_schema',
      json_schema: { name: 'grade', strict: true, schema: answerSchema },
    },
  }
}

/** What an answer comes to. Only `graded` has a score: a model that says nothing usable has not said 0. */
export type Grade =
  /** Mean of the five marks, 0 to 10. */
  | { readonly kind: 'graded'; readonly score: number }
  /** The model, or the server's filter, declined to answer. */
  | { readonly kind: 'refused'; readonly found: string }
  | { readonly kind: 'malformed'; readonly found: string }

/** Reads the body of the answer. Whatever does not keep to the form in every aspect is malformed. */
export function readGrade(body: string): Grade {
  const completion = parsed(body)
  const choices = field(completion, 'choices')
  const choice: unknown = Array.isArray(choices) ? choices[0] : undefined
  const message = field(choice, 'message')
  const [refusal, content] = [field(message, 'refusal'), field(message, 'content')]
  if (typeof refusal === 'string' && refusal !== '') return { kind: 'refused', found: excerpt(refusal) }
  const finish = field(choice, 'finish_reason')
  if (finish === 'content_filter') return { kind: 'refused', found: "the server's content filter" }
  if (finish === 'length') return malformed(`an answer that was cut off after ${maxTokens} tokens`)
  if (typeof content !== 'string') return malformed(`no message: ${excerpt(body)}`)
  const answer = parsed(content)
  let sum = 0
  for (const aspect of Object.keys(aspects)) {
    const mark = field(field(answer, aspect), 'mark')
    if (typeof mark !== 'number' || !(mark >= 0 && mark <= bestMark)) {
      return malformed(`no mark from 0 to ${bestMark} for ${aspect}: ${excerpt(content)}`)
    }
    sum += mark
  }
  return { kind: 'graded', score: sum / Object.keys(aspects).length }
}

function malformed(found: string): Grade {
  return { kind: 'malformed', found }
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined
}

/** The beginning of a text that is not ours, on one line. */
function excerpt(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim()
  return line.length > 120 ? `${line.slice(0, 117)}...` : line
}
