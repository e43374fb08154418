/**
 * The case of fields that this client reads and writes, whatever the deployment's own is: it asks
 * for it with every request, and when it opens a stream or a socket.
 */

export const CASE = 'snake'
/** In `Accept` rather than in the address: the header needs no preflight. */
export const ACCEPT_JSON = `application/json; case=${CASE}`
