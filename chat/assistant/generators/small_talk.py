"""Recognizes small talk: greetings, thanks and farewells, which need no documents. Pure.

A model answers small talk without passages. Only messages that consist of nothing else count, so a
question that begins with "Hello" stays a question.
"""

import re
import unicodedata
from typing import Final

# Longer messages are never small talk.
_MAX_WORDS: Final = 8
_WORD: Final = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")

_PHRASES: Final = """
hello|hi|hey|hiya|howdy|yo|greetings|good morning|good afternoon|good evening|good day|good night
how are you|how are you doing|how do you do|how is it going|how's it going|what's up|sup
nice to meet you|pleased to meet you|welcome
thanks|thank you|thx|ty|cheers|much appreciated|thanks a lot|thank you very much|many thanks
bye|goodbye|good bye|see you|see you later|see you soon|take care|have a nice day|have a good day
ok|okay|great|perfect|nice|cool|awesome|wonderful|excellent|got it|i see|alright|sure|well done
good job|sorry|never mind|no problem|you're welcome
who are you|what are you|what is your name|what's your name|are you a bot|are you human
what can you do|what can i ask|what can i ask you|can you help me|help|help me|test|testing|ping
안녕|안녕하세요|안녕하십니까|안녕하세용|안뇽|하이|헬로|여보세요|반가워|반가워요|반갑습니다
만나서 반가워요|만나서 반갑습니다|처음 뵙겠습니다|좋은 아침|좋은 아침이에요|좋은 아침입니다
잘 지내|잘 지내요|잘 지내세요|잘 지냈어|잘 지냈어요|어떻게 지내|어떻게 지내세요|밥 먹었어
고마워|고마워요|고맙습니다|감사|감사해요|감사합니다|감사드립니다|땡큐|정말 고마워요
정말 감사합니다|대단히 감사합니다|도와줘서 고마워|도와주셔서 감사합니다
잘 가|잘 있어|안녕히 계세요|안녕히 가세요|또 봐|또 봐요|또 봬요|다음에 봐요
좋은 하루|좋은 하루 보내세요
수고하세요|수고하셨습니다|수고했어|수고했어요|수고 많으셨습니다|잘 자|잘 자요|안녕히 주무세요
네|넵|예|응|아니|아니요|그래|그래요|좋아|좋아요|좋습니다|알겠어|알겠어요|알겠습니다|알았어|알았어요
최고|최고예요|최고야|훌륭해요|잘했어|잘했어요|미안|미안해|미안해요|죄송합니다|괜찮아|괜찮아요
누구야|누구세요|너 누구야|너는 누구야|당신은 누구세요|당신은 누구입니까|이름이 뭐야|이름이 뭐예요
뭐 할 수 있어|뭐 할 수 있어요|무엇을 할 수 있어|무엇을 할 수 있나요|뭘 할 수 있어|뭘 할 수 있나요
도와줘|도와주세요|도와줄 수 있어|도와줄 수 있나요|테스트
こんにちは|こんばんは|おはよう|おはようございます|ありがとう|ありがとうございます|さようなら
你好|您好|早上好|晚上好|谢谢|謝謝|多谢|再见|再見
hola|gracias|muchas gracias|adios|bonjour|bonsoir|salut|merci|au revoir|hallo|guten tag|guten morgen
danke|danke schön|tschüss|ciao|grazie|olá|obrigado|obrigada
"""
# Words that may accompany a phrase.
_FILLERS: Final = """
there all everyone everybody team friend assistant bot again so very much a lot for your you
the help today then well and oh ah wow really just my dear sir madam please
정말 너무 진짜 아주 많이 오늘 오늘도 다시 그럼 그리고 아 오 와 와우 네 저기 저기요
봇 봇아 님 친구 여러분
"""


def _words(text: str) -> tuple[str, ...]:
    text = unicodedata.normalize("NFKC", text).casefold().replace("’", "'")
    return tuple(_WORD.findall(text))


_KNOWN: Final = frozenset(
    _words(phrase) for line in _PHRASES.strip().splitlines() for phrase in line.split("|")
)
_FILLER_WORDS: Final = frozenset(_FILLERS.split())
_LONGEST: Final = max(map(len, _KNOWN))


def is_small_talk(message: str) -> bool:
    """Whether a message consists of greetings and the like, or of no words at all."""
    words = _words(message)
    if len(words) > _MAX_WORDS:
        return False
    has_phrase, at = not words, 0
    while at < len(words):
        sizes = range(min(_LONGEST, len(words) - at), 0, -1)
        size = next((size for size in sizes if words[at : at + size] in _KNOWN), 0)
        if not size and words[at] not in _FILLER_WORDS:
            return False
        has_phrase = has_phrase or bool(size)
        at += size or 1
    return has_phrase
