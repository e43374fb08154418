import { AuthApi } from './auth'
import { Http } from './http'
import { NotificationsApi } from './notifications'

export { ApiError } from './errors'
export type { Me } from './auth'

export const http = new Http()
export const authApi = new AuthApi(http)
export const notificationsApi = new NotificationsApi(http)
