from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from backend.agents.rules.analyze import build_ranges, hit_weights, sections_of
from backend.agents.rules.cast import track_limit
from backend.agents.rules.mix import ROLE_GAIN_DB
from backend.agents.rules.palette import emotion_weights, ranked
from backend.agents.rules.quality import dynamics_rho, hit_rating, quality, spearman
from backend.domain.analysis import Transition
from backend.domain.description import EMOTIONS, Attribute
from backend.domain.requests import ArrangeRequest
from backend.domain.scheme import Issue, Review
from backend.domain.spotting import Section
from backend.music.brief import make_brief
from backend.music.instruments import instruments
from backend.music.layers.accents import FAST_ATTACK_MS
from backend.rounds import arrange_in_rounds
from tests.agents.sample_cue import EXPERTS, description, request
from tests.music.drawn import picture


def _review(step: str, path: str, suggestion: str = "") -> Review:
    return Review("revise", 0.5, (Issue(2, step, path, "it falls short", suggestion),))  # type: ignore[arg-type]


def _casting(asked: ArrangeRequest) -> list[tuple[str, str]]:
    plan = EXPERTS.analyzer.analyze(asked)
    casting = EXPERTS.caster.cast(asked, plan, EXPERTS.arranger.arrange(asked, plan))
    return [(track.role, track.instrument) for track in casting.tracks]


def test_levels_follow_the_motion() -> None:
    asked = request("Exciting", hit_times_s=())
    levels = [m.level for m in EXPERTS.analyzer.analyze(asked).measures]
    assert levels.index(max(levels)) in (2, 7)
    assert levels.index(min(levels)) in (0, 4, 5, 9)


def test_hit_weights_stand_in_their_bars() -> None:
    asked = request("Exciting")
    assert hit_weights(asked) == {3: 0.95, 8: 0.95}
    plan = EXPERTS.analyzer.analyze(asked)
    assert [m.m for m in plan.measures if m.hit_weight] == [3, 8]


def test_builds_lead_into_big_hits_and_not_across_one() -> None:
    asked = request("Exciting", hit_times_s=(6.0, 8.0, 18.0))
    assert [(b.from_bar, b.to_bar) for b in build_ranges(asked)] == [(1, 2), (6, 7)]


def test_build_raises_the_level_before_the_hit() -> None:
    calm = request("Sad", hit_times_s=())
    built = request("Sad", hit_times_s=(18.0,))
    before, after = (EXPERTS.analyzer.analyze(asked).measures[6].level for asked in (calm, built))
    assert after > before + 0.05


def test_review_widens_the_dynamics() -> None:
    asked = request("Sad", hit_times_s=())
    plain = [m.level for m in EXPERTS.analyzer.analyze(asked).measures]
    again = replace(asked, reviews=(_review("analyze", "/measures"),))
    wide = [m.level for m in EXPERTS.analyzer.analyze(again).measures]
    assert max(wide) - min(wide) > max(plain) - min(plain)


def test_the_busier_side_of_a_border_has_the_ostinato() -> None:
    asked = request("Exciting", hit_times_s=())
    border = asked.tempo_map.bars[5].start_q
    for busy_before in (True, False):
        thin = tuple(note for note in asked.melody.notes
                     if (note.onset_q < border) == busy_before or note.onset_q % 4 == 0)
        plan = EXPERTS.analyzer.analyze(replace(asked, melody=replace(asked.melody, notes=thin)))
        driven = ["ostinato" in measure.texture for measure in plan.measures]
        assert driven == [busy_before] * 5 + [not busy_before] * 5


def test_sections_tile_the_bars() -> None:
    asked = request("Sad")
    gappy = replace(asked, melody=replace(asked.melody, sections=(Section("A", 2, 3), Section("B", 6, 7))))
    assert [(s.label, s.first_bar, s.last_bar) for s in sections_of(gappy)] == [("A", 1, 5), ("B", 6, 10)]
    none = replace(asked, melody=replace(asked.melody, sections=()))
    assert [(s.first_bar, s.last_bar) for s in sections_of(none)] == [(1, 10)]


def test_neighbouring_sections_get_other_layers() -> None:
    plan = EXPERTS.analyzer.analyze(request("Joyous"))
    a, b = (set(plan.measures[s.first_bar - 1].texture) for s in plan.sections)
    assert a != b


def test_percussion_only_where_the_brief_wants_it() -> None:
    for emotion in ("Sad", "Calm", "Dreamy"):
        plan = EXPERTS.analyzer.analyze(request(emotion))
        assert not any("percussion" in m.texture for m in plan.measures)
    assert any("percussion" in m.texture for m in EXPERTS.analyzer.analyze(request("Exciting")).measures)


def test_a_fade_out_of_the_picture_fades_the_music() -> None:
    asked = request("Calm")
    frames = len(asked.analysis.frame_times_s)
    fade = Transition("fade_out", frames - 30, frames - 1)
    faded = replace(asked, analysis=replace(asked.analysis, transitions=(fade,)))
    plan = EXPERTS.analyzer.analyze(asked)
    assert EXPERTS.arranger.arrange(asked, plan).ending == "cadence"
    assert EXPERTS.arranger.arrange(faded, plan).ending == "fade"


def test_silence_only_where_nothing_starts() -> None:
    asked = request("Calm", hit_times_s=())
    plan = EXPERTS.analyzer.analyze(asked)
    quiet = replace(plan, measures=tuple(replace(m, level=0.15) for m in plan.measures))
    assert EXPERTS.arranger.arrange(asked, quiet).silences == ()
    resting = tuple(n for n in asked.melody.notes if asked.tempo_map.bar_at(n.onset_q).number not in (4, 5))
    pause = replace(asked, melody=replace(asked.melody, notes=resting))
    assert [(s.from_bar, s.to_bar) for s in EXPERTS.arranger.arrange(pause, quiet).silences] == [(4, 5)]


@pytest.mark.parametrize("emotion", EMOTIONS)
def test_casting_keeps_its_limit_and_avoids_what_the_brief_avoids(emotion: str) -> None:
    asked = request(emotion)
    cast = _casting(asked)
    plan = EXPERTS.analyzer.analyze(asked)
    assert len(cast) <= track_limit(plan)
    assert not {name for _, name in cast} & set(asked.brief.avoid)
    assert len({name for _, name in cast}) == len(cast)
    assert cast[0][0] == "melody"
    fast = [name for role, name in cast if role == "accent" and instruments()[name].attack_ms <= FAST_ATTACK_MS]
    assert fast


def test_accents_come_from_many_families() -> None:
    families = {instruments()[name].stem for emotion in EMOTIONS for role, name in _casting(request(emotion))
                if role == "accent"}
    assert len(families) >= 4


def test_core_instruments_come_first() -> None:
    asked = request("Sad")
    assert ranked("melody", asked)[0].id in asked.brief.core


def test_what_cannot_carry_the_line_is_not_offered() -> None:
    asked = request("Sad")
    low = replace(asked, melody=replace(asked.melody, notes=tuple(
        replace(n, pitch=60 + 7 * (i % 8)) for i, n in enumerate(asked.melody.notes))))
    assert "duduk" not in {item.id for item in ranked("melody", low)}


def test_review_replaces_an_instrument() -> None:
    asked = request("Sad")
    lead = ranked("melody", asked)[0].id
    again = replace(asked, reviews=(_review("instrument", "/tracks/0/instrument", f"replace {lead}"),))
    assert lead not in {item.id for item in ranked("melody", again)}


def test_measured_mood_is_a_mixture_of_emotions() -> None:
    unnamed = make_brief(description(None), 24.0, None)
    weights = emotion_weights(unnamed)
    assert sum(weights.values()) == pytest.approx(1.0) and len(weights) == 12
    assert emotion_weights(make_brief(description("Fear"), 24.0, "Fear")) == {"Fear": 1.0}


def test_volume_follows_the_level_and_lowers_for_a_buried_melody() -> None:
    asked = request("Exciting")
    plan = EXPERTS.analyzer.analyze(asked)
    casting = EXPERTS.caster.cast(asked, plan, EXPERTS.arranger.arrange(asked, plan))
    index = next(t.track_index for t in casting.tracks if t.role == "pad")
    plain = EXPERTS.volume.balance(asked, plan, casting).tracks
    pad = next(t.measures for t in plain if t.track_index == index)
    levels = {m.m: m.level for m in plan.measures}
    assert sorted(pad, key=lambda m: pad[m]) == sorted(levels, key=lambda m: (levels[m], pad[m]))
    again = EXPERTS.volume.balance(replace(asked, reviews=(_review("volume", "/melody"),)), plan, casting).tracks
    assert next(t.measures for t in again if t.track_index == index)[1] < pad[1]


def test_mix_seats_everybody_within_the_stage() -> None:
    asked = request("Exciting")
    plan = EXPERTS.analyzer.analyze(asked)
    casting = EXPERTS.caster.cast(asked, plan, EXPERTS.arranger.arrange(asked, plan))
    mix = EXPERTS.mixer.mix(asked, casting)
    assert all(-0.7 <= t.pan <= 0.7 and 0 <= t.reverb_space <= 1 for t in mix.tracks)
    by_role = {t.role: m.gain_db for t, m in zip(casting.tracks, mix.tracks, strict=True)}
    assert by_role["melody"] > by_role["pad"] and ROLE_GAIN_DB["melody"] == 0


def test_close_ups_are_drier() -> None:
    asked = request("Sad")
    plan = EXPERTS.analyzer.analyze(asked)
    casting = EXPERTS.caster.cast(asked, plan, EXPERTS.arranger.arrange(asked, plan))
    attributes = replace(asked.description.clip, view_scale=Attribute("close-up", "user", 1.0))
    near = replace(asked, description=replace(asked.description, clip=attributes))
    plain, dry = (EXPERTS.mixer.mix(who, casting).tracks[0].reverb_space for who in (asked, near))
    assert dry == pytest.approx(plain - 0.15)


@pytest.mark.parametrize(("setting", "moved"), [("church", 0.15), ("ballroom", 0.15), ("car", -0.15), ("road", 0.0)])
def test_the_place_sounds(setting: str, moved: float) -> None:
    asked = request("Sad")
    plan = EXPERTS.analyzer.analyze(asked)
    casting = EXPERTS.caster.cast(asked, plan, EXPERTS.arranger.arrange(asked, plan))
    attributes = replace(asked.description.clip, setting=Attribute(setting, "user", 1.0))
    there = replace(asked, description=replace(asked.description, clip=attributes))
    plain, now = (EXPERTS.mixer.mix(who, casting).tracks[0].reverb_space for who in (asked, there))
    assert now == pytest.approx(plain + moved)


def test_reviewer_sees_a_missing_accent() -> None:
    asked = request("Exciting")
    score, scheme = arrange_in_rounds(asked, EXPERTS, "Test")
    assert hit_rating(score, asked) == 1.0
    bare = replace(score, parts=tuple(p for p in score.parts if p.role == "melody"))
    assert hit_rating(bare, asked) == 0.0
    found = EXPERTS.reviewer.review(asked, bare, scheme)
    assert found.verdict == "revise" and any(issue.path == "/accents" for issue in found.issues)


def test_reviewer_sees_what_cannot_be_played() -> None:
    asked = request("Exciting")
    score, scheme = arrange_in_rounds(asked, EXPERTS, "Test")
    lead = score.parts[0]
    high = replace(lead, notes=tuple(replace(note, pitch=127) for note in lead.notes))
    broken = replace(score, parts=(high, *score.parts[1:]))
    assert quality(asked, broken, scheme)["range"] == 0.0
    assert any(i.suggestion == f"replace {lead.instrument}"
               for i in EXPERTS.reviewer.review(asked, broken, scheme).issues)


def test_dynamics_figure_tells_a_flat_score_from_a_living_one() -> None:
    asked = request("Exciting", hit_times_s=())
    score, scheme = arrange_in_rounds(asked, EXPERTS, "Test")
    living = dynamics_rho(score, scheme, asked)
    flat = replace(score, parts=tuple(replace(p, notes=tuple(replace(n, velocity=80) for n in p.notes))
                                      for p in score.parts if p.role in ("pad", "bass")))
    even = replace(scheme, tracks=tuple(replace(t, volume_envelope={1: 1.0}) for t in scheme.tracks))
    assert living is not None and living >= 0.6
    control = dynamics_rho(flat, even, asked)
    assert control is not None and control < living - 0.2
    still = replace(asked, analysis=picture(24))
    assert dynamics_rho(score, scheme, still) is None


def test_spearman_by_hand() -> None:
    import numpy as np

    assert spearman(np.array([1.0, 2, 3, 4]), np.array([1.0, 4, 9, 16])) == pytest.approx(1.0)
    assert spearman(np.array([1.0, 2, 3, 4]), np.array([2.0, 1, 4, 3])) == pytest.approx(0.6)
    assert spearman(np.ones(4), np.arange(4.0)) == 0.0


def test_position_of_the_end_does_not_depend_on_hits() -> None:
    assert request("Sad").tempo_map.end_q == Fraction(40)
