/** A room's settings as a form has them: text as it was typed, minutes where the wire has seconds. */

import { isVisible } from '@/lib/text/visible'

import type { Room, Settings } from './room'

export interface RoomForm {
  readonly name: string
  readonly open: boolean
  readonly work_s: string
  readonly break_s: string
  readonly long_break_s: string
  readonly cycles: string
  readonly timer_control: string
}
export type Field = keyof RoomForm

/** Only what is to change; settings are merged into the old ones. */
export interface RoomChanges {
  name?: string
  open?: boolean
  settings?: Record<string, unknown>
}

export const PHASES = ['work_s', 'break_s', 'long_break_s'] as const
const FIELDS: readonly Field[] = ['name', 'open', ...PHASES, 'cycles', 'timer_control']
/** docs/contract.md §7, for the snapshot that has not come yet. */
const DEFAULTS: Settings = {
  work_s: 1_500,
  break_s: 300,
  long_break_s: 900,
  cycles: 4,
  timer_control: 'owner',
}

export function formOf({ name, open }: Room, settings: Settings): RoomForm {
  const given = { ...DEFAULTS, ...settings }
  const minutes = (seconds: unknown) => String(Math.round((Number(seconds) / 60) * 100) / 100)
  return {
    name,
    open,
    work_s: minutes(given.work_s),
    break_s: minutes(given.break_s),
    long_break_s: minutes(given.long_break_s),
    cycles: String(Number(given.cycles)),
    timer_control: given.timer_control === 'members' ? 'members' : 'owner',
  }
}

/**
 * What to ask the server for, and which fields it need not be asked about: no number is in them.
 * Whether a number is a sound one, the server says.
 */
export function changesOf(edited: Partial<RoomForm>, current: RoomForm) {
  const changes: RoomChanges = {}
  const settings: Record<string, unknown> = {}
  const wrong: Field[] = []
  for (const field of FIELDS) {
    const value = edited[field]
    if (value === undefined || value === current[field]) continue
    if (field === 'name') {
      if (isVisible(String(value))) changes.name = String(value).trim()
      else wrong.push(field)
    } else if (field === 'open') changes.open = value === true
    else if (field === 'timer_control') settings[field] = value
    else {
      const number = numberIn(String(value))
      if (number === null) wrong.push(field)
      else settings[field] = field === 'cycles' ? number : Math.round(number * 60)
    }
  }
  if (Object.keys(settings).length > 0) changes.settings = settings
  return { changes, wrong }
}

/** `25`, `2.5`, and `2,5` as half of the world writes it. */
function numberIn(text: string): number | null {
  if (!/^\s*-?\d+(?:[.,]\d+)?\s*$/.test(text)) return null
  const number = Number(text.replace(',', '.'))
  return Number.isFinite(number) ? number : null
}

/** The fields that the server refused, by the names that it has for them. */
export const refusedFields = (errors: Readonly<Record<string, unknown>>): readonly Field[] =>
  FIELDS.filter((field) => field in errors || `settings.${field}` in errors)
