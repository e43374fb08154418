"""Conversations and answers."""

from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.authentication import IsUser
from accounts.api.callers import caller
from api.description import answer
from api.pagination import PagePagination
from chat import budgets
from chat.assistant import conversations, limits, payload, selectors
from chat.assistant.answers import cancellation, questions
from chat.assistant.api import schema
from chat.assistant.api.serializers import (
    AnsweredOutput,
    ChatMessageOutput,
    ConversationOutput,
    FeedbackInput,
    TitleInput,
    WholeConversationOutput,
)
from chat.assistant.models import Conversation


class ConversationsView(GenericAPIView[Conversation]):
    permission_classes = (IsUser,)
    pagination_class = PagePagination

    @extend_schema(
        operation_id="conversations_list",
        summary="The caller's conversations, most recently used first",
        responses={
            200: answer(ConversationOutput(many=True), schema.A_CONVERSATION),
            **schema.errors(400),
        },
    )
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(selectors.conversations(caller(request))) or []
        return self.get_paginated_response([payload.conversation(row) for row in page])


class ConversationView(APIView):
    permission_classes = (IsUser,)
    draws = {"PATCH": (budgets.ASSISTANT_MANAGE,), "DELETE": (budgets.ASSISTANT_MANAGE,)}

    @extend_schema(
        operation_id="conversations_read",
        summary="One conversation with all of its messages",
        responses={
            200: answer(WholeConversationOutput, schema.A_WHOLE_CONVERSATION),
            **schema.errors(404),
        },
    )
    def get(self, request: Request, conversation_id: str) -> Response:
        number = selectors.parse_id(conversation_id)
        row = selectors.conversation(user_id=caller(request), conversation_id=number)
        return Response(payload.full_conversation(row, selectors.turns(row.pk)))

    @extend_schema(
        operation_id="conversations_rename",
        summary="Change a conversation's title",
        request=TitleInput,
        responses={
            200: answer(ConversationOutput, schema.A_CONVERSATION),
            **schema.errors(400, 404),
        },
        examples=[schema.TITLE_EXAMPLE],
    )
    def patch(self, request: Request, conversation_id: str) -> Response:
        form = TitleInput(data=request.data)
        form.is_valid(raise_exception=True)
        title = conversations.refuse_bad_text(
            "title", form.validated_data["title"], limits.TITLE_CHARS
        )
        row = conversations.rename_conversation(
            user_id=caller(request),
            conversation_id=selectors.parse_id(conversation_id),
            title=title,
        )
        return Response(payload.conversation(row))

    @extend_schema(
        operation_id="conversations_delete",
        summary="Delete a conversation with all its messages",
        responses={204: None, **schema.errors(404)},
    )
    def delete(self, request: Request, conversation_id: str) -> Response:
        conversations.delete_conversation(
            user_id=caller(request), conversation_id=selectors.parse_id(conversation_id)
        )
        return Response(status=204)


class StopView(APIView):
    permission_classes = (IsUser,)
    draws = {"POST": (budgets.ASSISTANT_MANAGE,)}

    @extend_schema(
        operation_id="answers_stop",
        summary="Stop an answer at its present text; one that has ended stays as it is",
        request=None,
        responses={200: answer(ChatMessageOutput, schema.AN_ANSWER), **schema.errors(404)},
    )
    def post(self, request: Request, message_id: str) -> Response:
        row = cancellation.stop_answer(
            user_id=caller(request), message_id=selectors.parse_id(message_id)
        )
        return Response(payload.message(row))


class RegenerateView(APIView):
    permission_classes = (IsUser,)
    draws = {"POST": budgets.QUESTION}

    @extend_schema(
        operation_id="answers_regenerate",
        summary="Generate another answer to the question, in addition to the existing one",
        description="The new answer is streamed at `GET …/messages/{message_id}/stream`, or on "
        "the conversation's topic.",
        request=None,
        responses={
            201: answer(AnsweredOutput, schema.BEGUN),
            **schema.errors(404, 409, 429, 503),
        },
    )
    def post(self, request: Request, message_id: str) -> Response:
        user_id = caller(request)
        asked = questions.regenerate(user_id=user_id, message_id=selectors.parse_id(message_id))
        row = selectors.answer(user_id=user_id, message_id=asked.answer_id)
        return Response(payload.answered(row), status=201)


class FeedbackView(APIView):
    permission_classes = (IsUser,)
    draws = {"POST": (budgets.ASSISTANT_MANAGE,)}

    @extend_schema(
        operation_id="answers_feedback",
        summary="Rate an answer, in place of any earlier rating",
        request=FeedbackInput,
        responses={
            200: answer(ChatMessageOutput, schema.AN_ANSWER),
            **schema.errors(400, 404, 409),
        },
        examples=[schema.FEEDBACK_EXAMPLE],
    )
    def post(self, request: Request, message_id: str) -> Response:
        form = FeedbackInput(data=request.data)
        form.is_valid(raise_exception=True)
        row = conversations.save_feedback(
            user_id=caller(request),
            message_id=selectors.parse_id(message_id),
            rating=form.validated_data["rating"],
            comment=form.validated_data["comment"],
        )
        return Response(payload.message(row))
