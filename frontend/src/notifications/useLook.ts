import { text } from '@/i18n'
import type { Notification } from '@/realtime'
import { isIcon, type IconName } from '@/ui/icons'

import { builtIn, humanised, type Category } from './category'
import { useTypes } from './typesStore'

interface Look {
  readonly icon: IconName
  /** Which of the page's colours; a deployment's own categories have the system's. */
  readonly hue: Category | 'danger'
  /** Whether it tells that something failed. */
  readonly failed: boolean
  /** What the category is called. */
  readonly label: string
}

/** What the category is called in the page's language, or in the deployment's own words. */
export function categoryLabel(name: string): string {
  const known = builtIn(name)
  return known ? text.categories[known] : humanised(name)
}

/** Whether it tells of a job that failed, whatever type the service gave it. */
const isFailedJob = ({ reference_type: of, data }: Notification): boolean =>
  of === 'job' && data?.status === 'failed'

/** How a notification looks, as far as the registry knows its type. */
export function useLook(): (notification: Notification) => Look {
  const types = useTypes()
  return (notification) => {
    const { type } = notification
    const category = types.categoryOf(type)
    const named = isFailedJob(notification) ? 'alert' : types.iconOf(type)
    const icon = [named, category].find(isIcon) ?? 'bell'
    const failed = icon === 'alert'
    const hue = failed ? 'danger' : (builtIn(category) ?? 'system')
    return { icon, hue, failed, label: categoryLabel(category) }
  }
}
