"""What the assessor is fitted and tested on: pieces with clear rights, split by composer, and controls made of them.

Sources: OpenScore Lieder and String Quartets (CC0), OpenEWLD lead sheets (public domain songs, repository MIT), and
Bach chorales of the music21 corpus (public domain). Nothing of VGMIDI, POP909, Nottingham or Essen.
"""
from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from backend.music.criteria import keys
from backend.music.criteria.features import Line, Piece, beat_length_q, line_of
from backend.music.theory import MODES, scale_pcs
from backend.training.musicxml_pieces import WrittenPiece, read_piece

SEED = 2024
SPLITS = {"train": .5, "dev": .2, "test": .3}
JITTER_Q = .22
BARS = {"melody": (8, 32), "short": (3, 7), "score": (8, 32)}
"""Lengths of the excerpts per kind of fusion weights."""
CONTROLS = ("random chromatic", "random diatonic", "shuffled", "jittered", "looped bar", "one note")
SCORE_CONTROLS = ("bitonal",)
"""Made of scores only: every line but the first moved by a semitone."""
BITONAL_SHIFT = 1
PROBES = ("random walk", "octatonic")
"""Not fitted against: a walk in scale steps on the human rhythm, and the human melody moved to an octatonic scale."""
BACH = "Johann Sebastian Bach"


@dataclass(frozen=True, eq=False)
class Source:
    """A written piece, where it comes from and in which split its composer is."""

    collection: str
    composer: str
    split: str
    written: WrittenPiece


@dataclass(frozen=True)
class Listed:
    """A file of a collection and its authors (traditional songs: their title)."""

    collection: str
    path: Path
    authors: tuple[str, ...]


def listed(data: Path) -> list[Listed]:
    """Every file of the three collections under ``data`` (the folder that holds ``symbolic``)."""
    root = data / "symbolic"
    out = []
    for song in json.loads((root / "openscore_lieder/manifest.json").read_text(encoding="utf-8"))["songs"]:
        out.append(Listed("lieder", root / "openscore_lieder/mxl" / f"{song['id']}.mxl", (song["composer"],)))
    for song in json.loads((root / "openewld_leadsheets/manifest.json").read_text(encoding="utf-8"))["songs"]:
        title = "title:" + "".join(ch for ch in song["title"].lower() if ch.isalnum())
        names = tuple(a.split(" [")[0] for a in song["authors"] if a != "[Traditional]")
        out.append(Listed("lead sheets", root / "openewld_leadsheets" / song["file"], (*names, title)))
    for item in json.loads((root / "openscore_quartets/manifest.json").read_text(encoding="utf-8"))["files"]:
        composer = item["source_path"].split("/")[1].replace("_", " ")
        last, _, first = composer.partition(", ")
        out.append(Listed("quartets", root / "openscore_quartets" / item["file"], (f"{first} {last}".strip(),)))
    return out


def chorales(data: Path, count: int) -> list[Listed]:
    """The first ``count`` four-part chorales of the music21 corpus, by name."""
    from music21 import corpus

    index = json.loads((data / "symbolic/music21_corpus_index.json").read_text(encoding="utf-8"))
    return [Listed("chorales", Path(str(corpus.getWork(name))), (BACH,)) for name in index["bach_four_part"][:count]]


def groups(files: list[Listed]) -> list[str]:
    """One group name per file: files that share an author, directly or through others, share the group."""
    parent: dict[str, str] = {}

    def find(name: str) -> str:
        while parent.setdefault(name, name) != name:
            name = parent[name]
        return name

    for item in files:
        for author in item.authors[1:]:
            a, b = sorted((find(item.authors[0]), find(author)))
            parent[b] = a
    return [find(item.authors[0]) for item in files]


def split_of(group: str) -> str:
    """train, dev or test from a hash of the group's name; Bach is in train, where his chorales are."""
    if group == BACH:
        return "train"
    x = int(hashlib.sha256(f"{SEED}:{group}".encode()).hexdigest()[:8], 16) / 2 ** 32
    return "train" if x < SPLITS["train"] else "dev" if x < SPLITS["train"] + SPLITS["dev"] else "test"


def sources(files: list[Listed]) -> list[Source]:
    """Read every file and give it its split."""
    return [Source(item.collection, group, split_of(group), read_piece(item.path))
            for item, group in zip(files, groups(files), strict=True)]


def data_hash(files: list[Listed]) -> str:
    """SHA-256 over the names and contents of all files."""
    total = hashlib.sha256()
    for item in sorted(files, key=lambda f: (f.collection, f.path.name)):
        total.update(f"{item.collection}/{item.path.name}:".encode() + item.path.read_bytes())
    return total.hexdigest()


def cut(written: WrittenPiece, lines: tuple[int, ...], first: int, count: int) -> Piece:
    """Bars ``first`` .. ``first + count`` (0-based) of some lines, moved to 0; notes held over the cut are left out."""
    bars = written.bars[first:first + count]
    start, end = bars[0].start_q, bars[-1].start_q + bars[-1].length_q
    inside = [[(float(o - start), float(min(d, end - o)), p) for o, d, p in written.lines[i] if start <= o < end]
              for i in lines]
    kept = tuple(line_of(notes, "melody" if k == 0 else "other") for k, notes in enumerate(inside))
    edges = np.asarray([float(b.start_q - start) for b in bars] + [float(end - start)])
    beats = np.asarray([beat_length_q(b.numerator, b.denominator) for b in bars])
    return Piece(kept, edges, beats)


def excerpt(source: Source, bars: tuple[int, int], rng: np.random.Generator, *, melody_only: bool = True
            ) -> Piece | None:
    """A seeded cut that begins with a bar that sounds; None when the piece has no stretch with enough notes."""
    written = source.written
    indices = (0,) if melody_only else tuple(range(len(written.lines)))
    onsets = np.asarray([float(n[0]) for n in written.lines[0]])
    starts = np.asarray([float(b.start_q) for b in written.bars])
    sounding = np.unique(np.searchsorted(starts, onsets + 1e-6, side="right") - 1)
    need = 2 * bars[0]
    for _ in range(30):
        count = int(rng.integers(bars[0], bars[1] + 1))
        fitting = sounding[sounding <= len(written.bars) - count]
        if not fitting.size:
            continue
        piece = cut(written, indices, int(rng.choice(fitting)), count)
        if piece.melody.pitch.size >= need and len(piece.sounding_bars) >= .7 * count:
            return piece
    return None


def control(piece: Piece, kind: str, rng: np.random.Generator) -> Piece:
    """Music that nobody should accept, made line by line from ``piece``; metre and bars stay."""
    chosen = _loop_bar(piece, rng) if kind == "looped bar" else 0
    lines = tuple(_spoilt(piece, index, kind, chosen, rng) for index in range(len(piece.lines)))
    return Piece(lines, piece.bar_q, piece.beat_q)


def _spoilt(piece: Piece, index: int, kind: str, chosen: int, rng: np.random.Generator) -> Line:
    """One line of a control; ``chosen`` is the bar that is looped."""
    line = piece.lines[index]
    if line.pitch.size == 0:
        return line
    onset, duration, pitch, n = line.onset_q, line.duration_q, line.pitch, line.pitch.size
    low, high = int(pitch.min()), int(pitch.max())
    if kind == "random chromatic":
        pitch = rng.integers(low, high + 1, n)
    elif kind == "random diatonic":
        scale = frozenset(scale_pcs(piece.key.tonic_pc, "aeolian" if piece.key.is_minor else "major"))
        pitch = rng.choice([p for p in range(low, high + 1) if p % 12 in scale] or [low], n)
    elif kind == "shuffled":
        pitch = rng.permutation(pitch)
    elif kind == "jittered":
        onset = np.maximum(0.0, onset + rng.uniform(-JITTER_Q, JITTER_Q, n))
    elif kind == "looped bar":
        onset, duration, pitch = _looped(piece, line, chosen)
    elif kind == "one note":
        pitch = np.full(n, int(np.median(pitch)))
    elif kind == "bitonal":
        pitch = pitch + (BITONAL_SHIFT if index else 0)
    elif kind in PROBES:
        pitch = _walk(piece, line, rng) if kind == "random walk" else _octatonic(piece, line)
    else:
        raise ValueError(f"no control '{kind}'; there are {', '.join((*CONTROLS, *SCORE_CONTROLS))}")
    return line_of(zip(onset, duration, pitch, strict=True), line.role)


def _scale_pitches(steps: np.ndarray, tonic: int, scale: tuple[int, ...]) -> np.ndarray:
    """Pitches of whole scale steps, step 0 the lowest tonic."""
    return np.asarray([tonic + 12 * (s // len(scale)) + scale[s % len(scale)] for s in steps.tolist()], int)


def _walk(piece: Piece, line: Line, rng: np.random.Generator) -> np.ndarray:
    """From the line's first pitch by -2 .. 2 scale steps at a time, turned back at the edges of its range."""
    scale = MODES["aeolian" if piece.key.is_minor else "major"]
    steps = np.floor(keys.scale_steps(line.pitch, piece.key)).astype(int)
    low, high, at = int(steps.min()), int(steps.max()), int(steps[0])
    path = []
    for move in rng.integers(-2, 3, line.pitch.size).tolist():
        path.append(at)
        at = at + move if low <= at + move <= high else at - move
    return np.asarray(np.clip(_scale_pitches(np.asarray(path), piece.key.tonic_pc, scale), 0, 127), int)


def _octatonic(piece: Piece, line: Line) -> np.ndarray:
    """Every scale step of the melody as a step of the octatonic scale, near the register it came from."""
    steps = np.floor(keys.scale_steps(line.pitch, piece.key)).astype(int)
    moved = _scale_pitches(steps, piece.key.tonic_pc, MODES["octatonic"])
    octaves = round(float(line.pitch.mean() - moved.mean()) / 12)
    return np.asarray(moved + 12 * octaves, int)


def _loop_bar(piece: Piece, rng: np.random.Generator) -> int:
    """A bar in which the melody has at least two notes."""
    counts = np.bincount(piece.bars_of(piece.melody.onset_q), minlength=piece.bar_count)
    return int(rng.choice(np.flatnonzero(counts >= min(2, counts.max()))))


def _looped(piece: Piece, line: Line, chosen: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Bar ``chosen`` of a line in every bar, cut where a bar is shorter."""
    inside = piece.bars_of(line.onset_q) == chosen
    rows = [(start + o, d, p) for start, end in zip(piece.bar_q[:-1], piece.bar_q[1:], strict=True)
            for o, d, p in zip(line.onset_q[inside] - piece.bar_q[chosen], line.duration_q[inside],
                               line.pitch[inside], strict=True) if start + o < end - 1e-6]
    table = np.asarray(rows, float).reshape(-1, 3)
    return table[:, 0], table[:, 1], table[:, 2].astype(int)
