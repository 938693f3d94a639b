"""The cohort and its training: who is trained, the three-term step, segments."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "cohort": ["expand_conditions", "trunk_name"],
        "schedule": ["batch_indices", "keeps_neural_gradient", "step_generator"],
        "augmentation": ["random_affine", "random_resized_crop"],
        "segment": ["train_segment"],
        "step": ["StepOptions"],
    },
)
