/** Held by the tab that leads. */
export const leadLock = (name: string): string => `${name}.lead`

/** Held by each tab for as long as it lives. */
export const aliveLock = (name: string, tab: string): string => `${name}.tab.${tab}`
