"""Measures of a model against brain, people and attacks (docs/measures.md)."""

import lazy_loader

# Lazy: the numpy-only measures must import without torch (figures and cluster head nodes lack it).
__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "attack_curves": ["attack_curve"],
        "behavior": ["I2nScore", "i2n", "model_response"],
        "behavior_patterns": ["i2n_pattern", "patterns"],
        "consistency": ["ceiled_predictivity", "internal_consistency"],
        "decoder": ["decoder_probabilities"],
        "dimensionality": ["components_for", "participation_ratio"],
        "half_samples": ["half_sample_interval", "half_samples"],
        "noise": ["noise_curve"],
        "predictivity": ["neural_predictivity"],
        "recovery": ["chance_cka", "grouped_jackknife", "recover_cka"],
        "robustness": ["adversarial_accuracy", "check_attackable", "pgd"],
        "rsa": ["correlation_rdm"],
        "similarity": ["cka_from_grams", "linear_cka", "linear_gram", "linear_hsic"],
        "trials": ["Trials", "index_trials", "response_matrix"],
    },
)
