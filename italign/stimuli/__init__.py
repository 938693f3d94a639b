"""Rendered stimuli: solid objects on natural-statistics backgrounds (paper section 2.1).

`render` turns scene parameters into images; `sample_scenes` draws the parameters from HVM's
variation levels. The objects are signed-distance functions, traced on the CPU in batches.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "backgrounds": ["make_backgrounds"],
        "looks": ["Looks", "sample_looks", "studio_looks"],
        "objects": ["NOUNS", "exemplar_names", "load_object"],
        "rendering": ["render"],
        "scenes": ["Poses", "Scenes", "sample_poses", "sample_scenes"],
        "sets": ["make_set"],
    },
)
