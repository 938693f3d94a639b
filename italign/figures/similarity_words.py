"""Words for a world's similarity: of which region, over which axes, ceiled or raw."""

from collections.abc import Mapping

NO_CEILING = "none"  # as in italign.evaluation.headline, which imports pandas
TIMES = "\N{MULTIPLICATION SIGN}"


def similarity_label(region: str, ceiling_rule: str) -> str:
    """Words of an axis, e.g. ``validated IT similarity (CKA / ceiling)``.

    Parameters
    ----------
    region : str
        Of the recorded brains.
    ceiling_rule : str
        Of the headline; ``none``: similarity is raw.
    """
    if ceiling_rule == NO_CEILING:
        return f"{region} similarity (CKA, no ceiling)"
    return f"validated {region} similarity (CKA / ceiling)"


def name_and_unit(similarity: str) -> tuple[str, str]:
    """The two parts of `similarity_label`, e.g. ``IT similarity`` and ``(CKA / ceiling)``."""
    name, _, unit = similarity.removeprefix("validated ").partition(" (")
    return name, f"({unit}"


def similarity_sentence(headline: Mapping) -> str:
    """What similarity is, for a caption, e.g. ``biased linear CKA over its split half ceiling``."""
    cka, rule = f"{headline['estimator']} linear CKA", headline["ceiling_rule"]
    if rule == NO_CEILING:
        return f"raw {cka} (of recordings without trials no ceiling is known)"
    return f"{cka} over its {rule.replace('_', ' ')} ceiling"


def axes_sentence(config: Mapping) -> str:
    """The axes of the mean similarity, for a caption: how many, and which if not all."""
    held_out = config["assemblies"]["held_out"]
    words = f"{len(held_out)} held-out animal {TIMES} image-set axes"
    averaged = config["evaluation"]["headline"].get("axes")
    if averaged is None:
        return words
    named = ", ".join(axis_words(axis, config) for axis in averaged)
    return f"{len(averaged)} of {words} ({named})"


def axis_words(axis: Mapping, config: Mapping) -> str:
    """An animal times its images, with ``(IT)`` where that is not the region of the world."""
    region = region_of(axis["animal"], axis["set"], config)
    own = "" if region == config["assemblies"]["region"] else f" ({region})"
    return f"{axis['animal']} {TIMES} {axis['set'].replace('_', ' ')}{own}"


def region_of(animal: str, stimulus_set: str, config: Mapping) -> str:
    """Region that was recorded of an animal, if it is not that of the world."""
    assemblies = config["assemblies"]
    return next((entry.get("region", assemblies["region"]) for entry in assemblies["prepared"]
                 if (entry["animal"], entry["set"]) == (animal, stimulus_set)),
                assemblies["region"])
