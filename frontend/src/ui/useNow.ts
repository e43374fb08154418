import { onScopeDispose, ref, type Ref } from 'vue'

/** Milliseconds since 1970, moving on often enough for "5 minutes ago". */
export function useNow(everyMs = 20_000): Ref<number> {
  const now = ref(Date.now())
  const timer = setInterval(() => {
    now.value = Date.now()
  }, everyMs)
  onScopeDispose(() => clearInterval(timer))
  return now
}
