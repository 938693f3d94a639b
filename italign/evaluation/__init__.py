"""Measures of a model against brain and behaviour: similarity, behavior, decoder, robustness."""

import lazy_loader

# Lazy: the numpy-only measures must import without torch (figures and cluster head nodes lack it).
__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "behavior": ["I2nScore", "i2n", "i2n_pattern", "response_matrix"],
        "decoder": ["decoder_probabilities"],
        "recovery": ["chance_cka", "grouped_jackknife", "recover_cka"],
        "robustness": ["adversarial_accuracy", "check_attackable", "pgd"],
        "similarity": ["cka_from_grams", "linear_cka", "linear_gram", "linear_hsic"],
        "trials": ["Trials", "index_trials"],
    },
)
