"""``python -m recipes.keyword.real``: what the shipped model hears of real people and real noise.

``kws-ref``, which learnt from recordings of people, is asked the same where it is pulled. Fills
``real.json`` and the card's block; the recipe itself knows nothing of these recordings.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from edgenode.catalogue import manifest
from edgenode.catalogue.store import Store
from edgenode.plugin import SAMPLE_RATE
from recipes.keyword import card, people
from recipes.keyword.ear import Ear
from recipes.keyword.people import Recording
from recipes.keyword.script import LABELS, SILENCE
from recipes.real import asked, fill
from recipes.speech.sound import Sound, pcm
from recipes.speech.words import KEYWORDS

NAME, WITNESS = "starter-keyword", "kws-ref"
NOISE = LABELS[SILENCE]


def main() -> int:
    """Measure, fill in the card."""
    given = asked("keyword")
    ears = {name: ear(name, given.store) for name in (NAME, WITNESS) if pulled(name, given.store)}
    if WITNESS not in ears:
        print(f"without {WITNESS}, which is not pulled: `edgenode models pull {WITNESS}`")
    found = {name: heard(ear, given.media / "speech") for name, ear in ears.items()}
    fill(NAME, found, {"real": card.real(found)})
    return 0


def pulled(name: str, store: Store) -> bool:
    """Return whether model *name* of the catalogue is there."""
    return store.locate(manifest.find(name), "cpu").exists()


def ear(name: str, store: Store) -> Ear:
    """Return an ear with model *name* of the catalogue; raise ``ModelError`` if it is damaged."""
    model = manifest.find(name)
    return Ear(store.read(model, "cpu"), model.folder)


def heard(ear: Ear, folder: Path) -> dict[str, Any]:
    """Return what is heard of the recordings in *folder*.

    ``clips``: how many there are of each label and of all words, and how many are known.
    ``reported``: the words reported while something longer is played, by what is said in it.
    """
    recordings = people.recordings(folder)
    talk = people.talk(folder)
    seconds = sum(map(len, talk)) / SAMPLE_RATE
    longer = {f'"{said}"': [sound] for said, sound in people.sequences(folder).items()}
    longer[f"{seconds:.0f} s of people talking of other things"] = talk
    return {
        "clips": _known(ear, recordings),
        "reported": {said: _reported(ear, sounds) for said, sounds in longer.items()},
    }


def _known(ear: Ear, recordings: Sequence[Recording]) -> dict[str, dict[str, int]]:
    verdicts = [(one.label, _right(one.label, ear.best(pcm(one.sound)))) for one in recordings]
    kinds = {label: [right for said, right in verdicts if said == label] for label in LABELS}
    kinds["noise"] = kinds.pop(NOISE)
    kinds["all words"] = [right for said, right in verdicts if said != NOISE]
    return {
        kind: {"count": len(right), "right": sum(right)} for kind, right in kinds.items() if right
    }


def _right(label: str, heard: str) -> bool:
    """Return whether it is that label; for noise, whether it is none that a node reports."""
    return heard == label or (label == NOISE and heard not in KEYWORDS)


def _reported(ear: Ear, sounds: Sequence[Sound]) -> str:
    return " ".join(report.label for sound in sounds for report in ear.hears(pcm(sound)))


if __name__ == "__main__":
    sys.exit(main())
