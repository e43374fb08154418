"""Below `/api/v1/`."""

from django.urls import path

from chat.rooms.api import members, messages, rooms, timer

_ROOM = "rooms/<int:room_id>"

urlpatterns = [
    path("rooms", rooms.RoomsView.as_view(), name="rooms"),
    path(_ROOM, rooms.RoomView.as_view(), name="room"),
    path(f"{_ROOM}/join", rooms.JoinView.as_view(), name="room-join"),
    path(f"{_ROOM}/leave", rooms.LeaveView.as_view(), name="room-leave"),
    path(f"{_ROOM}/members", members.MembersView.as_view(), name="room-members"),
    path(f"{_ROOM}/members/<int:user_id>", members.MemberView.as_view(), name="room-member"),
    path(f"{_ROOM}/messages", messages.MessagesView.as_view(), name="room-messages"),
    path(f"{_ROOM}/messages/<int:message_id>", messages.MessageView.as_view(), name="room-message"),
    path(f"{_ROOM}/read", rooms.ReadView.as_view(), name="room-read"),
    path(f"{_ROOM}/timer", timer.TimerView.as_view(), name="room-timer"),
    path("messages", messages.LegacyMessagesView.as_view(), name="messages"),
]
