"""Files that no reader may believe, made here and kept nowhere: each with what its refusal must say.

`good` makes one good file of each kind; `bad` makes the bad ones, from it. Most follow one scheme: the value
at a place is replaced by one of another type or out of bounds, and the message must name the place.
"""

from __future__ import annotations

import json

from tests.bad_files.archives import archive, crowded, data
from tests.bad_files.cases import Bad
from tests.bad_files.datasets import bad_checkpoints, bad_data, checkpoint
from tests.bad_files.drawings import DRAWINGS, bad_drawings
from tests.bad_files.models import MODEL, bad_models
from tests.bad_files.pictures import bad_pictures, picture, png
from tests.bad_files.recipes import RECIPE, bad_recipes, toml

__all__ = ["KINDS", "Bad", "bad", "crowded", "good", "picture", "png"]

KINDS = ("model", "recipe", "drawings", "picture", "data", "checkpoint")


def good(kind: str) -> bytes:
    """A good file of a kind."""
    match kind:
        case "model":
            return json.dumps(MODEL).encode()
        case "recipe":
            return toml(RECIPE)
        case "drawings":
            return json.dumps(DRAWINGS).encode()
        case "picture":
            return picture("PNG")
        case "data":
            return archive(data())
    return archive(checkpoint())


def bad(kind: str) -> list[Bad]:
    """The bad files of a kind."""
    makers = {
        "model": bad_models,
        "recipe": bad_recipes,
        "drawings": bad_drawings,
        "picture": bad_pictures,
        "data": bad_data,
        "checkpoint": bad_checkpoints,
    }
    return list(makers[kind]())
