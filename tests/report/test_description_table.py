"""What a describer with eyes said is on the report page, escaped; what was only measured makes no fuss."""
from __future__ import annotations

from dataclasses import replace

from backend.domain.description import (
    Attribute,
    Attributes,
    ClipDescription,
    MusicElements,
    Reasoning,
    ShotDescription,
    VisualElements,
)
from backend.report.page_tables import description_table

NONE = Attribute(None)
MEASURED = Attributes(Attribute("dark", "measured", 0.9), NONE, NONE, NONE, NONE, NONE, NONE)
PLAIN = ClipDescription(MEASURED, (ShotDescription(0, MEASURED, "3.0 s, slow motion."),), (), "slow", 0.0, 0.0, 0.2,
                        0.5)


def test_measured_shots_are_not_listed() -> None:
    page = description_table(PLAIN)
    assert "dark" in page and "Picture to music" not in page and "1 shots" not in page


def test_the_chain_from_picture_to_music_is_told() -> None:
    seen = replace(MEASURED, setting=Attribute("church", "model", 0.8))
    chain = Reasoning(VisualElements("<b>a door</b>", "dread", "slow", "grey"),
                      MusicElements("drone", ("cello_solo",), "sparse", "Fear"), "A low drone under a lone cello.")
    page = description_table(replace(PLAIN, reasoning=chain, shots=(
        ShotDescription(0, seen, "3.0 s, slow motion.", "A hand on the door."),)))
    assert "A low drone under a lone cello." in page and "cello_solo" in page
    assert "&lt;b&gt;a door&lt;/b&gt;" in page and "<b>a door" not in page
    assert "A hand on the door." in page and "church" in page
