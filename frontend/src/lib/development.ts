/** Whether the server runs in development: it says so on the page (config/page.py). */
export const isDevelopment: boolean =
  typeof document !== 'undefined' && document.documentElement.hasAttribute('data-development')
