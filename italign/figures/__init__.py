"""Figures: one style, one palette, and the panels that the plotting scripts share. No torch."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "palette": ["condition_colour", "condition_label", "dose_colour"],
        "style": ["label_source", "save_figure", "use_style"],
    },
)
