"""Tables of the comparisons with known numbers, for the figures that draw them."""

import numpy as np
import pandas as pd

from italign.evaluation.generalisation_rows import COLUMNS
from italign.evaluation.layers_ranked import ranked

DOSES = (0.0, 0.03125, 0.0625, 0.125, 0.25, 0.5, 1.0)
AXES = [("we", "natural_we"), ("ra", "natural_ra"), ("pe", "hvm"), ("mean", "mean")]
CONDITIONS = [*(("true", labels, p, "off") for labels in ("on", "off") for p in DOSES),
              ("shuffled", "on", 1.0, "off"), ("random", "on", 1.0, "off"),
              ("true", "on", 0.0, "linf-2")]


def generalisation():
    """As `test_generalisation` writes it: both estimators, all images and those apart."""
    rows = []
    for shift, (animal, name) in enumerate(AXES):
        for e, estimator in enumerate(("biased", "unbiased")):
            for images in ("all", "apart"):
                keys = {"estimator": estimator, "images": images, "animal": animal,
                        "stimulus_set": name, "method": "cka", "n_images": 1200, "note": ""}
                rows += [{**keys, **row, "chance": 0.05 * (e == 0)} for row in _of_axis(shift)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _of_axis(shift):
    rows = []
    for target, labels, p, adversarial in CONDITIONS:
        value = 0.2 + 0.02 * shift + 0.15 * p * (target == "true") - 0.01 * (labels == "off")
        row = {"target": target, "labels": labels, "p": p, "adversarial": adversarial,
               "n_seeds": 3 if labels == "on" else 1, "p_value": 0.001}
        rows.append({**row, "analysis": "similarity", "value": value, "low": value - 0.02,
                     "high": value + 0.03})
        if p or adversarial != "off":
            rows.append({**row, "analysis": "change", "value": 0.15 * p, "low": 0.15 * p - 0.01,
                         "high": 0.15 * p + 0.01})
    trend = {"target": "true", "p": np.nan, "adversarial": "off", "n_seeds": 3}
    return [*rows, *({**trend, "labels": labels, "analysis": "dose_spearman", "value": value,
                      "low": 0.5, "high": 1.0, "p_value": 0.0123}
                     for labels, value in (("on", 0.91), ("off", 0.4)))]


def layers(n_layers=19, ceiling=np.nan):
    """As `rank_layers` writes it: two sessions of the trained animal, two held-out ones."""
    rows = []
    brains = [("train", "pe", "v4", "201025"), ("train", "pe", "v4", "210225"),
              ("held_out", "we", "natural_we", "190923"),
              ("held_out", "ra", "natural_ra", "210621")]
    for place in range(n_layers):
        for k, (role, animal, name, sessions) in enumerate(brains):
            for estimator in ("biased", "unbiased"):
                raw = 0.35 - 0.01 * abs(place - 6) - 0.02 * k + 0.05 * (estimator == "biased")
                rows.append({
                    "layer": f"_blocks.{place}", "module": "m", "time_step": 0, "place": place,
                    "n_features": 10, "role": role, "animal": animal, "stimulus_set": name,
                    "sessions": sessions, "estimator": estimator, "raw": raw, "low": raw - 0.01,
                    "high": raw + 0.02, "chance": 0.0, "n_images": 1200, "n_sites": 50,
                    "ceiling": ceiling if role == "held_out" else np.nan})
    return ranked(rows, "_blocks.8")


def animals():
    """As `compare_animals` writes it: one pair of animals with images in common, one without."""
    pairs = [("direct", "we", "natural_we", "ra", "natural_ra", 0.5),
             ("direct", "pe", "v4", "we", "natural_we", np.nan),
             ("direct", "pe", "v4", "pe", "v4", 0.7),
             ("through_model", "pe", "v4", "we", "natural_we", 0.3)]
    return pd.DataFrame([
        {"comparison": kind, "animal_a": a, "set_a": set_a, "animal_b": b, "set_b": set_b,
         "estimator": estimator, "value": value, "low": value - 0.1, "high": value + 0.1}
        for kind, a, set_a, b, set_b, value in pairs for estimator in ("biased", "unbiased")])
