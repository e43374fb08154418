import { ref } from 'vue'
import { createRouter, createWebHistory } from 'vue-router'

import HomeView from './shell/HomeView.vue'

declare module 'vue-router' {
  interface RouteMeta {
    /** Takes the window's height and scrolls inside. */
    fills?: boolean
    /** Knows by itself what it shows. */
    alone?: boolean
  }
}

/** Paths of the page itself; where else a notification leads, the start page says what it would be. */
export const router = createRouter({
  history: createWebHistory('/'),
  routes: [
    { path: '/', name: 'home', component: HomeView },
    {
      path: '/rooms',
      component: () => import('./rooms/RoomsView.vue'),
      meta: { fills: true },
      children: [
        {
          path: '',
          name: 'rooms',
          component: () => import('./rooms/NoRoom.vue'),
        },
        {
          path: ':id(\\d+)',
          name: 'room',
          component: () => import('./rooms/RoomView.vue'),
          props: true,
        },
      ],
    },
    {
      path: '/documents/:id(\\d+)',
      name: 'document',
      component: () => import('./assistant/DocumentView.vue'),
      props: true,
      meta: { alone: true },
    },
    { path: '/:elsewhere(.*)*', name: 'elsewhere', component: HomeView },
  ],
})

/** The path of a view that was asked for and whose code could not be loaded. */
export const failedView = ref<string | null>(null)
router.onError((_error, to) => {
  failedView.value = to.fullPath
})
router.afterEach((_to, _from, failure) => {
  if (!failure) failedView.value = null
})

/** Whether a path of this origin is a view of the page with content of its own. */
export function isView(path: string): boolean {
  const { name } = router.resolve(path)
  return name !== 'elsewhere'
}
