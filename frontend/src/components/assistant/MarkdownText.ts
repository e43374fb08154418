import { defineComponent } from 'vue'

import { render } from '@/lib/markdown'

/** Markdown of strangers, as elements and text: never as HTML. */
export const MarkdownText = defineComponent({
  name: 'MarkdownText',
  props: { markdown: { type: String, required: true } },
  setup: (props) => () => render(props.markdown, location.origin),
})
