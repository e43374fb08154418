"""The focus timer: computed from what is stored, and the end of a phase logged once."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from chat.rooms import preferences, services, timer
from chat.rooms.models import Kind, Room
from chat.rooms.timer import Action, IllegalActionError, Phase, Status, Timer
from tests.chat.rooms.people import ApiUser, event_types, events, faults, refusal
from tests.support.clocks import ClockAhead
from tests.support.threads import Run

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
SETTINGS = {**preferences.DEFAULTS, "work_s": 100, "break_s": 10, "long_break_s": 30, "cycles": 2}


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def started() -> Timer:
    return Timer().after(Action.START, NOW, SETTINGS)


# --- the clock -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seconds", "phase", "status", "remaining_s"),
    [
        (0, "work", "running", 100),
        (99.5, "work", "running", 0.5),
        (100, "break", "running", 10),
        (115, "work", "running", 95),
        (210, "long_break", "running", 30),
        (239, "long_break", "running", 1),
        (240, "work", "idle", 100),
        (999_999, "work", "idle", 100),
    ],
)
def test_work_and_breaks_follow_each_other_until_the_long_break_is_over(
    seconds: float, phase: str, status: str, remaining_s: float
) -> None:
    shown = started().at(after(seconds), SETTINGS).shape(after(seconds), SETTINGS)
    assert (shown["phase"], shown["status"]) == (phase, status)
    assert shown["remaining_s"] == remaining_s
    assert shown["duration_s"] == SETTINGS[f"{phase}_s"]
    assert (shown["ends_at"] is None) == (status == "idle")


def test_it_does_not_matter_how_often_one_looks() -> None:
    looked = started()
    for seconds in range(0, 250, 7):
        looked = looked.at(after(seconds), SETTINGS)
        assert looked == started().at(after(seconds), SETTINGS)


def test_a_pause_takes_no_time_off_the_phase() -> None:
    paused = started().after(Action.PAUSE, after(40), SETTINGS)
    assert paused.at(after(9_999), SETTINGS) == paused
    assert paused.shape(after(500), SETTINGS)["remaining_s"] == 60
    for action in (Action.RESUME, Action.START):
        resumed = paused.after(action, after(500), SETTINGS)
        assert resumed.ends_at == after(560)
        assert resumed.duration_s == 100


def test_skipping_goes_on_to_the_next_phase() -> None:
    one = started().after(Action.SKIP, after(5), SETTINGS)
    assert (one.phase, one.status, one.ends_at) == (Phase.BREAK, Status.RUNNING, after(15))
    two = one.after(Action.SKIP, after(6), SETTINGS)
    three = two.after(Action.SKIP, after(7), SETTINGS)
    assert (two.phase, three.phase) == (Phase.WORK, Phase.LONG_BREAK)
    assert three.after(Action.SKIP, after(8), SETTINGS) == Timer()
    idle = Timer().after(Action.SKIP, NOW, SETTINGS)
    assert (idle.phase, idle.status) == (Phase.BREAK, Status.IDLE)


def test_what_is_so_already_stays_and_what_has_not_begun_is_neither_paused_nor_resumed() -> None:
    running = started()
    assert running.after(Action.START, after(5), SETTINGS) == running
    assert running.after(Action.RESUME, after(5), SETTINGS) == running
    paused = running.after(Action.PAUSE, after(5), SETTINGS)
    assert paused.after(Action.PAUSE, after(9), SETTINGS) == paused
    for action in (Action.PAUSE, Action.RESUME):
        with pytest.raises(IllegalActionError):
            Timer().after(action, NOW, SETTINGS)
    assert running.after(Action.RESET, after(5), SETTINGS) == Timer()


@pytest.mark.parametrize("one", [Timer(), started(), started().after(Action.PAUSE, NOW, SETTINGS)])
def test_what_is_stored_is_what_is_read(one: Timer) -> None:
    assert timer.read(timer.stored(one)) == one
    assert timer.read("") == Timer()


# --- in a room -------------------------------------------------------------------------------


@pytest.fixture
def focus(alice: ApiUser, bob: ApiUser) -> int:
    room = services.create_room(
        user_id=alice.id, name="Focus", kind=Kind.FOCUS, is_open=True, settings=SETTINGS
    )
    services.join_room(user_id=bob.id, room_id=room.pk)
    return room.pk


def backdate(room_id: int, seconds: float) -> None:
    """Let so much time pass for the timer of a room."""
    room = Room.objects.get(pk=room_id)
    assert room.timer_ends_at is not None
    room.timer_ends_at -= timedelta(seconds=seconds)
    stored = timer.read(room.timer_json)
    assert stored.ends_at is not None
    delta = Timer(
        stored.phase,
        stored.status,
        stored.duration_s,
        stored.ends_at - timedelta(seconds=seconds),
        stored.left_s,
        stored.cycle,
    )
    room.timer_json = timer.stored(delta)
    room.save(update_fields=["timer_json", "timer_ends_at"])


def steady(shown: dict[str, Any]) -> dict[str, Any]:
    """What does not move with the clock."""
    return {key: shown[key] for key in ("phase", "status", "duration_s", "ends_at")}


def look(*room_ids: int) -> float | None:
    return services.end_phases(room_ids, within=timedelta(seconds=1))


def test_the_owner_controls_it_and_all_are_told_what_it_is(
    alice: ApiUser, bob: ApiUser, focus: int
) -> None:
    assert alice.asks(f"/rooms/{focus}/timer")["status"] == "idle"
    answers = [alice.post(f"/rooms/{focus}/timer", action="start") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    first, again = (answer.json() for answer in answers)
    assert steady(first) == steady(again)
    [event] = events(focus, after=1)
    assert (event.type, event.data) == ("timer", first)
    assert steady(bob.snapshot(focus)["timer"]) == steady(bob.asks(f"/rooms/{focus}/timer"))
    assert alice.does(f"/rooms/{focus}/timer", action="pause")["status"] == "paused"
    assert alice.does(f"/rooms/{focus}/timer", action="reset")["status"] == "idle"
    assert event_types(focus, after=2) == ["timer", "timer"]
    assert refusal(alice.post(f"/rooms/{focus}/timer", action="pause")) == (409, "CONFLICT")
    assert faults(alice.post(f"/rooms/{focus}/timer", action="explode")) == ["action"]


def test_who_may_control_it_is_a_setting(
    alice: ApiUser, bob: ApiUser, carol: ApiUser, focus: int
) -> None:
    path = f"/rooms/{focus}/timer"
    assert refusal(bob.post(path, action="start")) == (403, "FORBIDDEN")
    assert refusal(carol.post(path, action="start")) == (403, "FORBIDDEN")
    assert refusal(carol.get(path)) == (403, "FORBIDDEN")
    alice.patch(f"/rooms/{focus}", settings={"timer_control": "members"})
    assert bob.post(path, action="start").status_code == 200
    assert refusal(carol.post(path, action="start")) == (403, "FORBIDDEN")


def test_other_rooms_have_none(alice: ApiUser, closed: int) -> None:
    assert alice.snapshot(closed)["timer"] is None
    assert refusal(alice.get(f"/rooms/{closed}/timer")) == (409, "CONFLICT")
    answer = alice.post(f"/rooms/{closed}/timer", action="start")
    assert refusal(answer) == (409, "CONFLICT")


def test_an_instance_whose_clock_is_ahead_ends_no_phase_early(
    alice: ApiUser, focus: int, clock_ahead: ClockAhead
) -> None:
    begun = alice.does(f"/rooms/{focus}/timer", action="start")
    clock_ahead(300)
    look(focus)

    assert steady(alice.asks(f"/rooms/{focus}/timer")) == steady(begun)
    assert event_types(focus, after=1) == ["timer"]


def test_the_end_of_a_phase_is_logged_once(alice: ApiUser, focus: int) -> None:
    alice.does(f"/rooms/{focus}/timer", action="start")
    assert look(focus) is None
    backdate(focus, 99.5)
    soon = look(focus)
    assert soon is not None
    assert 0 < soon <= 0.5
    assert event_types(focus, after=1) == ["timer"]
    backdate(focus, 0.5)
    look(focus)
    look(focus)
    assert event_types(focus, after=1) == ["timer", "timer"]
    shown = events(focus)[-1].data
    assert (shown["phase"], shown["status"]) == ("break", "running")
    assert steady(shown) == steady(alice.asks(f"/rooms/{focus}/timer"))


def test_of_many_instances_at_once_one_logs_it(alice: ApiUser, focus: int, at_once: Run) -> None:
    alice.does(f"/rooms/{focus}/timer", action="start")
    for turn, length in enumerate((100, 10, 100, 30), 1):
        backdate(focus, length)
        at_once([lambda: look(focus)] * 6)
        assert event_types(focus, after=2) == ["timer"] * turn


def test_phases_that_nobody_saw_are_one_event_for_who_comes_back(
    alice: ApiUser, focus: int
) -> None:
    alice.does(f"/rooms/{focus}/timer", action="start")
    backdate(focus, 150)
    # Right for who looks, before anybody has written it down.
    assert alice.asks(f"/rooms/{focus}/timer")["phase"] == "work"
    assert event_types(focus, after=1) == ["timer"]
    look(focus)
    assert event_types(focus, after=1) == ["timer", "timer"]
    assert events(focus)[-1].data["phase"] == "work"


def test_an_action_after_an_unseen_end_acts_on_what_is_now(alice: ApiUser, focus: int) -> None:
    alice.does(f"/rooms/{focus}/timer", action="start")
    backdate(focus, 105)
    assert alice.does(f"/rooms/{focus}/timer", action="start")["phase"] == "break"
    assert event_types(focus, after=1) == ["timer", "timer"]


def test_new_lengths_hold_from_the_next_phase_on(alice: ApiUser, focus: int) -> None:
    before = alice.does(f"/rooms/{focus}/timer", action="start")
    alice.patch(f"/rooms/{focus}", settings={"work_s": 60, "break_s": 20})
    assert event_types(focus, after=2) == ["settings", "timer"]
    assert steady(alice.asks(f"/rooms/{focus}/timer")) == steady(before)
    assert alice.does(f"/rooms/{focus}/timer", action="skip")["duration_s"] == 20
    assert alice.does(f"/rooms/{focus}/timer", action="reset")["duration_s"] == 60


def test_it_survives_the_room_being_deleted(alice: ApiUser, focus: int) -> None:
    alice.does(f"/rooms/{focus}/timer", action="start")
    backdate(focus, 100)
    services.delete_room(user_id=alice.id, room_id=focus)
    assert look(focus, focus + 1) is None


def test_idle_it_is_what_the_settings_say(alice: ApiUser) -> None:
    room = alice.does("/rooms", name="F", kind="focus")
    assert room["settings"] == preferences.DEFAULTS
    shown = alice.asks(f"/rooms/{room['id']}/timer")
    assert (shown["duration_s"], shown["remaining_s"], shown["ends_at"]) == (1500, 1500.0, None)
    assert shown["server_time"] <= timezone.now().isoformat().replace("+00:00", "Z")


# --- the shortest phase ----------------------------------------------------------------------


def test_phases_are_no_shorter_than_the_deployment_allows(
    alice: ApiUser, settings: Settings
) -> None:
    settings.BELLWIRE_MIN_PHASE_S = 60
    short = {"work_s": 59, "break_s": 1, "long_break_s": 59}
    made = alice.post("/rooms", name="F", kind="focus", settings=short)
    assert faults(made) == ["settings.break_s", "settings.long_break_s", "settings.work_s"]
    assert made.json()["errors"]["settings.work_s"] == ["Expected a whole number from 60 to 86400."]
    shortest = dict.fromkeys(short, 60)
    room = alice.does("/rooms", name="F", kind="focus", settings=shortest)["id"]
    assert faults(alice.patch(f"/rooms/{room}", settings={"break_s": 59})) == ["settings.break_s"]


def test_phases_stored_before_the_minimum_was_raised_have_its_length(
    alice: ApiUser, settings: Settings
) -> None:
    room = alice.does("/rooms", name="F", kind="focus", settings={"work_s": 1, "break_s": 90})["id"]
    settings.BELLWIRE_MIN_PHASE_S = 60
    assert alice.does(f"/rooms/{room}/timer", action="start")["duration_s"] == 60
    shown = alice.room(room)["settings"]
    assert (shown["work_s"], shown["break_s"]) == (60, 90)
