"""Words that a question contains whatever it is about. Removed from queries, not from the index."""

from typing import Final

_ENGLISH = """
a about all am an and any anyone anything are as at be been before being but by can could did do
does doing else for from get give go got had has have having he her here him his how i if in into is
it its just let like may me might more most much must my need no not of off on one only or other our
out over own please put same shall she should so some somebody someone something such take tell than
that the their them then there these they thing this those to too under until up upon us use very
want was we were what whatever when where whether which while who whom whose why will with would yet
you your
"""
# Whole words, after `without_ending`.
_KOREAN = """
어떻게 어떤 어디 언제 누구 누가 무엇 무슨 뭐 뭘 왜 얼마 얼마나 몇 어느 수 것 때 거 게 좀 등 및
제 저 나 내 제가 저는 나는 내가 우리 그 이 해야 하면 하려 하려면 하고 하는 하나 한 할 해 해도
되 되나 되는 된 될 돼 돼요 있 있나 있는 있을 있어 없 없나 없는 없을 싶 싶은 싶어 싶은데
경우 대해 대한 관해 관련 또는 그리고 그런데 혹시 만약 보통 알려 알려줘 알려주 말해 설명 설명해
궁금 궁금한 궁금합 인가 인지 건가 뭔가 위해 위한 따라 있으면 없으면 되면 했는데 하는데
좋 좋은 좋을 어떡해 얼마인가 무엇인가 어떻 언제까지 어디에서 누구에게 어디서 어디로
"""
# Interrogative and polite endings.
_POLITE_ENDINGS = """
습니까 합니까 입니까 됩니까 나요 까요 가요 는지요 는지 은지 을까 세요 어요 아요 해요 이에요 예요
습니다 합니다 입니다 됩니다 는가 은가
"""
# Particles after a noun that hardly ever end one; without 이 and 가, because of nouns like 평가.
_PARTICLES_OF_NOUNS = """
에서는 으로는 에게는 까지는 부터는 에서도 으로도 이라면 에서 으로 에게 까지 부터 에는 에도 처럼
보다 마다 이나 은 는 을 를 의 에 로 와 과 도 만
"""


def _longest_first(endings: str) -> tuple[str, ...]:
    return tuple(sorted(endings.split(), key=len, reverse=True))


ENGLISH: Final = frozenset(_ENGLISH.split())
KOREAN: Final = frozenset(_KOREAN.split())
_POLITE: Final = _longest_first(_POLITE_ENDINGS)
_PARTICLES: Final = _longest_first(_PARTICLES_OF_NOUNS)
# Syllables that must be left of a word.
_MIN_SYLLABLES: Final = 2


def without_ending(word: str) -> str:
    """A Korean word without its polite ending or its particle."""
    for ending in _POLITE:
        if word.endswith(ending):
            return word[: -len(ending)]
    for particle in _PARTICLES:
        if word.endswith(particle) and len(word) - len(particle) >= _MIN_SYLLABLES:
            return word[: -len(particle)]
    return word
