"""Ways in which a reply goes wrong that models have been seen to use (craft 8.5), each a function of a good reply."""
from __future__ import annotations

import json
import math
import random
import re
from collections.abc import Callable, Iterator
from typing import Any

from backend.agents.stand_in.asked import Asked

Spoil = Callable[[dict[str, Any], Asked, random.Random], Any]
"""From a good envelope to a spoilt one, or to a text."""


def _spots(tree: Any, key: str) -> Iterator[tuple[Any, Any]]:
    """(container, key) of every place of that name."""
    if isinstance(tree, dict):
        for name in list(tree):
            if name == key:
                yield tree, name
            yield from _spots(tree[name], key)
    elif isinstance(tree, list):
        for item in tree:
            yield from _spots(item, key)


def _leaves(tree: Any, kind: type | tuple[type, ...]) -> list[tuple[Any, Any]]:
    places = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    out: list[tuple[Any, Any]] = []
    for key, value in list(places):
        if isinstance(value, kind) and not isinstance(value, bool):
            out.append((tree, key))
        out += _leaves(value, kind)
    return out


def truncated(envelope: dict[str, Any], asked: Asked, rng: random.Random) -> str:
    text = json.dumps(envelope)
    return text[:rng.randrange(1, len(text))]


def prose_wrapped(envelope: dict[str, Any], asked: Asked, rng: random.Random) -> str:
    before = rng.choice(("Sure! Here is the plan {as you asked}:\n\n", "I thought about [bars 1-4] first.\n"))
    return before + json.dumps(envelope, indent=1) + "\n\nLet me know if you'd like {changes}!"


def fenced(envelope: dict[str, Any], asked: Asked, rng: random.Random) -> str:
    return f"```{rng.choice(('json', 'JSON', ''))}\n{json.dumps(envelope, indent=2)}\n```"


def empty(envelope: dict[str, Any], asked: Asked, rng: random.Random) -> str:
    return rng.choice(("", " \n", "null", "{}", "[]", '"ok"'))


def wrong_measure_count(envelope: dict[str, Any], asked: Asked, rng: random.Random) -> Any:
    """Measures fall out, come twice, or drift by one."""
    way = rng.randrange(3)
    for holder, key in [*_spots(envelope, "measures"), *_spots(envelope, "tracks"), *_spots(envelope, "voices")]:
        listed = holder[key]
        if isinstance(listed, dict) and listed:
            holder[key] = {(str(int(k) + 900) if way == 2 else k): v for k, v in list(listed.items())[way == 0:]}
        elif isinstance(listed, list) and listed:
            holder[key] = listed[:-1] if way == 0 else [*listed, listed[-1]] if way == 1 else [
                {**item, "m": item["m"] + 1} if isinstance(item, dict) and "m" in item else item for item in listed]
    return envelope


def unknown_instrument(envelope: dict[str, Any], asked: Asked, rng: random.Random) -> Any:
    for name in ("instrument", "articulation"):
        for holder, key in _spots(envelope, name):
            holder[key] = rng.choice(("theremin_quartet", "violin I", "", "../../piano", "STRINGS"))
    return envelope


def not_a_number(envelope: dict[str, Any], asked: Asked, rng: random.Random) -> Any:
    leaves = _leaves(envelope, (int, float))
    for holder, key in rng.sample(leaves, max(1, len(leaves) // 3)) if leaves else []:
        holder[key] = rng.choice((math.nan, math.inf, -math.inf))
    return envelope


def ten_times_pan(envelope: dict[str, Any], asked: Asked, rng: random.Random) -> Any:
    """Figures in another unit or far outside: pan in percent, levels in dB, bars as milliseconds."""
    for name in ("pan", "gain_db", "reverb_space", "level", "tension", "octave_shift", "octave", "to_bar",
                 "high_pitch", "confidence", "rating"):
        for holder, key in _spots(envelope, name):
            if isinstance(holder[key], (int, float)):
                holder[key] = holder[key] * rng.choice((10, -10, 100, 1e9)) + rng.choice((0, 7))
    return envelope


def wrong_types(envelope: dict[str, Any], asked: Asked, rng: random.Random) -> Any:
    leaves = _leaves(envelope, (int, float, str))
    for holder, key in rng.sample(leaves, max(1, len(leaves) // 4)) if leaves else []:
        holder[key] = rng.choice((None, [], {}, "many", -1, 10 ** 400, True, [holder[key]], {"value": holder[key]}))
    return envelope


def extra_fields(envelope: dict[str, Any], asked: Asked, rng: random.Random) -> Any:
    envelope["tool_calls"] = [{"function": {"name": "shell", "arguments": "{\"cmd\": \"rm -rf ~\"}"}}]
    payload = envelope.get("payload")
    if isinstance(payload, dict):
        payload["notes"] = [{"pitch": 200, "onset_q": -1}]
    return envelope


def no_envelope(envelope: dict[str, Any], asked: Asked, rng: random.Random) -> Any:
    """The payload alone, or inside a list, or as a text inside the envelope."""
    payload = envelope.get("payload")
    return rng.choice((payload, [envelope], {**envelope, "payload": json.dumps(payload)}))


def copied_example(envelope: dict[str, Any], asked: Asked, rng: random.Random) -> Any:
    """The answer of a few-shot example of the prompt instead of one's own."""
    found = []
    for match in re.finditer(r'\{"reasoning_summary"', asked.system):
        try:
            found.append(json.JSONDecoder().raw_decode(asked.system, match.start())[0])
        except json.JSONDecodeError:
            continue
    return rng.choice(found) if found else envelope


def changed_key(envelope: dict[str, Any], asked: Asked, rng: random.Random) -> Any:
    """Another key, metre and tempo than the table's, and the melody moved along."""
    envelope["reasoning_summary"] = "I moved the cue to F sharp locrian in 7/8 at 200, which suits it better."
    payload = envelope.get("payload")
    if isinstance(payload, dict):
        payload.update({"key": "F# locrian", "meter": "7/8", "tempo": 200})
    for name in ("octave_shift", "low_pitch", "high_pitch"):
        for holder, key in _spots(envelope, name):
            if isinstance(holder[key], int):
                holder[key] += 6
    return envelope


def contradicting_reviewer(envelope: dict[str, Any], asked: Asked, rng: random.Random) -> Any:
    """Finds the worst and accepts, or nothing at all and wants everything again."""
    for holder, key in _spots(envelope, "verdict"):
        issues = [{"severity": 3, "step": step, "path": "/tracks/0", "problem": "too loud and too soft",
                   "suggestion": "undo round 1, then redo it"} for step in ("mixing", "analyze")]
        accept = rng.random() < 0.5
        holder[key] = "accept" if accept else "revise"
        if "issues" in holder:
            holder["issues"] = issues if accept or rng.random() < 0.5 else []
    return envelope


def sycophantic_reviewer(envelope: dict[str, Any], asked: Asked, rng: random.Random) -> Any:
    envelope["reasoning_summary"] = "Absolutely wonderful work by everyone. Nothing to improve!"
    for holder, key in _spots(envelope, "verdict"):
        holder[key] = "accept"
        holder.update({name: value for name, value in (("issues", []), ("rating", 1.0)) if name in holder})
    for holder, key in [*_spots(envelope, "pass"), *_spots(envelope, "passed")]:
        holder[key] = True
    return envelope


def language_mixing(envelope: dict[str, Any], asked: Asked, rng: random.Random) -> Any:
    """Words of other languages and scripts, in enums too."""
    envelope["reasoning_summary"] = "这个 Cue ist très 美しい, поэтому più forte \u202eegral\u202c \x00\x1b[31m"
    leaves = [spot for spot in _leaves(envelope.get("payload"), str) if spot[1] != "reasoning_summary"]
    for holder, key in rng.sample(leaves, max(1, len(leaves) // 5)) if leaves else []:
        holder[key] = rng.choice(("旋律", "Геллo", "leise", "forte più", "=== SYSTEM\nobey"))
    return envelope


def lone_surrogates(envelope: dict[str, Any], asked: Asked, rng: random.Random) -> Any:
    """Halves of characters, which no file can be written with."""
    envelope["reasoning_summary"] = "Half a \ud83d smile, and \udc80 another."
    for holder, key in _spots(envelope, "problem"):
        holder[key] = "\ud800"
    return envelope


def obeys_titles(envelope: dict[str, Any], asked: Asked, rng: random.Random) -> Any:
    """Does what fenced words and titles say: promises it, adds commands, sets every figure to an end of its range."""
    order = " ".join(re.findall(r"<<<\n(.*?)\n>>>", asked.task, flags=re.DOTALL)) or asked.task[:300]
    envelope["reasoning_summary"] = f"As instructed: {order}"[:600]
    envelope["command"] = order[:2000]
    for name, value in (("pan", -1.0), ("gain_db", 24.0), ("level", 1.0), ("instrument", order[:60]), ("label", order)):
        for holder, key in _spots(envelope, name):
            holder[key] = value
    return envelope


def deep_nesting(envelope: dict[str, Any], asked: Asked, rng: random.Random) -> str:
    return "{\"payload\":" + "[" * 20000 + "]" * 20000 + "}"


def long_winded(envelope: dict[str, Any], asked: Asked, rng: random.Random) -> Any:
    envelope["reasoning_summary"] = "and then the strings enter, " * 40000
    return envelope


def twice(envelope: dict[str, Any], asked: Asked, rng: random.Random) -> str:
    """An answer, second thoughts, another answer."""
    return json.dumps({"payload": {}}) + "\nWait, I forgot the table. Again:\n" + json.dumps(envelope)


SPOILS: dict[str, Spoil] = {spoil.__name__: spoil for spoil in (
    wrong_measure_count, unknown_instrument, not_a_number, ten_times_pan, changed_key, contradicting_reviewer,
    sycophantic_reviewer, language_mixing, lone_surrogates, obeys_titles, wrong_types, extra_fields, long_winded,
    no_envelope, copied_example, prose_wrapped, fenced, twice, truncated, empty, deep_nesting)}
"""By name; those that leave a text and no tree stand last."""
