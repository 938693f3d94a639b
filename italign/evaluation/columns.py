"""Columns of the cohort's table, with their meanings, kinds and keys."""

COHORT_COLUMNS = {
    "model": "name in the cohort table, e.g. cka-true-labels-p1_4",
    "method": "alignment loss",
    "target": "true, shuffled or random",
    "labels": "on or off: cross-entropy on the stimulus labels",
    "p": "probability that a step keeps the neural gradient",
    "adversarial": "off, or norm and epsilon in 1/255, e.g. linf-4",
    "seed": "seed of the run",
    "step": "gradient steps since the pretrained model",
    "steps_since_onset": "gradient steps since the neural loss was switched on",
    "measure": "file of italign/evaluation/measures, or robustness, or attack_check",
    "metric": "formula, e.g. cka, rsa_spearman, pls, i2n, accuracy, participation_ratio",
    "stimulus_set": "stimulus set of the measure",
    "categories": "all, overlapping (with the trained set) or novel",
    "animal": "held-out animal (similarity, predictivity), else none",
    "estimator": "biased or unbiased (cka), else none",
    "readout": "decoder or logits (behavior, probe, accuracy), else none",
    "ceiling_rule": "how raw, ceiling and ceiled belong together, else none",
    "attack": "name in evaluation.robustness.attacks, autoattack, pgd_same_images, gaussian_noise; "
              "none without an attack",
    "norm": "linf or l2 of the attack, else none",
    "epsilon_255": "attack radius, or SD of noise, in 1/255 of the pixel range, else NaN",
    "raw": "CKA, correlation, accuracy or dimension",
    "chance": "value expected without any relation, else NaN",
    "ceiling": "what a perfect model would reach by the ceiling rule, else NaN",
    "ceiled": "raw and ceiling combined as the ceiling rule says, else NaN",
    "low_stimuli": "2.5 % bound of raw over stimuli, else NaN",
    "high_stimuli": "97.5 % bound of raw over stimuli, else NaN",
    "low_sites": "2.5 % bound of raw over recording sites, else NaN",
    "high_sites": "97.5 % bound of raw over recording sites, else NaN",
    "sd_splits": "SD of raw over random splits (cross-validation, human halves), else NaN",
    "n": "images behind the value",
}

# How raw and ceiling make ceiled, by ceiling_rule; written beside the numbers.
CEILED = {
    "split_half": "raw / similarity of the averages over random trial halves",
    "spearman_brown": "raw / (2 c / (1 + c)), c of split_half",
    "square_root": "raw / sqrt(c), c of split_half",
    "attainable": "raw / CKA of the noiseless population with the measured average, estimated",
    "r2_over_ceiling": "raw^2 / internal consistency",
    "squared_r_over_ceiling": "(raw / internal consistency)^2",
    "human_halves": "mean over random trial halves of raw / sqrt(r of the halves)",
}

INTEGERS = ("seed", "step", "steps_since_onset", "n")
INTERVALS = ("low_stimuli", "high_stimuli", "low_sites", "high_sites", "sd_splits")
FLOATS = ("p", "epsilon_255", "raw", "chance", "ceiling", "ceiled", *INTERVALS)
STRINGS = tuple(name for name in COHORT_COLUMNS if name not in INTEGERS + FLOATS)
VALUES = ("raw", "chance", "ceiling", "ceiled", *INTERVALS, "n")
KEY = tuple(name for name in COHORT_COLUMNS if name not in VALUES)
CONDITION = ("method", "target", "labels", "p", "adversarial")
