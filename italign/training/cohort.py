"""From the conditions of a config to a table of named models."""

from fractions import Fraction

# The original code gave shear as ratios of sizes, and torchvision read them as degrees.
ORIGINAL_SHEAR_DEG = (0.9375, 1.0625)


def expand_conditions(conditions: list[dict]) -> dict[str, dict]:
    """Expand conditions into cohort members, one per dose.

    Parameters
    ----------
    conditions : list of dict
        Each with ``method``, ``target`` (true, shuffled, random), ``labels`` (bool), ``p``
        (list of probabilities), ``adversarial`` (False, or norm and epsilon_255), and perhaps
        ``options`` of the method and ``seeds``, some of those of the world.

    Returns
    -------
    dict of str to dict
        Name -> member, in order; a member has the same keys as plain words (``target`` "true",
        ``labels`` "on" or "off", ``p`` one number, ``method`` with its options, as
        "cka_distance"), ``alignment`` (name and options of the method), ``attack``, ``trunk``, the
        run that it branches from, and ``seeds`` (None: all).

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


def chosen_models(chosen: list[str] | str | None, cohort: dict[str, dict],
                  method: str) -> list[str]:
    """Names of the members that an entry of the config means.

    Parameters
    ----------
    chosen : list of str, "extremes" or None
        Names; of a method with labels and the true target the lowest and the highest dose, and the
        adversarially trained members of the lowest dose (the models of the paper's Figure 5); or
        all.
    cohort : dict of str to dict
        From `expand_conditions`.
    method : str
        The method whose extremes are meant, with its options.

    Returns
    -------
    list of str
        In the order of the cohort, or as given.
    """
    if chosen is None or chosen != "extremes":
        return list(cohort) if chosen is None else list(chosen)
    studied = {name: member for name, member in cohort.items()
               if (member["method"], member["target"], member["labels"]) == (method, "true", "on")}
    plain = [name for name in studied if studied[name]["adversarial"] == "off"]
    attacked = [name for name in studied if name not in plain]
    doses = {name: studied[name]["p"] for name in studied}
    ends = {end(doses[name] for name in plain) for end in (min, max)} if plain else set()
    lowest = min((doses[name] for name in attacked), default=None)
    return [name for name in studied
            if doses[name] in (ends if name in plain else {lowest})]


def method_label(condition: dict) -> str:
    """Name a method with its options in alphabetical order, as "cka" or "cka_unbiased_distance".

    A number or a switch says little by itself, so the option's name stands before it.
    """
    options = _sorted_options(condition).items()
    words = [value if isinstance(value, str) else f"{name}{value}" for name, value in options]
    return "_".join([condition["method"], *words])


def trunk_name(labels: str, adversarial: str) -> str:
    """Name the run that members share until the neural loss is switched on."""
    return "-".join(["labels" if labels == "on" else "nolabels", *_unless_off(adversarial)])


def trunk_steps(training: dict) -> int:
    """Length of a trunk: the last checkpoint that is not after the onset.

    Parameters
    ----------
    training : dict
        ``onset_step`` and ``validation_every`` of the config.
    """
    return training["onset_step"] - training["onset_step"] % training["validation_every"]


def n_segments(training: dict) -> int:
    """Segments of a member after the trunk; the last may be shorter.

    Parameters
    ----------
    training : dict
        As `trunk_steps`, and ``n_steps`` and ``segment_steps``.
    """
    return -(-(training["n_steps"] - trunk_steps(training)) // training["segment_steps"])


def segment_start(training: dict, segment: int) -> int:
    """First gradient step of a segment, at most the end of training; see `n_segments`."""
    start = trunk_steps(training) + segment * training["segment_steps"]
    return min(start, training["n_steps"])


def original_switches(paper_code: bool, original_code: dict[str, bool | None]) -> dict[str, bool]:
    """Decide each departure of the original code: its own word, or that of ``paper_code``."""
    return {name: paper_code if own is None else own for name, own in original_code.items()}


def step_options(
    member: dict, seed: int, training: dict, image_degrees: float, original: dict[str, bool]
) -> dict:
    """Hyper-parameters of a step: the fields of `step.StepOptions` less ``p``.

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
    original : dict of str to bool
        From `original_switches`.
    """
    augmentation = training["augmentation"]
    attack = {name: original[name] for name in ("corner_start", "project_once")}
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
        "shear_deg": ORIGINAL_SHEAR_DEG if original["shear"] else None,
        "nearest_pixel": original["nearest_pixel"],
        "augmented_validation": original["augmented_validation"],
        "attack": member["attack"] and {**member["attack"], **training["attack"], **attack},
        "batch_norm": "mixed" if original["mixed_batch_norm"] else training["model"]["batch_norm"],
        "precision": training["precision"],
        "compile": training["compile"],
    }


def _member(condition: dict, p: float) -> dict:
    target = str(condition["target"]).lower()
    labels = "on" if condition["labels"] else "off"
    adversarial = _attack_name(condition["adversarial"])
    trunk = trunk_name(labels, adversarial)
    method = method_label(condition)
    dose = "p" + str(Fraction(p).limit_denominator(4096)).replace("/", "_")
    name = "-".join([method, target, trunk.split("-")[0], dose, *_unless_off(adversarial)])
    return {"model": name, "method": method, "target": target, "labels": labels,
            "p": p, "adversarial": adversarial, "trunk": trunk,
            "alignment": {"name": condition["method"], "options": _sorted_options(condition)},
            "attack": condition["adversarial"] or None, "seeds": condition.get("seeds")}


def _sorted_options(condition: dict) -> dict:
    """Options of a method in one order, whatever that of the config: Snakemake compares texts."""
    return dict(sorted(condition.get("options", {}).items()))


def _attack_name(adversarial: dict | bool) -> str:
    if not adversarial:
        return "off"
    return f"{adversarial['norm']}-{adversarial['epsilon_255']:g}"


def _unless_off(adversarial: str) -> list[str]:
    return [] if adversarial == "off" else [adversarial.replace("-", "")]
