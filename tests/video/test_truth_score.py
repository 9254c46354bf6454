from __future__ import annotations

from backend.video.truth_score import Score, score_frames, score_ranges, widened


def test_a_report_matches_once_and_the_nearest_pair_first() -> None:
    assert score_frames([10, 12], [11], 2) == Score(1, 0, 1)
    assert score_frames([9, 11], [11, 13], 2) == Score(1, 1, 1)
    assert score_frames([13], [10], 2) == Score(0, 1, 1)


def test_reports_in_ignored_ranges_are_dropped_unless_they_match() -> None:
    assert score_frames([20, 25, 40], [25], 2, [(18, 30)]) == Score(1, 0, 1)


def test_ranges_meet_by_overlap() -> None:
    assert score_ranges([(0, 5), (90, 95)], [(5, 9), (20, 30)]) == Score(1, 1, 1)
    assert score_ranges([(90, 95)], [], [(95, 99)]) == Score()


def test_margins_and_sums() -> None:
    assert widened([(10, 12)]) == [(7, 15)]
    total = Score(3, 1, 0) + Score(1, 0, 1)
    assert (total.recall, total.precision, total.f1) == (0.8, 0.8, 0.8)
    assert Score().f1 == 1.0
