"""Which attacks a member of the cohort has to face, and with which settings."""

# An attack that is null is not made.
ATTACKS = {
    name: attack for name, attack in ROBUSTNESS["attacks"].items() if attack is not None
}


def chosen(models):
    """Names of the models with labels, and so with outputs to attack, that an entry means."""
    if not ATTACKS:
        return []
    names = chosen_models(models, COHORT, HEADLINE["method"])
    return [name for name in names if COHORT[name]["labels"] == "on"]


def attacks_on(model):
    """Names of the attacks that a model has to face."""
    return [
        name for name, attack in ATTACKS.items() if model in chosen(attack["models"])
    ]


def attacked_models():
    """Models that the stronger attack is made on; none without it."""
    stronger = ROBUSTNESS["autoattack"]
    return [] if stronger is None else chosen(stronger["models"])


def attacked_runs_of(models):
    """Function of wildcards: as `runs_of`, and the names of each model's attacks."""
    runs = runs_of(models)
    return lambda wildcards: [
        {**run, "attacks": attacks_on(run["run"]["model"])} for run in runs(wildcards)
    ]


def attacked_sets():
    """Sets that are attacked on the stimulus labels."""
    return [name for name in ROBUSTNESS["sets"] if name != BASE_SET]


def attacked_base_set():
    """The base set, if its test images are attacked too, on the outputs of the base task."""
    return BASE_SET if BASE_SET in ROBUSTNESS["sets"] else None


def attack_settings():
    """Attacks by name, with what the switches of the original code make of its own."""
    settings = {}
    for name, attack in ATTACKS.items():
        switches = ORIGINAL if attack["original_code"] else {}
        settings[name] = {
            key: value
            for key, value in attack.items()
            if key not in ("models", "original_code")
        }
        settings[name] |= {
            "start": "corner" if switches.get("corner_start") else attack["start"],
            "project_once": switches.get("project_once", False),
            "jitter": jitter() if switches else None,
        }
    return settings


def reference_attack():
    """Settings of the headline's attack, for a look at the images of AutoAttack."""
    stronger, settings = ROBUSTNESS["autoattack"], attack_settings()[HEADLINE["attack"]]
    start = settings["start"] if stronger["norm"] == "linf" else "image"  # of corners
    return {**settings, "start": start}


def all_scores():
    """Every table of the evaluation of every member."""
    by_models = {name: COHORT for name in MEASURES}
    by_models |= {"robustness": chosen(None), "autoattack": attacked_models()}
    return in_study(
        [
            score_of(name, model, seed)
            for name, models in by_models.items()
            for model in models
            for seed in seeds_of(model)
        ]
    )


def scored_of(model):
    """Names of what is scored of a model."""
    if model not in chosen(None):
        return list(MEASURES)
    attacks = attacks_on(model)
    attacks += ["gaussian_noise"] if ROBUSTNESS["noise"]["sd_255"] else []
    if model in attacked_models():
        attacks += ["autoattack", "pgd_same_images"]
    return [*MEASURES, *(f"robustness {name}" for name in attacks)]
