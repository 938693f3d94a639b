"""Which attacks a member of the cohort has to face, and with which settings."""


def chosen(models):
    """Names of the models that an entry of the config means."""
    return chosen_models(models, COHORT, HEADLINE["method"])


def attacks_on(model):
    """Names of the attacks that a model has to face."""
    attacks = ROBUSTNESS["attacks"].items()
    return [name for name, attack in attacks if model in chosen(attack["models"])]


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


def attack_settings():
    """Attacks by name. The original code's switches belong to the attack of its validation."""
    settings = {}
    for name, attack in ROBUSTNESS["attacks"].items():
        is_original = name == HEADLINE["attack"]
        settings[name] = {
            **{key: value for key, value in attack.items() if key != "models"},
            "project_once": is_original and ORIGINAL["project_once"],
            "jitter": jitter() if is_original else None,
        }
    return settings


def scored_of(model):
    """Names of what is scored of a model; without labels there are no outputs to attack."""
    if COHORT[model]["labels"] == "off":
        return list(MEASURES)
    attacks = attacks_on(model)
    attacks += ["gaussian_noise"] if ROBUSTNESS["noise"]["sd_255"] else []
    attacks += ["autoattack"] if model in attacked_models() else []
    return [*MEASURES, *(f"robustness {name}" for name in attacks)]
