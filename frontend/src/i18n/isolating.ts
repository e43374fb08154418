import { isolate } from '@/lib/text/bidi'

type Sentence = (...given: readonly unknown[]) => unknown

/** The same catalogue, whose sentences keep the direction of the names in them to those names. */
export function isolating<Part>(part: Part): Part {
  if (typeof part === 'function') {
    const sentence = part as unknown as Sentence
    return ((...given: readonly unknown[]) => sentence(...given.map(isolated))) as unknown as Part
  }
  if (typeof part !== 'object' || part === null) return part
  const parts = Object.entries(part).map(([name, each]) => [name, isolating(each as unknown)])
  return Object.fromEntries(parts) as Part
}

function isolated(value: unknown): unknown {
  if (typeof value === 'string') return isolate(value)
  return Array.isArray(value) ? value.map(isolated) : value
}
