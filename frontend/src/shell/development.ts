/** Whether the server runs in development: it says so on the page (config/portal.py). */
export const isDevelopment: boolean =
  typeof document !== 'undefined' && document.documentElement.hasAttribute('data-development')
