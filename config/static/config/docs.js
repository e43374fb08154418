'use strict'

/* Requests that are tried out here go by the visitor's cookie, so unsafe ones need the CSRF token. */
const csrfToken = () => /(?:^|; )csrftoken=([^;]*)/.exec(document.cookie)?.[1] ?? ''
const SAFE = ['GET', 'HEAD', 'OPTIONS']

window.ui = SwaggerUIBundle({
  url: document.getElementById('swagger-ui').dataset.schema,
  dom_id: '#swagger-ui',
  presets: [SwaggerUIBundle.presets.apis],
  layout: 'BaseLayout',
  deepLinking: true,
  requestInterceptor: (request) => {
    if (!SAFE.includes((request.method ?? 'GET').toUpperCase())) {
      request.headers['X-CSRFToken'] = csrfToken()
    }
    return request
  },
})
