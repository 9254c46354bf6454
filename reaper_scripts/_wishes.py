"""What the composer wishes for: mood, tempo, metre, another idea, a note. Asked in a dialog."""
from __future__ import annotations

from reaper_scripts._cues import built_cues
from reaper_scripts._errors import ActionError
from reaper_scripts._host import Host
from reaper_scripts._look import label_here
from reaper_scripts._wish_book import FIELDS, TAKE_BACK, read_wishes, wishes_of, write_wishes

_SEPARATOR, _SIZE = "|", 1 << 14


def make_wishes(host: Host) -> None:
    """Ask for the wishes of the cue at the time selection or edit cursor, or for all cues where none lies there."""
    label = label_here(host)
    book = read_wishes(host.api)
    before = book.get(label, {})
    shown = [("" if before.get(name) == TAKE_BACK else before.get(name, "")) for name, _ in FIELDS]
    captions = ",".join([*(caption for _, caption in FIELDS), "extrawidth=260", f"separator={_SEPARATOR}"])
    title = f"FilmComposer: wishes for {label}" if label else "FilmComposer: wishes for every cue"
    answer = host.api.RPR_GetUserInputs(title, len(FIELDS), captions, _SEPARATOR.join(shown), _SIZE)
    if not answer[0]:
        host.tell("the wishes stay as they were")
        return
    said = [text.strip() for text in str(answer[4]).split(_SEPARATOR)]
    if len(said) != len(FIELDS):
        raise ActionError(f"a wish holds the sign {_SEPARATOR}. Leave it out, then run the action again.")
    book[label] = _kept(dict(zip((name for name, _ in FIELDS), said, strict=True)), before)
    write_wishes(host.api, book)
    host.tell(*_told(label, wishes_of(host.api, label), label in built_cues(host.api)))


def _kept(said: dict[str, str], before: dict[str, str]) -> dict[str, str]:
    """A field that was emptied takes an earlier wish back."""
    return {name: text or TAKE_BACK for name, text in said.items() if text or name in before}


def _told(label: str, wishes: dict[str, str], stands: bool) -> tuple[str, ...]:
    meant = {name: text for name, text in wishes.items() if text != TAKE_BACK}
    what = ", ".join(f"{name} {text}" for name, text in meant.items()) or "nothing in particular"
    after = "run Score clip again to hear it" if stands else "the next score follows it"
    return (f"wished for {label or 'every cue'}: {what}; {after}",)
