"""The queue of jobs as a state machine."""
from __future__ import annotations

import pytest

from backend.errors import InputError
from backend.jobs import HISTORY, MAX_LINE, MAX_LINES, MAX_WAITING, JobDone, JobFailed, JobNews, JobQueue
from bridge.messages import JobRequest, SeenVideo, Span

HITS = JobRequest("hits", span=Span("1M1", "A Storm", 0.0, 8.0))


def _queue_of(count: int) -> tuple[JobQueue, list[str]]:
    queue = JobQueue("a-")
    return queue, [queue.submit(HITS, f"reply {number}") for number in range(count)]


def _over(queue: JobQueue, job: str) -> None:
    assert queue.start_next() == job
    queue.apply(job, JobDone("1M1 A Storm", "done"))


def test_jobs_run_one_at_a_time_in_the_order_they_came() -> None:
    queue, jobs = _queue_of(3)
    assert jobs == ["a-1", "a-2", "a-3"]
    assert queue.start_next() == "a-1"
    assert queue.start_next() == ""
    assert queue.waiting == ("a-2", "a-3")
    queue.apply("a-1", JobFailed("no"))
    assert queue.start_next() == "a-2"


def test_a_waiting_job_says_how_many_are_before_it() -> None:
    queue, _ = _queue_of(3)
    queue.start_next()
    assert [status.message for status in queue.statuses()] == ["Waiting: 2 before it", "Waiting: 1 before it",
                                                               "Starting"]


def test_the_same_reply_id_is_the_same_job_even_when_it_is_over() -> None:
    queue, jobs = _queue_of(1)
    assert queue.submit(HITS, "reply 0") == jobs[0]
    _over(queue, jobs[0])
    assert queue.submit(HITS, "reply 0") == jobs[0]
    assert len(queue.statuses()) == 1
    with pytest.raises(InputError, match="reply_id"):
        queue.submit(HITS, "")


def test_news_become_stage_fraction_message_and_what_is_behind() -> None:
    queue, (job,) = _queue_of(1)
    queue.start_next()
    queue.apply(job, JobNews("analyze", "unchanged", 1.0))
    queue.apply(job, JobNews("hits", "kept", 1.0, "hits.json as you edited it"))
    queue.apply(job, JobNews("compose", "running", 0.4))
    status = queue.status(job)
    assert (status.stage, status.fraction, status.message) == ("compose", 0.4, "Composing the melody 40%")
    assert status.finished == ("analyze unchanged", "hits kept: hits.json as you edited it")


def test_an_outcome_is_what_the_status_shows_and_later_news_are_not_believed() -> None:
    queue, (job,) = _queue_of(1)
    queue.start_next()
    queue.apply(job, JobDone("1M1 Storm", "1M1 Storm is\nin the session", "/cue", ("8 s",), ("Flute",), True))
    queue.apply(job, JobNews("render", "running", 0.5))
    queue.apply(job, JobFailed("late"))
    status = queue.status()
    assert (status.state, status.title, status.message) == ("done", "1M1 Storm", "1M1 Storm is in the session")
    assert (status.folder, status.lines, status.kept, status.built) == ("/cue", ("8 s",), ("Flute",), True)
    assert (status.stage, status.fraction) == ("", 1.0)


def test_a_waiting_job_is_cancelled_at_once() -> None:
    queue, (first, second) = _queue_of(2)
    queue.start_next()
    assert queue.ask_stop(second) == second
    assert queue.status(second).state == "cancelled"
    assert queue.status(first).state == "running"


def test_a_running_job_is_cancelled_when_its_worker_is_gone() -> None:
    queue, (job,) = _queue_of(1)
    queue.start_next()
    assert queue.ask_stop() == job
    assert (queue.status(job).state, queue.status(job).message) == ("running", "Cancelling")
    queue.apply(job, JobNews("render", "running", 0.5))
    assert queue.status(job).message == "Cancelling"
    queue.stopped(job)
    assert queue.status(job).state == "cancelled"


def test_a_job_that_finished_before_the_worker_stopped_is_done() -> None:
    queue, (job,) = _queue_of(1)
    queue.start_next()
    queue.ask_stop(job)
    queue.apply(job, JobDone("1M1", "done", built=True))
    assert queue.status(job).state == "done"
    assert queue.ask_stop(job) == job
    assert queue.status(job).state == "done"


def test_a_cancel_during_the_build_says_that_undo_helps() -> None:
    queue, (job,) = _queue_of(1)
    queue.start_next()
    queue.apply(job, JobNews("build", "running"))
    queue.ask_stop(job)
    queue.stopped(job)
    assert "undo" in queue.status(job).message


def test_without_a_name_cancel_means_the_running_job_then_the_next() -> None:
    queue, (first, second) = _queue_of(2)
    assert queue.ask_stop() == first
    assert queue.start_next() == second
    assert queue.ask_stop() == second
    queue.stopped(second)
    with pytest.raises(InputError, match="nothing to cancel"):
        queue.ask_stop()


def test_unknown_jobs_and_an_empty_queue_are_one_line() -> None:
    queue = JobQueue()
    with pytest.raises(InputError, match="no jobs yet"):
        queue.status()
    with pytest.raises(InputError, match="no job 'x'"):
        queue.ask_stop("x")
    assert queue.statuses() == ()


def test_a_full_queue_refuses_and_loses_none() -> None:
    queue, jobs = _queue_of(MAX_WAITING)
    with pytest.raises(InputError, match="waiting already"):
        queue.submit(HITS, "one more")
    assert queue.submit(HITS, "reply 3") == jobs[3]
    assert len(queue.waiting) == MAX_WAITING


def test_history_is_bounded_and_never_forgets_a_job_that_is_not_over() -> None:
    queue = JobQueue()
    first = queue.submit(HITS, "first")
    _over(queue, first)
    running = queue.submit(HITS, "running")
    assert queue.start_next() == running
    for number in range(HISTORY + 20):
        queue.ask_stop(queue.submit(HITS, f"r{number}"))
    assert len(queue.statuses()) == HISTORY + 1
    assert queue.status(running).state == "running"
    with pytest.raises(InputError):
        queue.status(first)
    assert queue.submit(HITS, "first") != first


def test_an_outcome_is_cut_to_what_a_message_carries() -> None:
    queue, (job,) = _queue_of(1)
    queue.start_next()
    queue.apply(job, JobFailed("x" * 10_000, lines=("y" * 10_000,) * 1000))
    status = queue.status(job)
    assert len(status.message) == MAX_LINE and status.message.endswith("...")
    assert len(status.lines) == MAX_LINES and {len(line) for line in status.lines[:-1]} == {MAX_LINE}
    assert status.lines[-1] == f"... and {1000 - MAX_LINES + 1} more"


@pytest.mark.parametrize(("request_", "title"), [
    (HITS, "1M1 A Storm"),
    (JobRequest("score", options={"cue": "2M3", "title": "Chase"}), "2M3 Chase"),
    (JobRequest("score", SeenVideo("/a/film.mp4", "", "film", 0.0, 8.0, 0.0)), "film"),
    (JobRequest("measure"), "")])
def test_a_job_has_a_title_before_it_starts(request_: JobRequest, title: str) -> None:
    queue = JobQueue()
    assert queue.status(queue.submit(request_, "r")).title == title
