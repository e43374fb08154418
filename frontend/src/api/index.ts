import { AuthApi } from './auth'
import { Http } from './http'
import { JobsApi } from './jobs'
import { NotificationsApi } from './notifications'
import { RoomsApi } from './rooms'

export { ApiError } from './errors'
export type { LocaleChange, Me } from './auth'
export type { NotificationPage, NotificationPart, NotificationType } from './notifications'

export const http = new Http()
export const authApi = new AuthApi(http)
export const jobsApi = new JobsApi(http)
export const notificationsApi = new NotificationsApi(http)
export const roomsApi = new RoomsApi(http)
