import { defineStore } from 'pinia'
import { computed, shallowRef } from 'vue'

import { ApiError, notificationsApi, type NotificationType } from '@/api'

/** The deployment's registry of notification types: which category and icon each has. */
export const useTypes = defineStore('types', () => {
  const types = shallowRef<ReadonlyMap<string, NotificationType>>(new Map())

  /** Without an answer it stays as it is: the page can do without. */
  async function load(): Promise<void> {
    try {
      const listed = await notificationsApi.types()
      types.value = new Map(listed.map((type) => [type.name, type]))
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
    }
  }

  const categories = computed(() => [
    ...new Set([...types.value.values()].map((type) => type.category)),
  ])
  /** "" for what nobody has registered, or before the registry is here. */
  const categoryOf = (name: string): string => types.value.get(name)?.category ?? ''
  const iconOf = (name: string): string => types.value.get(name)?.icon ?? ''
  const titlesIn = (category: string): readonly string[] =>
    [...types.value.values()].filter((type) => type.category === category).map((type) => type.title)

  return { categories, load, categoryOf, iconOf, titlesIn }
})
