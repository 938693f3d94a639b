"""Which image sets and registered files a config uses: a function of config and session sheet.

Only the standard library: rules ask it at every start.
"""

from collections.abc import Mapping, Sequence


def used_sets(config: Mapping, sessions: Sequence[Mapping]) -> list[str]:
    """Image sets that a world needs.

    Parameters
    ----------
    config : mapping
        The merged config.
    sessions : sequence of mapping
        Rows of its session sheet.

    Returns
    -------
    list of str
        Keys of ``stimuli.sets``, in the order of the config.
    """
    sets, training, evaluation = (config["stimuli"]["sets"], config["training"],
                                  config["evaluation"])
    measures = filter(None, evaluation["measures"].values())  # null: not measured
    used = {
        *(session["stimulus_set"] for session in sessions),
        *(entry["set"] for entry in config["assemblies"]["prepared"]),
        *(training[key] for key in ("base_set", "stimulus_set")),
        *(name for options in measures for name in options.get("sets", [])),
        *evaluation["robustness"]["sets"],
    }
    if any(session["format"] == "simulated" for session in sessions):
        used.add(config["recordings"]["teacher"]["set"])
    used |= {sets[name].get("apart_from") for name in used if name in sets}
    return [name for name in sets if name in used]


def used_datasets(config: Mapping, sessions: Sequence[Mapping]) -> list[str]:
    """Registered files that a world needs.

    Parameters
    ----------
    config, sessions
        As for `used_sets`.

    Returns
    -------
    list of str
        Names in the registry, each once, in the order of the config: images, responses, choices,
        weights.
    """
    sets = config["stimuli"]["sets"]
    files = [sets[name].get("files", {}) for name in used_sets(config, sessions)]
    names = [name for by_key in files for listed in by_key.values() for name in listed]
    assemblies = config["assemblies"]
    recorded = [*assemblies["prepared"], *assemblies["people"]["trials"].values()]
    names += [name for entry in recorded for name in entry["files"]]
    weights = config["training"]["pretrain"]["weights"]
    return list(dict.fromkeys([*names, *([weights] if weights else [])]))


def used_folder(config: Mapping) -> str | None:
    """Folder of base images (ImageNet) that a world reads in place; None: it has none."""
    base = config["stimuli"]["sets"][config["training"]["base_set"]]
    return base["folder"] if base["source"] == "folder" else None
