"""The table of a scatter panel, as the figures write it."""

import numpy as np
import pandas as pd

CONDITIONS = [("true", 0.0, "off", "on"), ("true", 0.03125, "off", "on"),
              ("shuffled", 1.0, "off", "on"), ("true", 1.0, "off", "off"),
              ("true", 0.0, "linf4", "on")]


def points(measure="behavior_hvm", seeds=(1, 2)):
    generator = np.random.default_rng(len(measure))
    rows = [{"mark": "point", "measure": measure, "model": f"{target}-{p}-<b>", "target": target,
             "p": p, "adversarial": adversarial, "labels": labels, "seed": seed, "step": 90.0,
             "similarity": generator.uniform(), "value": generator.uniform()}
            for target, p, adversarial, labels in CONDITIONS for seed in seeds]
    return pd.DataFrame(rows)
