import { isIcon, type IconName } from '@/components/icons'
import { text } from '@/i18n'
import { builtIn, humanised, type Category } from '@/lib/category'
import { useTypes } from '@/stores/types'

interface Look {
  readonly icon: IconName
  /** Which of the page's colours; a deployment's own categories have the system's. */
  readonly hue: Category
  /** What the category is called. */
  readonly label: string
}

/** What the category is called in the page's language, or in the deployment's own words. */
export function categoryLabel(name: string): string {
  const known = builtIn(name)
  return known ? text.categories[known] : humanised(name)
}

/** How notifications of a type look, as far as the registry knows. */
export function useLook(): (type: string) => Look {
  const types = useTypes()
  return (type) => {
    const category = types.categoryOf(type)
    const icon = [types.iconOf(type), category].find(isIcon) ?? 'bell'
    return { icon, hue: builtIn(category) ?? 'system', label: categoryLabel(category) }
  }
}
