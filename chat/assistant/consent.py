"""The user's consent that the assistant reads their own notifications and jobs."""

from django.utils import timezone

from chat.assistant.models import Consent


def is_given(user_id: int) -> bool:
    """Whether the user has consented. Checked for every question, so withdrawal works at once."""
    return Consent.objects.filter(user=user_id).exists()


def set_consent(*, user_id: int, given: bool) -> None:
    """Grant or withdraw consent. Idempotent."""
    if given:
        Consent.objects.get_or_create(user_id=user_id, defaults={"given_at": timezone.now()})
    else:
        Consent.objects.filter(user=user_id).delete()
