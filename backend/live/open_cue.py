"""From a request to a job: which film, which stretch of it, which folder, which options."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from backend.config import DEFAULTS, TAKE_BACK, Options, options_from, title_of
from backend.cue_job import CueJob
from backend.domain.time import timecode_frame
from backend.errors import InputError, OptionError
from backend.live.asked import Asked, asked_for
from backend.live.folder import CueFolder, CueName, cue_folder
from backend.live.marker_names import clean
from backend.live.memory import SessionMemory, read_memory
from backend.live.picture import ShownPicture, cue_bounds, shown_picture
from backend.live.timecode import label_rate, project_rate, start_timecode
from backend.ports import Services
from bridge.messages import JobRequest, Span

SAME_S = 1e-3


Rewire = Callable[[Services, Options, Path], Services]
"""Services as the cue's options name them, remembered ones included; records go to the cue's folder."""


@dataclass(frozen=True)
class OpenCue:
    """``picture`` null: the film is not in the session (a job from the command line). ``request`` with the span that is
    meant. ``notes`` are lines for people."""

    request: JobRequest
    job: CueJob
    memory: SessionMemory
    picture: ShownPicture | None
    place: CueFolder
    notes: tuple[str, ...] = ()


def open_cue(request: JobRequest, services: Services, rewire: Rewire) -> OpenCue:
    """Raises the one-line errors of picture, folder and options; makes the folder."""
    if request.video is None:
        raise InputError("There is no film to work on. Select the video item, then run the action again.")
    asked = asked_for(request.options)
    asked.options.over(DEFAULTS).check()
    clip = _clip(request.video.file)
    name = _cue_name(request, asked.options, clip)
    in_session = bool(request.video.item) or request.span is not None
    picture = shown_picture(request.video, services.clip_analyzer) if in_session else None
    if picture is not None:
        cue_bounds(picture, request.span)  # before a folder is made
    place = cue_folder(clip, name, request.project.folder if request.project else "", request.output)
    memory = read_memory(place.folder)
    request = replace(request, span=_span_as_asked(request.span, memory))
    try:
        options = _options(request, asked, picture, place)
    except Exception:
        place.folder.discard_if_empty()
        raise
    job = CueJob(clip, place.folder, options, rewire(services, options, place.folder.path), asked.supplied)
    return OpenCue(request, job, memory, picture, place, _notes(request, picture))


def _clip(file: str) -> Path:
    path = Path(file)
    if not path.is_absolute():
        raise InputError(f"'{file}': give the film's full path.")
    if not path.is_file():
        raise InputError(f"There is no film '{file}'. Bring the media online, then run the action again.")
    return path


def cue_name(request: JobRequest) -> CueName:
    """Label and title that a request goes by. Raises InputError, OptionError."""
    if request.video is None:
        raise InputError("There is no film to work on. Select the video item, then run the action again.")
    return _cue_name(request, asked_for(request.options).options, Path(request.video.file))


def _cue_name(request: JobRequest, given: Options, clip: Path) -> CueName:
    label = given.cue or (clean(request.span.label) if request.span else "") or str(DEFAULTS.cue)
    title = given.title or (clean(request.span.title) if request.span else "")
    return CueName(label, title if title and title != clip.stem else title_of(clip.stem))


def _span_as_asked(span: Span | None, memory: SessionMemory) -> Span | None:
    """The region that a build laid ends with the last bar; what is meant is the cue that was scored."""
    if span is None or memory.start_s is None or memory.end_s is None or memory.bars_end_s is None:
        return span
    laid = abs(span.start_s - memory.start_s) < SAME_S and abs(span.end_s - memory.bars_end_s) < SAME_S
    return replace(span, end_s=memory.end_s) if laid else span


def _options(request: JobRequest, asked: Asked, picture: ShownPicture | None, place: CueFolder) -> Options:
    """What was typed, over what the session shows, over what the folder remembers, over the defaults."""
    folder, given = place.folder, asked.options
    remembered = options_from(folder.options) if folder.is_known else Options()
    yours = folder.yours_now("describe", ("description.json", "description.txt"))
    said = None if given.emotion == TAKE_BACK and remembered.emotion is None else given.emotion
    if said not in (None, remembered.emotion) and yours:
        raise OptionError(f"{yours[0]} is yours now: set the emotion there, or delete it to use --emotion.")
    if request.span is not None:
        label, title = clean(request.span.label), clean(request.span.title)
        shown = Options(cue=label or None, title=title if title != Path(str(request.video and request.video.file)).stem
                        and title else None)
        given = given.over(shown)
    if picture is not None:
        given = given.over(_as_shown(request, picture))
    return given.over(remembered).over(DEFAULTS).check()


def _as_shown(request: JobRequest, picture: ShownPicture) -> Options:
    """In, out, speed and timecode of the cue. What is as the film has it is not said, so that a folder made on the
    command line goes on."""
    clip, project = picture.clip, request.project
    cue_in, cue_out = cue_bounds(picture, request.span)
    shown = Options(cue_in=str(cue_in) if cue_in else TAKE_BACK, cue_out=TAKE_BACK if cue_out is None else str(cue_out),
                    frame_rate=TAKE_BACK, start_timecode=TAKE_BACK,
                    play_rate=TAKE_BACK if clip.play_rate == 1 else str(clip.play_rate))
    if project is None:
        return shown
    rate = label_rate(clip.frame_rate, project_rate(project), clip.play_rate)
    text = start_timecode(project, picture.project_s(cue_in), cue_in, rate)
    if rate == clip.frame_rate and timecode_frame(text, rate) == clip.start_frame:
        return shown
    return replace(shown, frame_rate=str(rate), start_timecode=text)


def _notes(request: JobRequest, picture: ShownPicture | None) -> tuple[str, ...]:
    project = project_rate(request.project)
    if picture is None or project is None:
        return ()
    picture_rate = picture.clip.frame_rate
    if picture.clip.play_rate != 1 or picture_rate.fps == project.fps:
        return ()
    return (f"The project counts {project} frames a second, the film has {picture_rate}: timecodes here count the "
            "film's frames. Set the project's frame rate to the film's to have one clock.",)
