"""Whether the assistant may read what is the user's own: only if they have said so."""

from django.utils import timezone

from chat.assistant.models import Consent


def is_given(user_id: int) -> bool:
    """Whether it may. Asked anew for every question: taken back, it holds for the next one."""
    return Consent.objects.filter(user=user_id).exists()


def decide(*, user_id: int, given: bool) -> None:
    """Give it, or take it back. Doing it again changes nothing."""
    if given:
        Consent.objects.get_or_create(user_id=user_id, defaults={"given_at": timezone.now()})
    else:
        Consent.objects.filter(user=user_id).delete()
