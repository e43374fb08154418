"""Below `/api/v1/`."""

from django.urls import path

from chat.rooms.api import messages, rooms

urlpatterns = [
    path("rooms", rooms.RoomsView.as_view(), name="rooms"),
    path("rooms/<int:room_id>", rooms.RoomView.as_view(), name="room"),
    path("rooms/<int:room_id>/join", rooms.JoinView.as_view(), name="room-join"),
    path("rooms/<int:room_id>/leave", rooms.LeaveView.as_view(), name="room-leave"),
    path("rooms/<int:room_id>/members", rooms.MembersView.as_view(), name="room-members"),
    path("rooms/<int:room_id>/messages", messages.MessagesView.as_view(), name="room-messages"),
    path("rooms/<int:room_id>/read", rooms.ReadView.as_view(), name="room-read"),
    path("messages", messages.FlatMessagesView.as_view(), name="messages"),
]
