"""From the conditions of a config to a table of named models."""

from fractions import Fraction


def expand_conditions(conditions: list[dict]) -> dict[str, dict]:
    """Expand conditions into cohort members, one per dose.

    Parameters
    ----------
    conditions : list of dict
        Each with ``method``, ``target`` (true, shuffled, random), ``labels`` (bool), ``p``
        (list of probabilities), ``adversarial`` (False, or norm and epsilon_255).

    Returns
    -------
    dict of str to dict
        Name -> member, in order; a member has the same keys as plain words (``target`` "true",
        ``labels`` "on" or "off", ``p`` one number) and ``trunk``, the run that it branches from.

    Raises
    ------
    ValueError
        If two conditions expand to the same member.
    """
    members: dict[str, dict] = {}
    for condition in conditions:
        for p in condition["p"]:
            member = _member(condition, float(p))
            if member["model"] in members:
                raise ValueError(f"training.conditions: {member['model']} is listed twice")
            members[member["model"]] = member
    return members


def trunk_name(labels: str, adversarial: str) -> str:
    """Name the run that members share until the neural loss is switched on."""
    return "-".join(["labels" if labels == "on" else "nolabels", *_unless_off(adversarial)])


def n_segments(training: dict) -> int:
    """Segments of a member after the onset; the last may be shorter.

    Parameters
    ----------
    training : dict
        ``onset_step``, ``n_steps`` and ``segment_steps`` of the config.
    """
    return -(-(training["n_steps"] - training["onset_step"]) // training["segment_steps"])


def segment_start(training: dict, segment: int) -> int:
    """First gradient step of a segment, at most the end of training; see `n_segments`."""
    return min(training["onset_step"] + segment * training["segment_steps"], training["n_steps"])


def step_options(member: dict, seed: int, training: dict, image_degrees: float) -> dict:
    """Hyper-parameters of a step: the fields of `segment.StepOptions` less ``p``.

    Parameters
    ----------
    member : dict
        From `expand_conditions`.
    seed : int
        Of the run.
    training : dict
        Section of the config.
    image_degrees : float
        Width of an image, which turns shifts in degrees into fractions.
    """
    augmentation = training["augmentation"]
    return {
        "seed": seed,
        "batch_size": training["batch_size"],
        "onset_step": training["onset_step"],
        "decay_start_step": training["decay_start_step"],
        "n_steps": training["n_steps"],
        "train_labels": member["labels"] == "on",
        "region": training["model"]["region"],
        "translate_fraction": augmentation["translate_deg"] / image_degrees,
        "rotate_deg": augmentation["rotate_deg"],
        "scale": augmentation["scale"],
        "crop_area_min": augmentation["base_crop_area_min"],
        "attack": member["attack"] and {**member["attack"], "n_steps": training["attack_steps"]},
    }


def _member(condition: dict, p: float) -> dict:
    target = str(condition["target"]).lower()
    labels = "on" if condition["labels"] else "off"
    adversarial = _attack_name(condition["adversarial"])
    trunk = trunk_name(labels, adversarial)
    dose = "p" + str(Fraction(p).limit_denominator(4096)).replace("/", "_")
    name = "-".join([condition["method"], target, trunk.split("-")[0], dose,
                     *_unless_off(adversarial)])
    return {"model": name, "method": condition["method"], "target": target, "labels": labels,
            "p": p, "adversarial": adversarial, "trunk": trunk,
            "attack": condition["adversarial"] or None}


def _attack_name(adversarial: dict | bool) -> str:
    if not adversarial:
        return "off"
    return f"{adversarial['norm']}-{adversarial['epsilon_255']:g}"


def _unless_off(adversarial: str) -> list[str]:
    return [] if adversarial == "off" else [adversarial.replace("-", "")]
