import { createPinia } from 'pinia'
import { createApp } from 'vue'

import App from './App.vue'
import { text } from './i18n'
import './styles/base.css'

document.documentElement.lang = text.language
createApp(App).use(createPinia()).mount('#app')
