"""The error tree. Every message is one line that says what is wrong and what to do next; the CLI exits with 2.

FilmComposerError
 |- InputError          something the user gave: a path, an option, an edited file
 |   |- MediaError      a clip that cannot be opened or decoded
 |   |- OptionError     a flag or a combination of flags
 |   `- EditError       a results file that was edited into something unreadable, or two edits that collide
 |- MissingExtraError   an optional package or file that was asked for and is not there; carries the install line
 |- OutputError         results cannot be written (full disk, no permission)
 `- CompositionError    no result that meets the rules could be made from this input
"""
from __future__ import annotations


class FilmComposerError(Exception):
    """Base of every error shown to the user as one line."""


class InputError(FilmComposerError):
    """Something the user gave cannot be used."""


class MediaError(InputError):
    """A clip cannot be opened or decoded."""


class OptionError(InputError):
    """A flag, or a combination of flags, makes no sense."""


class EditError(InputError):
    """An edited results file cannot be read back, or two edits collide."""


class MissingExtraError(FilmComposerError):
    """Something optional was asked for and is not installed."""


class OutputError(FilmComposerError):
    """Results cannot be written."""


class CompositionError(FilmComposerError):
    """No result within the rules could be made from this input."""


class EndpointError(FilmComposerError):
    """A language model was asked for and cannot be used: no server, no key, no such model."""


class CapError(EndpointError):
    """The cap on what a cue may cost is reached; what stands is kept."""


class ReplayError(EndpointError):
    """A run is replayed and a reply it needs was never recorded."""
