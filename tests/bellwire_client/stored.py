"""What a deployment has stored, asked past the program."""

from tests.e2e import database
from tests.support.servers import Deployment


def notifications(deployment: Deployment, message: str) -> list[int]:
    """The ids of those with this message."""
    rows = database.execute(
        deployment.database_url,
        "SELECT id FROM notifications_notification WHERE message = %s ORDER BY id",
        message,
    )
    return [notification_id for (notification_id,) in rows]
