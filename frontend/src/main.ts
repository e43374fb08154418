import { createPinia } from 'pinia'
import { createApp } from 'vue'

import App from './App.vue'
import { text } from './i18n'
import { router } from './router'
import './styles/base.css'

document.documentElement.lang = text.language
createApp(App).use(createPinia()).use(router).mount('#app')
